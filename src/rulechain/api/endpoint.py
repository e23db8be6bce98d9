"""The contract between endpoints and the rest: endpoints reach chains through `ChainExecutor` alone."""

import builtins
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Protocol, TypeVar

from rulechain.api.exchange import Processor
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


class Endpoint(Protocol):
    """A running, or startable, source of exchanges."""

    @property
    def id(self) -> str:
        """The endpoint's id, unique in its registry."""

    def add_router(self, router: RouterDefinition, *processors: Any) -> None:
        """Add a router before the start."""

    async def start(self) -> None:
        """Begin to consume; a service that is away is retried in the background."""

    async def stop(self, drain_s: float = 10.0) -> None:
        """Stop reading, let work in flight finish for at most `drain_s` seconds, settle it, and close."""


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
