"""SQL with parameters: a statement is split once, and every value it takes is bound, never written into its text.

`?` stands for the next of the node's params, `$1` for a certain one (PostgreSQL), and `${…}` for the value of its
expression. A text in quotes that has `${…}` inside is bound as a whole.
"""

import functools
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from rulechain.api import NodeBuild
from rulechain.components.fields import Evaluate
from rulechain.components.templates import compile_template_setting
from rulechain.diagnostics import Code, Diagnostic, Severity, Span
from rulechain.diagnostics.errors import NodeError
from rulechain.expr.holes import find_holes
from rulechain.model import Message

# Words after which a name is expected: a bound value there is an error of the database, or silently no name.
_BEFORE_NAMES = frozenset({"from", "join", "into", "update", "table", "by"})
_COMMENT = re.compile(r"--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_DOLLAR_QUOTED = re.compile(r"\$(\w*)\$.*?(?:\$\1\$|\Z)", re.DOTALL)
_NUMBERED = re.compile(r"\$(\d+)")
_WORD = re.compile(r"\w+")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}


class Dialect(NamedTuple):
    """How a database's SQL is written."""

    # What stands for a bound value when the driver gets the text.
    mark: str
    # A backslash escapes in texts, and double quotes are for texts.
    is_mysql: bool = False
    # `$1` and `$$…$$`.
    has_dollars: bool = False


class Piece(NamedTuple):
    """A part of a statement.

    Its kind is `text`, `param` (a mark for one of the params), `hole` (`${…}`), `quoted` (the content of a text in
    quotes with holes in it) or `name` (a quoted name with holes in it, which no value can stand for).
    """

    kind: str
    text: str
    start: int
    # Of a param: its place among the params.
    number: int = 0


class Bound(NamedTuple):
    """A statement for the driver."""

    text: str
    values: list[Any]


Bind = Callable[[Message], Bound]


def compile_statement(sql: str, params: Sequence[Any], node: NodeBuild, dialect: Dialect, *, splice: bool) -> Bind:
    """Compile the settings `sql` and `params`; the function raises where a value cannot be had.

    Args:
        sql: The statement.
        params: Values for its marks, constants or templates.
        node: Where faults are reported.
        dialect: How the statement is written.
        splice: Fill `${…}` into the text as it is, before anything else.
    """
    values = [compile_template_setting(value, node, "params", index).value for index, value in enumerate(params)]
    if splice:
        text = compile_template_setting(sql, node, "sql").text
        return lambda message: _bind(
            split_statement(text(message), dialect, has_holes=False), message, values, {}, dialect
        )
    pieces = split_statement(sql, dialect)
    _check(pieces, len(params), node)
    holes: dict[int, Evaluate] = {}
    for piece in pieces:
        if piece.kind in ("hole", "quoted"):
            # Blanks in front change nothing for a hole, and findings in it then have their place.
            written = " " * piece.start + piece.text if piece.kind == "hole" else piece.text
            template = compile_template_setting(written, node, "sql")
            holes[piece.start] = template.value if piece.kind == "hole" else template.text
    return lambda message: _bind(pieces, message, values, holes, dialect)


def first_word(sql: str) -> str:
    """Return a statement's first word in upper case, comments passed over."""
    found = _WORD.search(_COMMENT.sub(" ", sql))
    return found[0].upper() if found else ""


@functools.lru_cache(maxsize=256)
def split_statement(sql: str, dialect: Dialect, *, has_holes: bool = True) -> tuple[Piece, ...]:
    """Return the pieces of a statement; `${…}` is one unless it is known to be text."""
    holes = {hole.span.start: hole.span.end for hole in find_holes(sql)} if has_holes else {}
    return tuple(_merged(_split(sql, holes, dialect)))


def _split(sql: str, holes: dict[int, int], dialect: Dialect) -> Iterator[Piece]:
    position = asked = 0
    while position < len(sql):
        start, character = position, sql[position]
        if start in holes:
            position = holes[start]
            yield Piece("hole", sql[start:position], start)
        elif character in "'\"`":
            position = _end_of_quoted(sql, start, holes, backslash=dialect.is_mysql)
            yield _quoted(sql[start:position], start, holes, dialect)
        elif found := _COMMENT.match(sql, start) or (dialect.has_dollars and _DOLLAR_QUOTED.match(sql, start)):
            position = found.end()
            yield Piece("text", found[0], start)
        elif dialect.has_dollars and (numbered := _NUMBERED.match(sql, start)):
            position = numbered.end()
            yield Piece("param", numbered[0], start, int(numbered[1]) - 1)
        else:
            position += 1
            yield Piece("param", character, start, asked) if character == "?" else Piece("text", character, start)
            asked += character == "?"


def _end_of_quoted(sql: str, start: int, holes: dict[int, int], *, backslash: bool) -> int:
    position = start + 1
    while position < len(sql):
        if position in holes:
            position = holes[position]
        elif sql[position] == "\\" and backslash:
            position += 2
        elif sql[position] != sql[start]:
            position += 1
        elif sql.startswith(sql[start] * 2, position):
            position += 2
        else:
            return position + 1
    return len(sql)


def _quoted(text: str, start: int, holes: dict[int, int], dialect: Dialect) -> Piece:
    if not any(start < begin < start + len(text) for begin in holes):
        return Piece("text", text, start)
    quote = text[0]
    if quote == "`" or (quote == '"' and not dialect.is_mysql):
        return Piece("name", text, start)
    content = text[1:-1].replace(quote * 2, quote)
    if dialect.is_mysql:
        content = re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), content)
    return Piece("quoted", content, start)


def _merged(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Join neighbours that are plain text."""
    for is_text, group in itertools.groupby(pieces, lambda piece: piece.kind == "text"):
        if is_text:
            first = next(group)
            yield first._replace(text=first.text + "".join(piece.text for piece in group))
        else:
            yield from group


def _bind(
    pieces: Sequence[Piece],
    message: Message,
    params: Sequence[Evaluate],
    holes: dict[int, Evaluate],
    dialect: Dialect,
) -> Bound:
    given = [value(message) for value in params]
    if (wanted := _wanted(pieces)) > len(given):
        raise NodeError(_mismatch(wanted, len(given)))
    text: list[str] = []
    values: list[Any] = []
    for piece in pieces:
        if piece.kind in ("text", "name"):
            text.append(piece.text.replace("%", "%%") if dialect.mark == "%s" else piece.text)
            continue
        value = given[piece.number] if piece.kind == "param" else holes[piece.start](message)
        items = value if isinstance(value, (list, tuple)) else [value]
        text.append(", ".join([dialect.mark] * len(items)) or "NULL")
        values += items
    return Bound("".join(text), values)


def _check(pieces: Sequence[Piece], given: int, node: NodeBuild) -> None:
    if (wanted := _wanted(pieces)) != given:
        severity = Severity.ERROR if wanted > given else Severity.WARNING
        node.report(Diagnostic(Code.BAD_SETTING, _mismatch(wanted, given), node.location("params"), severity))
    before = ""
    for piece in pieces:
        if piece.kind == "name" or (piece.kind == "hole" and _last_word(before) in _BEFORE_NAMES):
            node.report(
                Diagnostic(
                    Code.BAD_SETTING,
                    f"{piece.text} stands for a name, and only values can be bound",
                    node.location("sql", span=Span(piece.start, piece.start + len(piece.text))),
                    hint='write the name out, or set "spliceSql": true if no part of it can come from outside',
                )
            )
        before = piece.text if piece.kind == "text" else ""


def _last_word(text: str) -> str:
    words = _WORD.findall(_COMMENT.sub(" ", text)) if text[-1:].isspace() else []
    return words[-1].lower() if words else ""


def _wanted(pieces: Sequence[Piece]) -> int:
    """Return how many params the marks stand for."""
    return max((piece.number + 1 for piece in pieces if piece.kind == "param"), default=0)


def _mismatch(wanted: int, given: int) -> str:
    marks = "no mark" if wanted == 0 else "a mark for 1 value" if wanted == 1 else f"marks for {wanted} values"
    return f'"sql" has {marks}, "params" has {given}'
