"""The place of one execution of a node in its run: `api.NodeContext`."""

from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

from rulechain.api import Run
from rulechain.model import Message
from rulechain.plan import PlannedNode


class Surroundings(Protocol):
    """The run around a node, as far as its context needs it."""

    @property
    def chain_id(self) -> str:
        """The chain that runs."""

    @property
    def values(self) -> Mapping[str, Any]:
        """What the caller of the run gave along."""

    def run_inside(self, caller: str, message: Message, node: str, chain: str, only: bool) -> Run | Awaitable[Run]:  # noqa: FBT001 - the context's keyword arguments, handed on
        """Run a message through another chain, or from another node on, for the node `caller`."""

    def leave(self, run: Awaitable[Run]) -> None:
        """Let a run go on by itself."""

    def count(self, characters: int) -> None:
        """Count a payload that a node puts together of several."""


class ExecutionContext:
    """What a node that asks for its context gets."""

    __slots__ = ("_around", "_node", "error", "from_id", "relation")

    def __init__(self, around: Surroundings, node: PlannedNode, from_id: str, relation: str, error: str | None) -> None:
        self._around = around
        self._node = node
        self.from_id = from_id
        self.relation = relation
        self.error = error

    @property
    def chain_id(self) -> str:
        """The chain that runs."""
        return self._around.chain_id

    @property
    def node_id(self) -> str:
        """The node that runs."""
        return self._node.id

    @property
    def values(self) -> Mapping[str, Any]:
        """What the caller of the run gave along."""
        return self._around.values

    def run(self, message: Message, *, node: str = "", chain: str = "", only: bool = False) -> Run | Awaitable[Run]:
        """Run a message through another chain, or from another node on."""
        return self._around.run_inside(self._node.id, message, node, chain, only)

    def leave(self, run: Awaitable[Run]) -> None:
        """Let a run go on by itself."""
        self._around.leave(run)

    def count(self, characters: int) -> None:
        """Count a payload that the node puts together of several."""
        self._around.count(characters)
