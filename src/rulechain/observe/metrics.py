"""The metrics: what each is called and means, when to be alarmed, and how it is read off a snapshot.

`METRICS` is a value and all there is: `prometheus.py` exposes it, `docs/observability.md` lists it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from rulechain.api import ConnectionState, EndpointStatus, Histogram, StreamStatus
from rulechain.observe.runs import NodeKey, NodeTimes

_PREFIX = "rulechain_"


class Kind(StrEnum):
    """Prometheus's kinds of metrics."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything there is to expose at one moment."""

    endpoints: Sequence[EndpointStatus]
    # How long runs took, by chain.
    runs: Mapping[str, Histogram] = field(default_factory=dict)
    # What their nodes did.
    nodes: Mapping[NodeKey, NodeTimes] = field(default_factory=dict)


class Sample(NamedTuple):
    """One value of a metric, and those of its labels."""

    labels: tuple[str, ...]
    value: float | Histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric; `alert` says when somebody should be called, empty for one that only explains others."""

    name: str
    kind: Kind
    meaning: str
    alert: str
    labels: tuple[str, ...]
    read: Callable[[Snapshot], Iterable[Sample]]


def _of_endpoint(
    name: str, kind: Kind, meaning: str, read: Callable[[EndpointStatus], float | Histogram | None], alert: str = ""
) -> Metric:
    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        for status in snapshot.endpoints:
            if (value := read(status)) is not None:
                yield Sample((status.endpoint_id,), value)

    return Metric(name=_PREFIX + name, kind=kind, meaning=meaning, alert=alert, labels=("endpoint",), read=samples)


def _of_stream(name: str, meaning: str, read: Callable[[StreamStatus], float | None], alert: str = "") -> Metric:
    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        for status in snapshot.endpoints:
            for stream in status.streams:
                if (value := read(stream)) is not None:
                    yield Sample((status.endpoint_id, stream.stream), value)

    labels = ("endpoint", "stream")
    return Metric(name=_PREFIX + name, kind=Kind.GAUGE, meaning=meaning, alert=alert, labels=labels, read=samples)


def _node_failures(snapshot: Snapshot) -> Iterator[Sample]:
    for status in snapshot.endpoints:
        for (chain_id, node_id), count in status.measures.node_failures.items():
            yield Sample((status.endpoint_id, chain_id, node_id), count)


def _runs(snapshot: Snapshot) -> Iterator[Sample]:
    for chain_id, histogram in snapshot.runs.items():
        yield Sample((chain_id,), histogram)


def _node_seconds(snapshot: Snapshot) -> Iterator[Sample]:
    for key, node in snapshot.nodes.items():
        # One bucket: a chain may have many nodes.
        whole = Histogram(())
        whole.counts[0], whole.total = node.count, node.seconds
        yield Sample(key, whole)


def _node_outcomes(snapshot: Snapshot) -> Iterator[Sample]:
    for key, node in snapshot.nodes.items():
        for relation, count in node.by_relation.items():
            yield Sample((*key, relation), count)


METRICS: tuple[Metric, ...] = (
    _of_endpoint(
        "connected",
        Kind.GAUGE,
        "1 while the endpoint is connected to its server, else 0.",
        lambda status: float(status.state is ConnectionState.CONNECTED),
        "0 for more than a minute",
    ),
    _of_endpoint(
        "silence_seconds",
        Kind.GAUGE,
        "How long ago the server last answered a read or a commit.",
        lambda status: status.silence_s,
        "above a minute: the reader is stuck, or every slot is held by chains that wait",
    ),
    _of_stream(
        "lag_entries",
        "Entries that no consumer of the group was given yet; an upper bound where the server cannot tell exactly.",
        lambda stream: stream.lag,
        "grows for ten minutes",
    ),
    _of_stream(
        "lag_seconds",
        "The age of the oldest entry that no consumer of the group was given yet.",
        lambda stream: stream.lag_s,
        "above what your users may wait",
    ),
    _of_stream(
        "pending_entries",
        "Entries of the whole group that are delivered and not acknowledged.",
        lambda stream: stream.pending,
    ),
    _of_stream(
        "oldest_pending_seconds",
        "The age of the oldest pending entry, from its ID; 0 if none is pending.",
        lambda stream: 0.0 if not stream.pending else stream.oldest_pending_s,
        "above ten times `claimIdle`, unless chains wait that long",
    ),
    _of_stream(
        "stream_fault",
        "1 while the stream cannot be read, as when the user may not; the log and the status say why.",
        lambda stream: float(bool(stream.fault)),
        "1",
    ),
    _of_endpoint(
        "in_flight",
        Kind.GAUGE,
        "Entries that this process holds: waiting, running, or not yet settled.",
        lambda status: status.in_flight,
        "stays at `concurrency` while `lag_seconds` grows: the chains are too slow, or there are too few workers",
    ),
    _of_endpoint(
        "waiting_for_retry",
        Kind.GAUGE,
        "Of these, entries whose last try failed and that wait for the next one.",
        lambda status: status.waiting,
    ),
    _of_endpoint("read_total", Kind.COUNTER, "Entries read, claimed ones included.", lambda status: status.counts.read),
    _of_endpoint(
        "redelivered_total",
        Kind.COUNTER,
        "Entries that had been delivered before: after a failure, a crash or a claim.",
        lambda status: status.counts.retried,
    ),
    _of_endpoint(
        "claimed_total",
        Kind.COUNTER,
        "Entries taken over from consumers that gave no sign of life.",
        lambda status: status.counts.claimed,
        "rises although no worker was stopped: workers die, or are too busy to keep their entries alive",
    ),
    _of_endpoint(
        "delivery_count",
        Kind.HISTOGRAM,
        "The delivery counts that entries came with; 1 is the first time.",
        lambda status: status.measures.deliveries,
    ),
    _of_endpoint(
        "committed_total",
        Kind.COUNTER,
        "Entries settled for good, in whatever way.",
        lambda status: status.measures.committed,
        "stands still while `lag_entries` is above 0",
    ),
    _of_endpoint(
        "answered_total",
        Kind.COUNTER,
        "Entries that ended well, with responses or without.",
        lambda status: status.counts.answered,
    ),
    _of_endpoint("responses_total", Kind.COUNTER, "Responses written.", lambda status: status.counts.responses),
    _of_endpoint(
        "filtered_total",
        Kind.COUNTER,
        "Entries that ended on purpose without a run or an end.",
        lambda status: status.counts.filtered,
    ),
    _of_endpoint(
        "failed_total",
        Kind.COUNTER,
        "Tries that ended in an unhandled failure, or whose response could not be written.",
        lambda status: status.counts.failed,
        "its rate is above the share of `read_total` that you accept",
    ),
    _of_endpoint(
        "retried_total",
        Kind.COUNTER,
        "Failed tries that are followed by another.",
        lambda status: status.measures.retries,
    ),
    _of_endpoint(
        "dead_lettered_total",
        Kind.COUNTER,
        "Entries set aside in a dead-letter stream.",
        lambda status: status.counts.dead,
        "rises: look at them with `rulechain dead list`",
    ),
    _of_endpoint(
        "refused_total",
        Kind.COUNTER,
        "Of these, entries that no router takes, or that are no messages.",
        lambda status: status.measures.refused,
        "rises: a producer writes what nobody expects",
    ),
    _of_endpoint(
        "vanished_total",
        Kind.COUNTER,
        "Entries that somebody deleted while they were pending.",
        lambda status: status.counts.vanished,
        "rises: something trims the stream before its entries are processed",
    ),
    _of_endpoint(
        "superseded_total",
        Kind.COUNTER,
        "Entries finished here and settled already by another consumer: work done twice, answered once.",
        lambda status: status.counts.superseded,
        "rises steadily: raise `claimIdle`",
    ),
    _of_endpoint(
        "handed_back_total",
        Kind.COUNTER,
        "Entries left to other consumers on stopping.",
        lambda status: status.counts.handed_back,
    ),
    _of_endpoint(
        "groups_recreated_total",
        Kind.COUNTER,
        "Times that a consumer group had vanished and was made again; entries may have been processed twice.",
        lambda status: status.counts.recreated_groups,
        "rises: the server lost data, or somebody deletes groups",
    ),
    Metric(
        name=f"{_PREFIX}node_failures_total",
        kind=Kind.COUNTER,
        meaning="Tries that failed at a node without a connection that handles it.",
        alert="",
        labels=("endpoint", "chain", "node"),
        read=_node_failures,
    ),
    _of_endpoint(
        "commit_seconds",
        Kind.HISTOGRAM,
        "From sending a commit to its reply.",
        lambda status: status.measures.commit_s,
        "its 99th percentile is above a second: the server is overloaded, or far away",
    ),
    _of_endpoint(
        "end_to_end_seconds",
        Kind.HISTOGRAM,
        "From an entry's ID to the reply of the commit that settled it; server and worker need the same time of day.",
        lambda status: status.measures.end_to_end_s,
        "its 99th percentile is above what your users may wait",
    ),
    Metric(
        name=f"{_PREFIX}chain_run_seconds",
        kind=Kind.HISTOGRAM,
        meaning="How long a chain ran, waiting included; under load one run stands for up to 63 others.",
        alert="",
        labels=("chain",),
        read=_runs,
    ),
    Metric(
        name=f"{_PREFIX}node_seconds",
        kind=Kind.HISTOGRAM,
        meaning="How long a node took for what it emitted, waiting included; counted as `chain_run_seconds` is.",
        alert="",
        labels=("chain", "node"),
        read=_node_seconds,
    ),
    Metric(
        name=f"{_PREFIX}node_outcomes_total",
        kind=Kind.COUNTER,
        meaning="How often a node emitted a relation; counted as `chain_run_seconds` is.",
        alert="the share of `Failure` is above what you accept, where the chain handles it",
        labels=("chain", "node", "relation"),
        read=_node_outcomes,
    ),
)
