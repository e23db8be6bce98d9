"""One thing that is wrong, or doubtful."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from rulechain.diagnostics.codes import Code
from rulechain.diagnostics.location import Location


class Severity(StrEnum):
    """How bad it is: an error keeps a document from running, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A mistake as data.

    `message` is one sentence in lower case without a full stop that names the thing; `hint` says how to mend it, where
    that can be known; `labels` are further places with a word each; `notes` are further facts.
    """

    code: Code
    message: str
    location: Location
    severity: Severity = Severity.ERROR
    hint: str | None = None
    labels: tuple[tuple[Location, str], ...] = ()
    notes: tuple[str, ...] = ()

    def moved_to(self, location: Location) -> "Diagnostic":
        """Return the same finding at another place; used when a text turns out to be part of a document."""
        return replace(self, location=location)

    def as_warning(self) -> "Diagnostic":
        """Return the same finding as a warning."""
        return replace(self, severity=Severity.WARNING)


def errors_in(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return those diagnostics that are errors."""
    return tuple(diagnostic for diagnostic in diagnostics if diagnostic.severity is Severity.ERROR)
