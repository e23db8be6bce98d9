"""The read-evaluate-print loop of `rulechain eval`.

A `Session` knows what an entry means and nothing of terminals; `run_repl` reads the entries, with history and
completion where the Python it runs on has readline.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from rulechain.cli.eval_complete import completions
from rulechain.cli.eval_variables import bind
from rulechain.cli.failures import report_failure
from rulechain.cli.output import put, put_json, say
from rulechain.diagnostics import Code, did_you_mean
from rulechain.diagnostics.errors import ExpressionSyntaxError
from rulechain.expr import builtin_functions, compile_expression
from rulechain.expr.explain import explain_expression
from rulechain.expr.nodes import Node, children
from rulechain.expr.parse import parse_expression
from rulechain.expr.show import dump_explanation, dump_value, render_explanation, show_value
from rulechain.values import JsonError, decode_json

_PROMPT, _MORE_PROMPT = "> ", ". "
_HISTORY_LENGTH = 1000
_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600
_LISTED = 100
_HELP = """\
An expression, which may go on over lines while a bracket is open, or a command:
  :explain EXPR    what it gave, and which part decided
  :type EXPR       the type of its value
  :ast EXPR        its tree
  :env             the variables
  :set NAME=JSON   give a variable a value
  :help            this text
  :quit            leave, as Ctrl-D does"""


class Session:
    """One user's variables, and what each entry does with them."""

    def __init__(self, env: dict[str, Any], *, as_json: bool) -> None:
        self.env = env
        self._as_json = as_json
        self._commands: dict[str, Callable[[str], None]] = {
            "explain": self._explain,
            "type": self._type,
            "ast": self._tree,
            "env": self._show_variables,
            "set": self._set,
            "help": lambda _: say(_HELP),
        }

    @property
    def commands(self) -> tuple[str, ...]:
        """The names of all commands."""
        return (*self._commands, "quit")

    def run(self, entry: str) -> bool:
        """Do what an entry says and tell whether the session goes on; whatever is wrong with it is shown."""
        entry = entry.strip()
        if entry == ":quit":
            return False
        try:
            if _is_command(entry):
                self._command(entry[1:])
            elif entry:
                self._put_value(compile_expression(entry).evaluate(self.env))
        except Exception as error:  # noqa: BLE001 - no entry may end the session
            report_failure(error, as_json=self._as_json, with_traceback=False)
        return True

    def _command(self, text: str) -> None:
        name, _, argument = text.partition(" ")
        action = self._commands.get(name)
        if action is None:
            hint = did_you_mean(name, self.commands)
            say(f"error: there is no command :{name}" + (f": {hint}" if hint else "; :help lists them"))
        elif not argument.strip() and name in {"explain", "type", "ast", "set"}:
            say(f"error: :{name} needs {'NAME=JSON' if name == 'set' else 'an expression'} behind it")
        else:
            action(argument.strip())

    def _put_value(self, value: Any) -> None:
        if self._as_json:
            put_json(dump_value(value))
        else:
            put(show_value(value))

    def _explain(self, text: str) -> None:
        explanation = explain_expression(text, self.env)
        if self._as_json:
            put_json(dump_explanation(explanation))
        else:
            put(render_explanation(explanation))

    def _type(self, text: str) -> None:
        value = compile_expression(text).evaluate(self.env)
        (function,) = (spec for spec in builtin_functions() if spec.name == "type")
        put(function.call(value))

    def _tree(self, text: str) -> None:
        put("\n".join(_tree_lines(parse_expression(text))))

    def _show_variables(self, _: str) -> None:
        for name, value in self.env.items():
            put(f"{name} = {show_value(value, _LISTED)}")

    def _set(self, text: str) -> None:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name.isidentifier():
            say(f'error: expected NAME=JSON, got "{text}"')
            return
        try:
            bind(self.env, name, decode_json(value))
        except JsonError:
            say(f"error: {value!r} is not JSON; text is written in double quotes")


def _tree_lines(node: Node, indent: str = "") -> Iterator[str]:
    """Yield a tree in lines: what each node is, its operator, name or value, and its children below it."""
    own = [getattr(node, field) for field in node.__struct_fields__ if field not in {"span", "spans", "text"}]
    shown = [repr(value) for value in own if isinstance(value, (str, bool, int, float, bytes))]
    yield " ".join([f"{indent}{type(node).__name__}", *(text for text in shown if text != "False" or len(own) == 1)])
    for child in children(node):
        yield from _tree_lines(child, indent + "  ")


def is_unfinished(text: str) -> bool:
    """Tell whether a bracket, a raw text or a comment is still open at the end."""
    try:
        parse_expression(text)
    except ExpressionSyntaxError as error:
        finding = error.diagnostics[0]
        place = finding.location.span
        opened = "" if place is None else text[place.start : place.end]
        return finding.code is Code.UNCLOSED and opened in {"(", "[", "{", "`", "/*"}
    return False


def run_repl(session: Session, *, interactive: bool) -> None:
    """Read entries until the input ends or the user leaves; `interactive` when a person types them."""
    if interactive:
        say("rulechain expressions; :help says what else there is, Ctrl-D leaves")
    with _line_editing(session) if interactive else contextlib.nullcontext():
        going_on = True
        while going_on:
            try:
                going_on = session.run(_read_entry(interactive=interactive))
            except KeyboardInterrupt:
                say("")
            except EOFError:
                if interactive:
                    say("")
                return


def _read_entry(*, interactive: bool) -> str:
    """Return the next entry: one line, or as many as a bracket stays open; an empty line or Ctrl-D ends it as well."""
    entry = _read_line(_PROMPT if interactive else "")
    with contextlib.suppress(EOFError):
        while (
            is_unfinished(_expression_of(entry)) and (line := _read_line(_MORE_PROMPT if interactive else "")).strip()
        ):
            entry += f"\n{line}"
    return entry


def _read_line(prompt: str) -> str:
    if prompt:
        return input(prompt)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


def _expression_of(entry: str) -> str:
    """Return the part of an entry that is an expression: all of it, or what stands behind a command."""
    if not _is_command(entry):
        return entry
    command, _, rest = entry.lstrip().partition(" ")
    return rest if command in {":explain", ":type", ":ast"} else ""


def _is_command(entry: str) -> bool:
    """Tell a command from an expression; `::len(x)` is one."""
    return entry.lstrip().startswith(":") and not entry.lstrip().startswith("::")


@contextlib.contextmanager
def _line_editing(session: Session) -> Iterator[None]:
    """Give `input` history and completion; without readline it works all the same."""
    try:
        import readline  # noqa: PLC0415 - optional: not every Python has it
    except ImportError:
        yield
        return
    _read_history(readline)
    readline.set_history_length(_HISTORY_LENGTH)
    # Completion looks at the whole line; readline itself only has to know where a word begins.
    readline.set_completer_delims(" \t\n()[]{},;|&!=<>+-*/%^?:#'\"`.")
    readline.set_completer(_completer(session, lambda: readline.get_line_buffer()[: readline.get_endidx()]))
    libedit = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")
    try:
        yield
    finally:
        readline.set_completer(None)
        _write_history(readline)


def _completer(session: Session, line: Callable[[], str]) -> Callable[[str, int], str | None]:
    """Return readline's kind of completer: it is asked for one match after the other until there is none."""

    def complete(_: str, position: int) -> str | None:
        found = completions(line(), session.env, session.commands)
        return found[position] if position < len(found) else None

    return complete


def history_file() -> Path:
    """Return where the entries of earlier sessions are kept.

    Raises:
        RuntimeError: The user has no home.
    """
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "rulechain" / "eval_history"


def _read_history(readline: ModuleType) -> None:
    with contextlib.suppress(OSError, RuntimeError):
        readline.read_history_file(history_file())


def _write_history(readline: ModuleType) -> None:
    """Keep the entries, for this user's eyes only; where that cannot be is no reason to complain."""
    with contextlib.suppress(OSError, RuntimeError):
        path = history_file()
        path.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        # Made before there is anything to read in it; readline may put a file of its own in its place.
        path.touch(mode=_PRIVATE_FILE)
        path.chmod(_PRIVATE_FILE)
        readline.write_history_file(path)
        path.chmod(_PRIVATE_FILE)
