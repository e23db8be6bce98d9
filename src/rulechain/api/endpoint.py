"""The contract between endpoints and the rest: endpoints reach chains through `ChainExecutor` alone."""

import builtins
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self, TypeVar

from rulechain.api.exchange import Processor
from rulechain.api.measures import EndpointMeasures, StreamStatus
from rulechain.api.observer import EntryTracer
from rulechain.api.run import Run
from rulechain.api.settings import NoSettings
from rulechain.diagnostics import Diagnostic, Location
from rulechain.model import EndpointDefinition, Message, RouterDefinition

T = TypeVar("T")

# Runs one component on a message, without a chain around it.
ComponentCall = Callable[[Message], Run | Awaitable[Run]]


class Settlement(Enum):
    """What becomes of an entry."""

    ACK = auto()
    RETRY = auto()
    DEAD_LETTER = auto()


class BuiltRouter(Protocol):
    """A router made in code: its definition, and the functions behind the processor names it made up."""

    @property
    def definition(self) -> RouterDefinition:
        """The router as a document would say it."""

    @property
    def processors(self) -> Mapping[str, Processor]:
        """The router's own processors by name."""


class ChainExecutor(Protocol):
    """Runs chains by id; which chains there are may change at any time."""

    def execute(self, chain_id: str, message: Message, start: str | None = None) -> Run | Awaitable[Run]:
        """Run a message through a chain: the finished run, or an awaitable of it when a node suspends.

        Raises:
            UnknownTypeError: There is no such chain, or no such start node.
        """

    def component(self, type_: str, configuration: Mapping[str, Any], location: Location) -> ComponentCall:
        """Compile a single component for a `component:` target.

        Raises:
            ChainError: The type is unknown or its configuration wrong.
        """


class ConnectionState(StrEnum):
    """How an endpoint stands with the service behind it; RuleGo's words."""

    NONE = "none"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    DISCONNECTED = "disconnected"


@dataclass(slots=True)
class EndpointCounts:
    """What became of the entries an endpoint has read since it was built."""

    read: int = 0
    # Ended well; with responses or without.
    answered: int = 0
    # Ended without a run or without an end: a processor returned False, a chain ended nowhere, a router has no target.
    filtered: int = 0
    # Tries that ended in an unhandled failure, or whose response could not be written.
    failed: int = 0
    # Set aside in a dead-letter stream.
    dead: int = 0
    # Read for at least the second time.
    retried: int = 0
    # Taken over because they were idle for too long.
    claimed: int = 0
    # Left to other consumers on stopping.
    handed_back: int = 0
    # Deleted by somebody while they were pending, and so never processed.
    vanished: int = 0
    # Finished here, but settled already: by another consumer, or by an earlier commit of ours whose reply was lost.
    superseded: int = 0
    # Responses written.
    responses: int = 0
    # Times that a consumer group had vanished and was made again: entries may have been processed twice.
    recreated_groups: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointStatus:
    """How an endpoint is doing.

    `message` says what it waits for while it is not connected, or what went wrong last; `in_flight` counts the entries
    it holds, and once it has stopped those it had to leave pending; `waiting` counts those of them that wait for their
    next try. `server` says what the service is, as far as it tells; `at_least_once` names the routers of which some
    responses or dead letters are not part of the step that acknowledges, and so may be written twice.
    """

    endpoint_id: str
    state: ConnectionState
    message: str = ""
    in_flight: int = 0
    waiting: int = 0
    server: str = ""
    at_least_once: tuple[str, ...] = ()
    counts: EndpointCounts = field(default_factory=EndpointCounts)
    streams: tuple[StreamStatus, ...] = ()
    measures: EndpointMeasures = field(default_factory=EndpointMeasures)
    # How long ago the service last answered a read or a commit; None before it ever did.
    silence_s: float | None = None


class SettledEntry(NamedTuple):
    """One entry and what became of it; `diagnostic` says why it failed."""

    endpoint_id: str
    router_id: str
    topic: str
    entry_id: str
    delivery_count: int
    settlement: Settlement
    responses: int
    diagnostic: Diagnostic | None


class Endpoint(Protocol):
    """A running, or startable, source of exchanges."""

    @property
    def id(self) -> str:
        """The endpoint's id, unique in its registry."""

    def add_router(self, router: RouterDefinition | BuiltRouter) -> None:
        """Add a router before the start.

        Raises:
            EndpointConfigurationError: The router is wrong; `.diagnostics` holds every finding.
        """

    async def start(self) -> None:
        """Begin to consume; a service that is away is retried in the background."""

    async def stop(self, drain_s: float = 10.0) -> None:
        """Stop reading, let work in flight finish for at most `drain_s` seconds, settle it, and close."""

    def status(self) -> EndpointStatus:
        """Return how the endpoint is doing now."""

    def watch(self, watcher: Callable[[SettledEntry], None]) -> None:
        """Have a function called with each entry that is settled from now on."""

    def trace(self, tracer: EntryTracer) -> None:
        """Have each entry followed on its way through its router, from the next start on."""

    async def __aenter__(self) -> Self:
        """Start."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop."""


class EndpointBuild(Protocol):
    """What an endpoint may ask while it is built."""

    @property
    def executor(self) -> ChainExecutor:
        """Runs the chains."""

    @property
    def processors(self) -> Mapping[str, Processor]:
        """The processors by name."""

    def report(self, diagnostic: Diagnostic) -> None:
        """Add a finding; an error keeps the endpoint from being built."""

    def require(self, kind: type[T]) -> T:
        """Return the engine's instance of a service, such as the shared connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSpec:
    """An endpoint type: its settings and how an endpoint is made of a definition."""

    type: str
    summary: str
    build: Callable[[EndpointDefinition, Any, EndpointBuild], Endpoint]
    settings: builtins.type[Any] = NoSettings
    aliases: tuple[str, ...] = ()
    description: str = ""
    # The keys that say where the service is and how to be let in; `"server": "ref://id"` takes over those of another
    # endpoint.
    connection_keys: tuple[str, ...] = ()
