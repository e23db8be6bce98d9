"""Diagnostics in the forms that code hosts read: GitHub's workflow commands, and SARIF 2.1.0."""

from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any, Final

from rulechain.diagnostics.codes import Code
from rulechain.diagnostics.diagnostic import Diagnostic
from rulechain.diagnostics.locate import line_and_column
from rulechain.diagnostics.location import Location

_SARIF_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_PAGE: Final = "https://github.com/rulechain/rulechain/blob/main/docs/diagnostics.md"


def render_github(diagnostics: Iterable[Diagnostic]) -> Iterator[str]:
    """Yield a workflow command for each finding, which GitHub shows at its line of a pull request."""
    for found in diagnostics:
        start, end = _range(found.location)
        place = {"file": found.location.source.name, "title": str(found.code)}
        if start is not None and end is not None:
            place |= {"line": str(start[0]), "endLine": str(end[0]), "col": str(start[1])}
            # GitHub takes an end column only where it is on the line of the start.
            place |= {"endColumn": str(end[1])} if start[0] == end[0] else {}
        properties = ",".join(f"{key}={_escaped(text, in_property=True)}" for key, text in place.items())
        text = found.message if found.hint is None else f"{found.message}\n{found.hint}"
        yield f"::{found.severity} {properties}::{_escaped(text)}"


def dump_sarif(diagnostics: Iterable[Diagnostic], version: str) -> dict[str, Any]:
    """Return findings as a SARIF log with one run.

    Args:
        diagnostics: What was found.
        version: Of this program.
    """
    diagnostics = list(diagnostics)
    codes = sorted({found.code for found in diagnostics})
    driver = {
        "name": "rulechain",
        "version": version,
        "informationUri": _PAGE,
        "rules": [_rule(code) for code in codes],
    }
    results = [_result(found, codes.index(found.code)) for found in diagnostics]
    return {
        "$schema": _SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def _rule(code: Code) -> dict[str, Any]:
    words = code.name.replace("_", " ").lower()
    return {
        "id": str(code),
        "name": code.name.title().replace("_", ""),
        "shortDescription": {"text": words},
        "helpUri": f"{_PAGE}#{code.lower()}",
    }


def _result(found: Diagnostic, rule: int) -> dict[str, Any]:
    text = ". ".join([found.message, *found.notes, *([found.hint] if found.hint else [])])
    return {
        "ruleId": str(found.code),
        "ruleIndex": rule,
        "level": str(found.severity),
        "message": {"text": text},
        "locations": [_place(found.location)],
        "relatedLocations": [{**_place(place), "message": {"text": word}} for place, word in found.labels],
    }


def _place(location: Location) -> dict[str, Any]:
    start, end = _range(location)
    place: dict[str, Any] = {"artifactLocation": {"uri": PurePath(location.source.name).as_posix()}}
    if start is not None and end is not None:
        place["region"] = {
            "startLine": start[0],
            "startColumn": start[1],
            "endLine": end[0],
            "endColumn": end[1],
        }
    if not location.pointer:
        return {"physicalLocation": place}
    return {"physicalLocation": place, "logicalLocations": [{"fullyQualifiedName": location.pointer}]}


def _range(location: Location) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """Return line and column, from 1, of a place's first character and of the one behind its last."""
    text, offsets = location.source.text, location.offsets
    if text is None or offsets is None:
        return None, None
    return line_and_column(text, offsets.start), line_and_column(text, offsets.end)


def _escaped(text: str, *, in_property: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if in_property else text
