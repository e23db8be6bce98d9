"""Watching runs: for debugging, logs, traces and metrics. An observer changes nothing."""

from typing import NamedTuple, Protocol

from rulechain.model import Message


class NodeEvent(NamedTuple):
    """A message entered (`IN`) or left (`OUT`) a node, or the node logged a line (`LOG`)."""

    chain_id: str
    node_id: str
    flow: str
    relation: str
    message: Message
    error: str | None


class Observer(Protocol):
    """Is told what happens; what it raises is reported and changes nothing."""

    def node_event(self, event: NodeEvent) -> None:
        """Take note of an event of a node whose debug mode is on."""
