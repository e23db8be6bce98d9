"""Which streams the routers of endpoints read and answer on, as far as it is written out, and what clashes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rulechain.diagnostics import Code, Diagnostic, Location, Severity
from rulechain.model import EndpointDefinition, RouterDefinition

_STREAMS: Final = "endpoint/redis/stream"
_DEFAULT_GROUP: Final = "rulego"
_ANSWERS: Final = "responseToBody"

# A stream is another one on another server.
Stream = tuple[str, str]


@dataclass(frozen=True, slots=True)
class StreamUse:
    """One router: what it reads, in which group, and where its answers go when that is always the same stream."""

    endpoint: EndpointDefinition
    router: RouterDefinition
    reads: tuple[Stream, ...]
    group: str
    answers_on: Stream | None
    # Whether each outcome becomes an answer.
    answers: bool

    @property
    def place(self) -> Location:
        """Where the router says what it reads."""
        return Location(self.endpoint.source, f"{self.router.pointer}/from/path")


def stream_uses(endpoint: EndpointDefinition) -> Iterator[StreamUse]:
    """Yield how each router of a stream endpoint uses streams."""
    if endpoint.type != _STREAMS:
        return
    server = _setting(endpoint.configuration, "server").removeprefix("redis://")
    group = _setting(endpoint.configuration, "groupId") or _DEFAULT_GROUP
    for router in endpoint.routers:
        topic = _setting(router.to.configuration, "responseTopic")
        answers_on = (server, topic) if topic and "${" not in topic else None
        reads = tuple((server, name.strip()) for name in router.from_.path.split(",") if name.strip())
        answers = bool(topic) or "transform" in router.to.configuration or _ANSWERS in router.to.processors
        yield StreamUse(endpoint, router, reads, group, answers_on, answers)


def check_streams(uses: Sequence[StreamUse]) -> Iterator[Diagnostic]:
    """Find answers that become requests again, and endpoints that take each other's entries."""
    yield from _check_circles(uses)
    yield from _check_shared_groups(uses)


def _check_circles(uses: Sequence[StreamUse]) -> Iterator[Diagnostic]:
    """Find the routers whose answers lead, by way of others or not, back to the stream they read."""
    leads_to: dict[Stream, list[StreamUse]] = {}
    for use in uses:
        for stream in use.reads:
            leads_to.setdefault(stream, []).append(use)
    told: set[Stream] = set()
    for use in uses:
        for stream in use.reads:
            way = _way_back(use, stream, leads_to)
            if way is None or not told.isdisjoint(way):
                continue
            told.update(way)
            names = " -> ".join(f'"{name}"' for _, name in way)
            message = f"answers become requests again: {names}"
            hint = "answer on a stream that none of these endpoints reads"
            place = Location(use.endpoint.source, f"{use.router.pointer}/to/configuration/responseTopic")
            yield Diagnostic(Code.STREAM_CIRCLE, message, place, Severity.WARNING, hint)


def _way_back(use: StreamUse, stream: Stream, leads_to: dict[Stream, list[StreamUse]]) -> tuple[Stream, ...] | None:
    """Return the streams from one back to itself, beginning with a router's answer; None when none leads back."""
    ahead: list[tuple[StreamUse, tuple[Stream, ...]]] = [(use, (stream,))]
    seen: set[Stream] = set()
    for reader, way in ahead:
        to = reader.answers_on
        if to == stream:
            return (*way, stream)
        if to is not None and to not in seen:
            seen.add(to)
            ahead += [(next_reader, (*way, to)) for next_reader in leads_to.get(to, ())]
    return None


def _check_shared_groups(uses: Sequence[StreamUse]) -> Iterator[Diagnostic]:
    """Find two endpoints that read a stream in one group: each gets only some of the entries."""
    readers: dict[tuple[Stream, str], StreamUse] = {}
    for use in uses:
        for stream in use.reads:
            first = readers.setdefault((stream, use.group), use)
            if _is_same(first.endpoint, use.endpoint):
                continue
            message = (
                f'endpoints "{first.endpoint.id}" and "{use.endpoint.id}" read the stream "{stream[1]}" in the same '
                f'group "{use.group}", so each gets only some of its entries'
            )
            hint = 'give one of them another "groupId", or put the routers into one endpoint'
            label = first.place, "the other one"
            yield Diagnostic(Code.SHARED_GROUP, message, use.place, Severity.WARNING, hint, (label,))


def _is_same(one: EndpointDefinition, other: EndpointDefinition) -> bool:
    return one.source == other.source and one.pointer == other.pointer


def _setting(configuration: Any, key: str) -> str:
    """Return a text setting whose key may be in any case; `""` when it is absent or no text."""
    found: Iterable[Any] = (value for name, value in configuration.items() if name.casefold() == key.casefold())
    value = next(iter(found), "")
    return value.strip() if isinstance(value, str) else ""
