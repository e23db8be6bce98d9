"""What a component may ask while its node is compiled."""

from collections.abc import Awaitable, Callable, Iterable
from collections.abc import Set as AbstractSet
from typing import Protocol, TypeVar

from rulechain.diagnostics import Diagnostic, Location, Span
from rulechain.values import StringMap

T = TypeVar("T")

# Gives back what a node holds.
Close = Callable[[], Awaitable[None]]


class NodeBuild(Protocol):
    """The node being compiled: who it is, where its settings stand in the document, what the engine offers."""

    @property
    def chain_id(self) -> str:
        """The chain's id."""

    @property
    def node_id(self) -> str:
        """The node's id."""

    @property
    def node_ids(self) -> AbstractSet[str]:
        """The ids of all nodes of the chain."""

    @property
    def vars(self) -> StringMap:
        """The chain's variables, `${vars.x}`."""

    @property
    def properties(self) -> StringMap:
        """The engine's global properties, `${global.x}`."""

    def location(self, *path: str | int, span: Span | None = None) -> Location:
        """Return the place of a setting: `location("cases", 0, "case")`, with offsets into its text if given.

        The path uses the configuration's own keys; a span is dropped when `${…}` substitution changed the text.
        """

    def report(self, diagnostic: Diagnostic) -> None:
        """Add a finding. An error keeps the chain from loading, but compiling goes on to find the others."""

    def reads_outputs(self, names: Iterable[str]) -> None:
        """Say of which nodes the function may look at the outputs (`message.output`); other names do no harm.

        Of a node that never says it, even of none, every setting counts that has the id of a node for its text, or
        looks into it. What is kept for nobody costs time with each message.
        """

    def on_close(self, close: Close) -> None:
        """Have something called when the node goes: its chain was replaced or removed, or the engine closes.

        It is called when the last run that began before has ended. An old `Chain` may run even later, so what its
        messages use has to outlast the call: `Resource` does. A chain that is compiled and never used is not closed;
        open nothing before the first message.
        """

    def mask(self, text: str) -> str:
        """Return a text without the chain's secrets: for what is written to a log."""

    def require(self, kind: type[T]) -> T:
        """Return the engine's instance of a service, such as the script runtime.

        Raises:
            InternalError: The engine does not offer it.
        """
