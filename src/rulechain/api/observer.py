"""Watching runs and entries: for debugging, logs, traces and metrics. An observer changes nothing.

What an observer raises is logged. Secrets of a chain are masked in what it is told.
"""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple, Protocol, runtime_checkable

from rulechain.api.exchange import Inbound
from rulechain.api.run import TraceEvent
from rulechain.model import DataType, Message

_NS_PER_MS = 1_000_000


class NodeEvent(NamedTuple):
    """A message entered (`IN`) or left (`OUT`) a node."""

    chain_id: str
    node_id: str
    flow: str
    relation: str
    message: Message
    error: str | None


class RunSnapshot(NamedTuple):
    """A run that has ended: the chain it was on, as a document, and what each node did, in order.

    `logs` has one entry for each emission, those of nodes that others ran included; none in the mode `summary`.
    """

    chain: Mapping[str, Any]
    message_id: str
    start_ts: int
    end_ts: int
    logs: tuple[TraceEvent, ...]

    def dump(self) -> dict[str, Any]:
        """Return the snapshot in RuleGo's JSON form."""
        return {
            **self.chain,
            "id": self.message_id,
            "startTs": self.start_ts,
            "endTs": self.end_ts,
            "logs": [_dump_log(event) for event in self.logs],
        }


class Observer(Protocol):
    """Is told what happens in nodes whose debug mode is on."""

    def node_event(self, event: NodeEvent) -> None:
        """Take note of an event."""


@runtime_checkable
class RunObserver(Protocol):
    """Is told of runs that have ended, where the run log is on; one object may be both."""

    def run_completed(self, snapshot: RunSnapshot) -> None:
        """Take note of a run."""


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


def _dump_log(event: TraceEvent) -> dict[str, Any]:
    return {
        "nodeId": event.node_id,
        "inMsg": _dump_message(event.message_in),
        "outMsg": _dump_message(event.message),
        "relationType": event.relation,
        "err": event.error or "",
        "logItems": [],
        "startTs": (event.ended_ns - event.duration_ns) // _NS_PER_MS,
        "endTs": event.ended_ns // _NS_PER_MS,
    }


def _dump_message(message: Message) -> dict[str, Any]:
    binary = message.data_type == DataType.BINARY or isinstance(message.data, bytes)
    data = message.data if isinstance(message.data, bytes) else message.data.encode("utf-8", "surrogateescape")
    return {
        "ts": message.ts,
        "id": message.id,
        "dataType": message.data_type,
        "type": message.type,
        "data": data.hex() if binary else message.text,
        "metadata": dict(message.metadata),
    }
