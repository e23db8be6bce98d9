"""Watching runs and entries: for debugging, logs, traces and metrics. An observer changes nothing."""

from types import TracebackType
from typing import NamedTuple, Protocol

from rulechain.api.exchange import Inbound
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


class EntryEnd(NamedTuple):
    """How an entry's way through its router ended; `reason` is that of a failure, `node_id` the node that failed."""

    result: str
    responses: int
    chain_id: str
    node_id: str
    reason: str


class EntrySpan(Protocol):
    """One entry's way through its router. While it is entered, what is done counts as part of it."""

    @property
    def traceparent(self) -> str:
        """What responses and dead letters carry, in the form of W3C Trace Context; empty for none."""

    def __enter__(self) -> None:
        """Begin, or go on after a wait."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Pause."""

    def end(self, ended: EntryEnd) -> None:
        """Take note of the end."""


class EntryTracer(Protocol):
    """Follows each entry of an endpoint; unlike an observer it may not raise."""

    def begin(self, inbound: Inbound, router_id: str) -> EntrySpan:
        """Return the span of an entry that a router has taken."""
