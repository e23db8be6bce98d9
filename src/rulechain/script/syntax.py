"""Where a script is wrong: the engine's words and line numbers → places in the script."""

import re
from collections.abc import Callable
from typing import NamedTuple

from rulechain.diagnostics import Code, Diagnostic, Location, Source, Span

_REPORT = re.compile(r"SyntaxError: (?P<what>.*?)\n +at <input>:(?P<line>\d+):(?P<column>\d+)", re.DOTALL)
_FRAME = re.compile(r"<input>:(?P<line>\d+):(?P<column>\d+)\)")
_TOKEN = re.compile(r"[\w$]+|.", re.DOTALL)
# The engine takes sources as C strings of UTF-8.
_UNUSABLE = re.compile("[\0\ud800-\udfff]")
# The engine gives every source the same name. What is not a chain's script begins so many lines further down.
FAR = 100_000
_UNCLOSED = "every {, ( and [ needs its }, ) or ]"


class Wrapped(NamedTuple):
    """A script's body as one function, `body` starting on a line of its own."""

    name: str
    head: str
    function_head: str
    body: str

    @property
    def text(self) -> str:
        """The text to evaluate: a function of the chain's variables that returns the script's function."""
        return f"{self.head}{self.function}}})"

    @property
    def function(self) -> str:
        """The script's function alone, as its `toString()` gives it."""
        return f"{self.function_head}{self.body}\n}}"


def wrap(name: str, parameters: tuple[str, ...], body: str) -> Wrapped:
    """Put a body into a strict function of its own."""
    head = '(function () { "use strict"; const vars = arguments[0]; return '
    return Wrapped(name, head, f"function {name}({', '.join(parameters)}) {{\n", body)


def syntax_diagnostic(report: str, wrapped: Wrapped, compiles: Callable[[str], bool]) -> Diagnostic:
    """Return the fault that the engine's report is about, placed in the body.

    Args:
        report: The engine's error text, or `""` when the text compiles but is not one function.
        wrapped: What was compiled.
        compiles: Tells whether a text is a correct program.
    """
    body = wrapped.body
    unusable = _UNUSABLE.search(body)
    if unusable is not None:
        return _diagnostic(_found(unusable), body, Span(*unusable.span()))
    extra = _extra_brace(wrapped, compiles)
    if extra is not None:
        return _diagnostic("unexpected }: it closes nothing", body, Span(extra, extra + 1), "remove it")
    match = _REPORT.match(report)
    if match is None:
        return _diagnostic(report.partition("\n")[0] or "not a function body", body, Span(0, len(body)))
    offset = _offset(body, int(match["line"]) - 2, int(match["column"]) - 1)
    if offset is None:
        end = len(body.rstrip())
        return _diagnostic("unexpected end of the script", body, Span(end, end), _UNCLOSED)
    token = _TOKEN.match(body, offset)
    return _diagnostic(match["what"], body, Span(offset, token.end() if token else offset))


def thrown_span(stack: str, wrapped: Wrapped) -> Span | None:
    """Return the innermost place of the body that an error came by, None where the stack names none."""
    for frame in _FRAME.finditer(stack):
        offset = _offset(wrapped.body, int(frame["line"]) - 2, int(frame["column"]) - 1)
        if offset is not None and int(frame["line"]) < FAR:
            token = _TOKEN.match(wrapped.body, offset)
            return Span(offset, token.end() if token else offset)
    return None


def udf_diagnostic(report: str, name: str, text: str) -> Diagnostic:
    """Return the fault in the source of a user-defined function."""
    unusable, match = _UNUSABLE.search(text), _REPORT.match(report)
    if unusable is not None:
        offset: int | None = unusable.start()
        what = _found(unusable)
    else:
        offset = _offset(text, int(match["line"]) - 1, int(match["column"]) - 1) if match else None
        what = match["what"] if match else report.partition("\n")[0]
    location = Location(Source(f"<udf {name}>", text), span=None if offset is None else Span(offset, offset + 1))
    return Diagnostic(Code.SCRIPT_SYNTAX, f'user-defined function "{name}" does not load: {what}', location)


def _found(unusable: re.Match[str]) -> str:
    return f"the character U+{ord(unusable[0]):04X} cannot stand in a script"


def _diagnostic(what: str, body: str, span: Span, hint: str | None = None) -> Diagnostic:
    message = f"the script is not valid JavaScript: {what}"
    return Diagnostic(Code.SCRIPT_SYNTAX, message, Location(Source("<script>", body), span=span), hint=hint)


def _extra_brace(wrapped: Wrapped, compiles: Callable[[str], bool]) -> int | None:
    """Return where a brace of the body closes the function around it; such a body breaks out of its wrapping."""
    for match in re.finditer(r"\}", wrapped.body):
        if compiles(f"{wrapped.head}{wrapped.function_head}{wrapped.body[: match.end()]}}})"):
            return match.start()
    return None


def _offset(text: str, line: int, column: int) -> int | None:
    """Return the offset of a 0-based line and column; the engine counts columns in bytes. None outside the text."""
    lines = text.split("\n")
    if not 0 <= line < len(lines):
        return None
    before = lines[line].encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore")
    return sum(len(other) + 1 for other in lines[:line]) + len(before)
