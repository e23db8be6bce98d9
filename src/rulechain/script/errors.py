"""What goes wrong while a script runs.

A script that does not compile raises `ExpressionSyntaxError`, as any text does: callers treat the languages alike.
"""

from collections.abc import Sequence
from pathlib import PurePath
from typing import NamedTuple

from rulechain.diagnostics import Code, Diagnostic, Location, Source, Span
from rulechain.diagnostics.errors import ExpressionEvaluationError


class ThrownAt(NamedTuple):
    """Where a script threw: the place in the script, the same place in its document, and in words."""

    span: Span
    location: Location
    text: str


def thrown_at(script: str, name: str, span: Span, location: Location | None) -> ThrownAt:
    """Describe a place in a script.

    Args:
        script: The script's text.
        name: The script's function.
        span: The place.
        location: The same place in the document that the script comes from, if there is one.
    """
    own = Location(Source("<script>", script), span=span)
    # A document that never was text has no lines.
    shown = location if location is not None and location.line is not None else own
    file = PurePath(shown.source.name).name.strip("<>")
    return ThrownAt(span, location or own, f" at {name} ({file}:{shown.line}:{shown.column})")


class ScriptError(ExpressionEvaluationError):
    """A script threw, or ran into a limit.

    `str()` is the text it threw, or `TypeError: …` for an error object, and where: `… at Filter (chain.json:12:34)`.
    Chains find that text in the metadata key `errorMsg`.
    """

    def __init__(self, message: str, script: str = "", at: ThrownAt | None = None) -> None:
        super().__init__(message, script, at and at.span)
        self.args = (message, script, at)
        self.script = script
        self.at = at

    @property
    def diagnostics(self) -> Sequence[Diagnostic]:  # type: ignore[override]
        """The failure as one finding."""
        location = self.at.location if self.at else Location(Source("<script>", self.script))
        return (Diagnostic(Code.SCRIPT_FAILED, self.message, location),)

    def __str__(self) -> str:
        return f"{self.message}{self.at.text}" if self.at else self.message

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), self.args
