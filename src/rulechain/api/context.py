"""What a node that needs more than its message may ask for."""

from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

from rulechain.api.run import Run
from rulechain.model import Message


class NodeContext(Protocol):
    """The place of one execution of a node in its run."""

    @property
    def chain_id(self) -> str:
        """The chain that runs."""

    @property
    def node_id(self) -> str:
        """The node that runs."""

    @property
    def from_id(self) -> str:
        """The node whose outcome led here; the node itself for a first node, as in RuleGo."""

    @property
    def relation(self) -> str:
        """The relation that led here, `""` for a first node."""

    @property
    def error(self) -> str | None:
        """The error of the outcome that led here."""

    @property
    def values(self) -> Mapping[str, Any]:
        """What the caller of the run gave along: `chain.run(message, values={…})`."""

    def run(self, message: Message, *, node: str = "", chain: str = "", only: bool = False) -> Run | Awaitable[Run]:
        """Run a message through another chain, or from another node on.

        A run on the same chain shares this run's node outputs. It has ended when every branch of it has; its ends are
        in the order in which they came, its failures are the caller's to handle.

        Args:
            message: What enters.
            node: The node to begin at; without it, the chain's first node.
            chain: The chain's id or alias; without it, this chain.
            only: Run the one node alone.

        Returns:
            The finished run; or, when a node suspends, an awaitable of it, to be awaited once or closed. What does not
            exist is a run that failed and has not `begun`.
        """

    def leave(self, run: Awaitable[Run]) -> None:
        """Let a run that `run` gave go on by itself: the run around it ends when it has, whatever comes of it.

        It counts as fifty steps of the run around it, so that the limit on those bounds how many there are.
        """

    def count(self, characters: int) -> None:
        """Count the length of a payload that the node puts together of several.

        Each 250 characters are a step of the run, so that the limit on those bounds it: what nodes put together again
        and again may double in length each time.
        """
