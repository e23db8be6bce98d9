"""What a node that needs more than its message may ask for."""

from typing import Protocol


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
