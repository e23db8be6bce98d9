"""Turn diagnostics into text for people and into plain data for tools. The only place that formats them."""

import re
from collections.abc import Sequence
from typing import Any

from rulechain.diagnostics.diagnostic import Diagnostic
from rulechain.diagnostics.locate import line_at
from rulechain.diagnostics.location import Location

_WIDTH = 100
_CONTEXT = 40
# Control characters but the tab, line and direction marks, halves of surrogate pairs: ids from documents may hold them.
_UNPRINTABLE = re.compile("[\0-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SPACE = 0x20
# Unicode has a picture of each control character below the space.
_PICTURES = 0x2400
_REPLACEMENT = "\ufffd"


def render_diagnostic(diagnostic: Diagnostic) -> str:
    """Return the finding with its place, the line it stands in, a caret and a hint."""
    head = f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"
    lines = [head, f"  --> {diagnostic.location}", *_snippet(diagnostic.location)]
    for location, word in diagnostic.labels:
        lines += [f"  ::: {location}: {word}", *_snippet(location)]
    lines += [f"  note: {note}" for note in diagnostic.notes]
    if diagnostic.hint is not None:
        lines.append(f"  help: {diagnostic.hint}")
    return "\n".join(map(_printable, lines))


def render_diagnostics(diagnostics: Sequence[Diagnostic], *, limit: int | None = None) -> str:
    """Return all findings, a blank line between two; beyond `limit` only their number is told."""
    shown = diagnostics if limit is None else diagnostics[:limit]
    parts = [render_diagnostic(diagnostic) for diagnostic in shown]
    if len(diagnostics) > len(shown):
        parts.append(f"... and {len(diagnostics) - len(shown)} more")
    return "\n\n".join(parts)


def dump_diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return the finding as plain data for JSON output."""
    location = diagnostic.location
    return {
        "code": str(diagnostic.code),
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "file": location.source.name,
        "line": location.line,
        "column": location.column,
        "pointer": location.pointer,
        "hint": diagnostic.hint,
    }


def _printable(line: str) -> str:
    """Return a line in which nothing breaks it or steers a terminal; each character keeps its column."""
    return _UNPRINTABLE.sub(lambda match: _picture(match[0]), line)


def _picture(character: str) -> str:
    code = ord(character)
    return chr(_PICTURES + code) if code < _SPACE else _REPLACEMENT


def _snippet(location: Location) -> list[str]:
    text, offsets = location.source.text, location.offsets
    if text is None or offsets is None or location.line is None or location.column is None:
        return []
    line = line_at(text, location.line)
    start = location.column - 1
    width = max(1, min(offsets.end - offsets.start, len(line) - start))
    shown, start = _window(line, start)
    width = min(width, max(1, len(shown) - start))
    gutter = str(location.line)
    pad = " " * len(gutter)
    marked = "".join("\t" if character == "\t" else " " for character in shown[:start]) + "^" * width
    return [f"{pad} |", f"{gutter} | {shown}", f"{pad} | {marked}"]


def _window(line: str, start: int) -> tuple[str, int]:
    """Return the part of a long line around a column, and the column within it."""
    if len(line) <= _WIDTH:
        return line, start
    first = max(0, min(start - _CONTEXT, len(line) - _WIDTH))
    last = min(len(line), first + _WIDTH)
    before = "..." if first else ""
    after = "..." if last < len(line) else ""
    return f"{before}{line[first:last]}{after}", start - first + len(before)
