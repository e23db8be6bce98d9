"""Find the holes `${…}` in a text.

A hole ends at the brace that closes it: braces inside it are counted and quoted ones skipped, where RuleGo takes the
first brace whatever it belongs to. Where nothing closes it that way, the first brace ends it as in RuleGo.
"""

from collections.abc import Iterator
from typing import NamedTuple

from rulechain.diagnostics import Span

OPEN = "${"
_CLOSE = "}"
_QUOTES = "\"'`"


class Hole(NamedTuple):
    """A hole: `span` covers all of `${…}`, `inner` what stands between."""

    span: Span
    inner: Span


def find_holes(text: str, start: int = 0) -> Iterator[Hole]:
    """Yield the holes of a text from left to right; one that is never closed is plain text."""
    position = start
    while (begin := text.find(OPEN, position)) >= 0:
        end = _closing(text, begin + len(OPEN))
        if end < 0:
            return
        yield Hole(Span(begin, end + 1), Span(begin + len(OPEN), end))
        position = end + 1


def _closing(text: str, start: int) -> int:
    depth = 0
    position = start
    while position < len(text):
        character = text[position]
        if character in _QUOTES:
            position = end_of_quoted(text, position)
            continue
        if character == "{":
            depth += 1
        elif character == _CLOSE:
            if depth == 0:
                return position
            depth -= 1
        position += 1
    return text.find(_CLOSE, start)


def end_of_quoted(text: str, start: int) -> int:
    """Return the offset behind the quoted text that begins at an offset; the text's end when it is never closed."""
    quote = text[start]
    position = start + 1
    while position < len(text):
        character = text[position]
        if character == "\\" and quote != "`":
            position += 2
            continue
        position += 1
        if character == quote:
            return position
    return len(text)
