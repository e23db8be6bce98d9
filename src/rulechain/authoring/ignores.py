"""Findings that a document asks not to hear of: `"additionalInfo": {"ignore": ["G208"]}` in a node or a chain."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rulechain.diagnostics import Code, Diagnostic, Location, Severity, Source, closest, pointer_to
from rulechain.model import ChainDefinition, EndpointDefinition

_KEY: Final = "ignore"


@dataclass(frozen=True, slots=True)
class _Ignore:
    """A code, the part of a document where it is not reported, and the place that says so."""

    code: str
    source: Source
    pointer: str
    place: Location

    def covers(self, found: Diagnostic) -> bool:
        """Tell whether a finding is not to be reported; errors always are."""
        location = found.location
        return (
            found.severity is Severity.WARNING
            and found.code == self.code
            and location.source == self.source
            and (not self.pointer or f"{location.pointer}/".startswith(f"{self.pointer}/"))
        )


def without_ignored(
    definitions: Iterable[ChainDefinition | EndpointDefinition], diagnostics: Sequence[Diagnostic]
) -> tuple[list[Diagnostic], int]:
    """Return the findings that are left, and how many were ignored.

    An ignore without effect becomes a finding itself, so that none outlives its reason.
    """
    ignores = [ignore for definition in definitions for ignore in _ignores(definition)]
    left = [found for found in diagnostics if not any(ignore.covers(found) for ignore in ignores)]
    idle = [_idle(ignore) for ignore in ignores if not any(ignore.covers(found) for found in diagnostics)]
    return left + idle, len(diagnostics) - len(left)


def _ignores(definition: ChainDefinition | EndpointDefinition) -> Iterator[_Ignore]:
    if isinstance(definition, EndpointDefinition):
        yield from _listed(definition.source, definition.pointer, definition.pointer, definition.additional_info)
        for router in definition.routers:
            yield from _listed(definition.source, router.pointer, router.pointer, router.additional_info)
        return
    yield from _listed(definition.source, "", "/ruleChain", definition.additional_info)
    for node in definition.nodes:
        yield from _listed(definition.source, node.pointer, node.pointer, node.additional_info)


def _listed(source: Source, pointer: str, owner: str, info: Mapping[str, Any]) -> Iterator[_Ignore]:
    codes = info.get(_KEY)
    for number, code in enumerate(codes if isinstance(codes, list) else ()):
        place = Location(source, f"{owner}{pointer_to('additionalInfo', _KEY, number)}")
        yield _Ignore(str(code), source, pointer, place)


def _idle(ignore: _Ignore) -> Diagnostic:
    known = [str(code) for code in Code]
    if ignore.code not in known:
        meant = closest(ignore.code, known)
        hint = f'did you mean "{meant}"?' if meant else "codes look like G208; docs/diagnostics.md has them all"
        return Diagnostic(
            Code.IDLE_IGNORE, f'there is no code "{ignore.code}" to ignore', ignore.place, Severity.WARNING, hint
        )
    message = f"{ignore.code} is ignored here, but there is no such warning"
    return Diagnostic(Code.IDLE_IGNORE, message, ignore.place, Severity.WARNING, "remove it from the list")
