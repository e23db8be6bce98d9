"""Where something is wrong: a source, a JSON pointer into it, and a span inside the text found there."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from rulechain.diagnostics.locate import decoded_offset, find_value, line_and_column


class Span(NamedTuple):
    """Offsets `[start, end)` in characters."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Source:
    """A named text: a file, a chain given as text, or an expression.

    `text` is None when the document never was text (a dict); its locations then have pointers, but no lines.
    """

    name: str
    text: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Location:
    """A place in a source.

    With a `pointer`, the source is a JSON document, and `span` counts characters of the decoded string the pointer
    leads to (so a place inside an expression or a script is found through the string's escapes). Without one, `span`
    counts characters of the source itself. A pointer to something that is missing shows the nearest object around it.
    Line and column are computed when asked for, never before.
    """

    source: Source
    pointer: str | None = None
    span: Span | None = None
    # Point at the member's key instead of its value.
    of_key: bool = False

    @cached_property
    def offsets(self) -> Span | None:
        """The place as offsets in the source's text; None when the source has no text."""
        text = self.source.text
        if text is None:
            return None
        if self.pointer is None:
            return self.span or Span(0, len(text))
        found = find_value(text, self.pointer, of_key=self.of_key)
        if found is None:
            return Location(self.source, self.pointer.rpartition("/")[0]).offsets
        start, end = found
        if self.span is None or text[start : start + 1] != '"':
            return Span(start, end)
        first = decoded_offset(text, start, self.span.start)
        return Span(first, max(first, decoded_offset(text, start, self.span.end)))

    @property
    def line(self) -> int | None:
        """The 1-based line, or None without text."""
        return None if self.offsets is None else line_and_column(self.source.text or "", self.offsets.start)[0]

    @property
    def column(self) -> int | None:
        """The 1-based column in characters, or None without text."""
        return None if self.offsets is None else line_and_column(self.source.text or "", self.offsets.start)[1]

    def __str__(self) -> str:
        place = self.source.name if self.line is None else f"{self.source.name}:{self.line}:{self.column}"
        return f"{place}  ({self.pointer})" if self.pointer else place
