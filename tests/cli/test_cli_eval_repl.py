"""The session of `rulechain eval`: what entries do, what can be completed, and one on a real terminal."""

import os
import pty
import select
import stat
import subprocess
import sys
import time

import pytest

from rulechain.cli.eval_complete import completions
from rulechain.cli.repl import Session, history_file, is_unfinished, run_repl
from rulechain.expr import builtin_functions, compile_expression
from support.command import COMMAND, clean_environment

ENV = {
    "msg": {"temperature": 41.0, "tags": ["a"], "two words": 1, "inner": {"depth": 2.0}},
    "metadata": {"site": "north"},
    "at": compile_expression('date("2024-01-02")').evaluate({}),
}
COMMANDS = ("ast", "env", "explain", "help", "quit", "set", "type")


@pytest.fixture
def session(cli, write):
    """`session(lines)` runs a session whose entries come from stdin."""

    def run(*lines, arguments=()):
        env = write("env.json", {"msg": {"temperature": 41, "items": [1, 2]}, "metadata": {}})
        return cli("eval", "--repl", "--env", env, *arguments, stdin="".join(f"{line}\n" for line in lines))

    return run


def test_entries_are_evaluated_one_by_one(session):
    """Each value is printed as the language writes it; the end of the input ends the session well."""
    result = session("msg.temperature + 1", '"a" + "b"', "", "nil", "metadata.site")
    assert (result.exit_code, result.stdout, result.stderr) == (0, '42\n"ab"\nnil\n""\n', "")


def test_errors_do_not_end_the_session(session):
    """A mistake and a failure are shown with their place, and the next entry is read."""
    result = session("1 +", "msg.x.y", ":nonsense", ":ast", ":set a", ":set a=x", "1")
    assert (result.exit_code, result.stdout) == (0, "1\n")
    assert result.stderr.count("error") == 6
    assert "1 | msg.x.y" in result.stderr
    assert "there is no command :nonsense" in result.stderr
    assert ":ast needs an expression behind it" in result.stderr


def test_a_misspelt_command_is_recognised(session):
    """The nearest command is named."""
    assert 'did you mean "explain"?' in session(":explian 1").stderr


def test_quit_leaves(session):
    """What stands behind :quit is not read."""
    assert session("1", ":quit", "2").stdout == "1\n"


def test_variables_are_set_and_listed(session):
    """:set takes JSON, and a metadata map reads what it lacks as empty text."""
    result = session(":set limit=30", "msg.temperature > limit", ':set metadata={"a": "b"}', "metadata.nope", ":env")
    assert result.stdout == ('true\n""\nmsg = {"items":[1,2],"temperature":41}\nmetadata = {"a":"b"}\nlimit = 30\n')


def test_an_entry_goes_on_while_a_bracket_is_open(session):
    """The lines up to the closing bracket are one expression, for a command too."""
    assert session("sum(", "  msg.items", ")", ":type [", "1]").stdout == "3\narray\n"


def test_an_empty_line_ends_an_open_entry(session):
    """Who does not find the bracket gets to see what is wrong; so does the end of the input."""
    result = session("sum(msg.items", "", "1", "[1")
    assert result.stdout == "1\n"
    assert '"(" is never closed' in result.stderr
    assert '"[" is never closed' in result.stderr


def test_the_tree_is_shown(session):
    """:ast prints one line for each node, its parts below it."""
    result = session(':ast -msg.temperature > 1.5 && f("a", false)')
    assert result.stdout.splitlines() == [
        "Logical '&&'",
        "  Binary '>'",
        "    Unary '-'",
        "      Member 'temperature'",
        "        Name 'msg'",
        "    Float 1.5",
        "  Call 'f'",
        "    Text 'a'",
        "    Boolean False",
    ]


def test_types_and_explanations(session):
    """:type names the type of a value, :explain shows its parts."""
    result = session(":type msg.temperature", ":type now()", ":explain msg.temperature > 50 or true")
    assert result.stdout == (
        "float\ntime.Time\n"
        "msg.temperature > 50 || true  = true\n├─ msg.temperature > 50  = false\n│  └─ msg.temperature  = 41\n"
        "└─ true  <- decides\n"
    )


def test_help_names_every_command(session):
    """:help is talk, so it goes to stderr."""
    result = session(":help")
    assert result.stdout == ""
    assert all(f":{name}" in result.stderr for name in COMMANDS)


def test_a_session_can_speak_json(session):
    """With --format json every value and explanation is JSON."""
    result = session('{"a": nil}', ":explain 1 == 1", arguments=["--format", "json"])
    assert result.stdout.startswith('{\n  "a": null\n}\n{\n  "text": "1 == 1"')


def test_a_builtin_forced_with_two_colons_is_no_command(session):
    """`::len(x)` is an expression."""
    assert session("::len(", "msg.items)").stdout == "2\n"


@pytest.mark.parametrize(
    "text, unfinished",
    [
        ("(1", True),
        ("[1,", True),
        ('{"a": 1', True),
        ("`raw", True),
        ("1 /* note", True),
        ("1", False),
        ("1 +", False),
        ("1)", False),
        ('"a', False),
        ("(1]", False),
        ("", False),
    ],
)
def test_what_counts_as_unfinished(text, unfinished):
    """Brackets, raw texts and comments may go on in the next line; anything else would only hide a mistake."""
    assert is_unfinished(text) is unfinished


@pytest.mark.parametrize(
    "line, found",
    [
        ("ms", ["msg"]),
        ("1 + ms", ["msg"]),
        ("up", ["upper("]),
        ("filter(msg.tags, fi", ["filter(", "find(", "findIndex(", "findLast(", "findLastIndex(", "first("]),
        ("msg.", ["inner", "tags", "temperature"]),
        ("msg.te", ["temperature"]),
        ("msg?.in", ["inner"]),
        ("msg.inner.", ["depth"]),
        ('msg["inner"].', ["depth"]),
        ("len(msg.ta", ["tags"]),
        ("metadata.", ["site"]),
        ("at.Un", ["Unix(", "UnixMicro(", "UnixMilli(", "UnixNano("]),
        ("msg.tags.", []),
        ("msg.x.y.", []),
        ("1.", []),
        (":e", ["env", "explain"]),
        (":", sorted(COMMANDS)),
        ("$e", ["$env"]),
        ("starts", ["startsWith"]),
        ("zzz", []),
    ],
)
def test_completion(line, found):
    """Variables, members of what there is, functions, words and commands are completed."""
    assert completions(line, ENV, COMMANDS) == found


def test_every_function_can_be_completed():
    """An empty line offers everything."""
    assert {f"{spec.name}(" for spec in builtin_functions()} | set(ENV) <= set(completions("", ENV, COMMANDS))


def test_history_lies_in_the_users_state_folder(monkeypatch, tmp_path):
    """XDG_STATE_HOME is honoured; without it the folder is the usual one."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert history_file() == tmp_path / "rulechain" / "eval_history"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert history_file() == tmp_path / ".local" / "state" / "rulechain" / "eval_history"


# Makes the pseudo-terminal that is its stdin the one that Ctrl-C comes from, then becomes the command.
_ON_ITS_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, sys.argv[1:])
"""


class Terminal:
    """A command on a pseudo-terminal: what is typed, and what is seen."""

    def __init__(self, *arguments, **environment):
        self.screen, end = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", _ON_ITS_TERMINAL, *COMMAND, *arguments],
            env=clean_environment(TERM="dumb", **environment),
            stdin=end,
            stdout=end,
            stderr=end,
            start_new_session=True,
        )
        os.close(end)
        self.seen = ""

    def type(self, text):
        """Type, as a person would."""
        os.write(self.screen, text.encode())

    def expect(self, text, within_s=20.0):
        """Wait until this is seen, and forget what came before it."""
        assert self.sees(text, within_s), f"{text!r} was not seen, but {self.seen!r}"
        self.seen = self.seen.partition(text)[2]

    def sees(self, text, within_s):
        """Tell whether this is seen in time."""
        end = time.monotonic() + within_s
        while text not in self.seen:
            ready, _, _ = select.select([self.screen], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                return False
            self.seen += os.read(self.screen, 4096).decode()
        return True

    def interrupt(self):
        """Press Ctrl-C until a new prompt is seen: CPython misses one that comes just before it waits for a key."""
        for _ in range(60):
            self.type("\x03")
            if self.sees("> ", within_s=0.3):
                break
        self.expect("> ")

    def leaves(self):
        """The exit code."""
        return self.process.wait(timeout=20)

    def close(self):
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.screen)


@pytest.fixture
def terminal():
    """`terminal("eval")` starts a command on a terminal of its own, which does not outlive the test."""
    started = []

    def start(*arguments, **environment):
        started.append(Terminal(*arguments, **environment))
        return started[-1]

    yield start
    for each in started:
        each.close()


def test_a_session_on_a_terminal(terminal, tmp_path):
    """Prompt, lines that go on, Ctrl-C that clears, completion, history of the last session, and Ctrl-D that leaves."""
    pytest.importorskip("readline")
    first = terminal("eval", "--set", 'msg={"temperature": 41}', XDG_STATE_HOME=str(tmp_path))
    first.expect("Ctrl-D leaves")
    first.expect("> ")
    first.type("[\n")
    first.expect(". ")
    first.type("msg.temp\t, 1]\n")
    first.expect("[41,1]")
    first.expect("> ")
    first.type("1 + 1 +")
    first.expect("1 + 1 +")
    first.interrupt()
    first.type("7 * 6\n")
    first.expect("42")
    first.expect("> ")
    first.type("\x04")
    assert first.leaves() == 0
    history = tmp_path / "rulechain" / "eval_history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert "7 * 6" in history.read_text()

    second = terminal("eval", XDG_STATE_HOME=str(tmp_path))
    second.expect("> ")
    second.type("\x10\n")
    second.expect("42")
    second.expect("> ")
    second.type(":quit\n")
    assert second.leaves() == 0


def test_a_session_without_a_state_folder(terminal, tmp_path):
    """Where history cannot be kept, everything else works."""
    (tmp_path / "file").write_text("")
    session = terminal("eval", XDG_STATE_HOME=str(tmp_path / "file"))
    session.expect("> ")
    session.type("6 * 7\n")
    session.expect("42")
    session.expect("> ")
    session.type("\x04")
    assert session.leaves() == 0


def test_a_session_without_readline(capsys, monkeypatch):
    """A Python that lacks readline reads plain lines."""
    monkeypatch.setitem(sys.modules, "readline", None)
    entries = iter(["1 + 1", ":quit"])
    monkeypatch.setattr("builtins.input", lambda _: next(entries))
    run_repl(Session({}, as_json=False), interactive=True)
    assert capsys.readouterr().out == "2\n"
