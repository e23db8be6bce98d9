"""A template's text to tokens: plain text, and what stands between `{{` and `}}`."""

import re
from collections.abc import Generator, Iterator
from typing import NamedTuple

from rulechain.diagnostics import Span
from rulechain.gotemplate.errors import syntax_error

CLOSE = "}}"
_SPACE = " \t\r\n"
_COMMENT = re.compile(r"[ \t\r\n]*/\*")
_COMMENT_END = "*/"
_TRIM = "-"
_OPENING = re.compile(r"\{\{(?:-(?=[ \t\r\n]))?")
_CLOSING = re.compile(r"\}\}|[ \t\r\n]+-\}\}[ \t\r\n]*")

TEXT, END, ACTION_END = "text", "end", "}}"
FIELD, VARIABLE, WORD, NUMBER, CHARACTER, STRING, SPACE = (
    "field",
    "variable",
    "word",
    "number",
    "character",
    "string",
    "space",
)
_TOKEN = re.compile(
    rf"""(?P<{SPACE}>[ \t\r\n]+)
    |(?P<{STRING}>"(?:[^"\\\n]|\\.)*"|`[^`]*`)
    |(?P<{CHARACTER}>'(?:[^'\\\n]|\\.)+')
    |(?P<{NUMBER}>[+-]?(?:[0-9]|\.[0-9])[\w.]*(?:(?<=[eEpP])[+-][\w.]*)?)
    |(?P<{VARIABLE}>\$\w*)
    |(?P<{FIELD}>\.\w+)
    |(?P<{WORD}>[^\W\d]\w*)
    |(?P<punctuation>:=|[=|(),.])""",
    re.VERBOSE,
)
# What may follow a name directly.
_TERMINATORS = frozenset(f"{_SPACE}.,|:)(=")
_NAMES = frozenset([FIELD, VARIABLE, WORD])


class Token(NamedTuple):
    """One token: its kind, which for punctuation is the text itself, and where it stands."""

    kind: str
    text: str
    span: Span


def read_tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a template, END last. Space that `{{-` and `-}}` cut away is not in the text tokens.

    Raises:
        ExpressionSyntaxError: Something is not closed, or there is a character that means nothing.
    """
    position = 0
    while (opening := _OPENING.search(text, position)) is not None:
        begin, inner = opening.span()
        plain = text[position:begin]
        plain = plain.rstrip(_SPACE) if opening[0].endswith(_TRIM) else plain
        if plain:
            yield Token(TEXT, plain, Span(position, position + len(plain)))
        if (comment := _COMMENT.match(text, inner)) is not None:
            position = _end_of_comment(text, begin, comment.end())
        else:
            position = yield from _action_tokens(text, begin, inner)
    if position < len(text):
        yield Token(TEXT, text[position:], Span(position, len(text)))
    yield Token(END, "", Span(len(text), len(text)))


def _end_of_comment(text: str, begin: int, start: int) -> int:
    """Return where the text goes on behind a comment."""
    end = text.find(_COMMENT_END, start)
    if end < 0:
        raise syntax_error("the comment is not closed", text, Span(begin, len(text)), 'close it with "*/}}"')
    closing = _CLOSING.match(text, end + len(_COMMENT_END))
    if closing is None:
        raise syntax_error('the comment must be all there is between "{{" and "}}"', text, Span(begin, end + 2))
    return closing.end()


def _action_tokens(text: str, begin: int, position: int) -> Generator[Token, None, int]:
    """Yield the tokens up to the closing braces; returns where the text goes on."""
    while (closing := _CLOSING.match(text, position)) is None:
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unexpected(text, begin, position)
        kind = match.lastgroup or ""
        position = match.end()
        if kind in _NAMES and not _ends_name(text, position):
            raise _unexpected(text, begin, position)
        yield Token(match[0] if kind == "punctuation" else kind, match[0], Span(*match.span()))
    yield Token(ACTION_END, CLOSE, Span(*closing.span()))
    return closing.end()


def _ends_name(text: str, position: int) -> bool:
    return position >= len(text) or text[position] in _TERMINATORS or text.startswith(CLOSE, position)


def _unexpected(text: str, begin: int, position: int) -> Exception:
    if position >= len(text):
        return syntax_error('the action is not closed with "}}"', text, Span(begin, len(text)))
    character = text[position]
    if character in "\"'`":
        return syntax_error("the quoted text is not closed", text, Span(position, len(text)))
    return syntax_error(f'"{character}" means nothing here', text, Span(position, position + 1))
