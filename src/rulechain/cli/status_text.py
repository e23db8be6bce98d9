"""How an endpoint is doing: whole, for people, and as JSON."""

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

from rulechain.api import EndpointStatus, Histogram, StreamStatus
from rulechain.values import format_duration

_SHARES = {"p50": 0.5, "p99": 0.99}


def render_status(status: EndpointStatus) -> str:
    """Return everything a status says, for people."""
    where = f" ({status.server})" if status.server else ""
    facts = [f"  {name:<13}{text}" for name, text in _facts(status) if text]
    return "\n".join([f"{status.endpoint_id}: {status.state}{where}", *facts])


def dump_status(status: EndpointStatus) -> dict[str, Any]:
    """Return everything a status says, as JSON has it."""
    measures = status.measures
    return {
        "endpoint": status.endpoint_id,
        "state": str(status.state),
        "message": status.message,
        "server": status.server,
        "inFlight": status.in_flight,
        "waiting": status.waiting,
        **{_camel_case(name): count for name, count in dataclasses.asdict(status.counts).items()},
        "committed": measures.committed,
        "retries": measures.retries,
        "refused": measures.refused,
        "atLeastOnce": list(status.at_least_once),
        "silenceSeconds": status.silence_s,
        "streams": [
            {_camel_case(name): value for name, value in dataclasses.asdict(stream).items()}
            for stream in status.streams
        ],
        "deliveries": _dump_counts(measures.deliveries),
        "commitSeconds": _dump_times(measures.commit_s),
        "endToEndSeconds": _dump_times(measures.end_to_end_s),
        "nodeFailures": [
            {"chain": chain, "node": node, "count": count} for (chain, node), count in measures.node_failures.items()
        ],
    }


def _facts(status: EndpointStatus) -> Iterator[tuple[str, str]]:
    measures = status.measures
    yield "waits for", status.message
    counts = {**dataclasses.asdict(status.counts), "retries": measures.retries, "refused": measures.refused}
    yield "entries", ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items() if count)
    yield "in flight", f"{status.in_flight:,}, of them {status.waiting:,} waiting for their next try"
    for stream in status.streams:
        yield "stream", _render_stream(stream)
    delivered = _dump_counts(measures.deliveries).items()
    yield "delivered", ", ".join(f"{count:,} for the time {bound}" for bound, count in delivered)
    yield "commits", _render_times(measures.commit_s)
    yield "end to end", _render_times(measures.end_to_end_s)
    for (chain, node), count in measures.node_failures.items():
        yield "failures", f"{count:,} at node {node} of chain {chain}"
    yield "at least once", ", ".join(status.at_least_once)
    yield "last reply", "" if status.silence_s is None else f"{format_duration(status.silence_s)} ago"


def _render_stream(stream: StreamStatus) -> str:
    if stream.fault:
        return f"{stream.stream}: {stream.fault}"
    lag = f"lag {'' if stream.lag_is_exact else 'up to '}{stream.lag:,}"
    behind = f" ({format_duration(stream.lag_s)})" if stream.lag and stream.lag_s is not None else ""
    oldest = f" (oldest {format_duration(stream.oldest_pending_s)})" if stream.oldest_pending_s is not None else ""
    return f"{stream.stream}: {lag}{behind}, {stream.pending:,} pending{oldest}"


def _render_times(histogram: Histogram) -> str:
    times = {name: histogram.quantile(share) for name, share in _SHARES.items()}
    return ", ".join(
        f"{name} {f'up to {format_duration(bound)}' if bound != float('inf') else 'beyond all bounds'}"
        for name, bound in times.items()
        if bound is not None
    )


def _dump_times(histogram: Histogram) -> dict[str, float | None]:
    """Return the mean, and upper bounds of the median and of all but a hundredth; None where there is no bound."""
    bounds = {name: histogram.quantile(share) for name, share in _SHARES.items()}
    mean = histogram.total / histogram.count if histogram.count else None
    return {"mean": mean} | {name: None if bound == float("inf") else bound for name, bound in bounds.items()}


def _dump_counts(histogram: Histogram) -> dict[str, int]:
    names = [*(f"{bound:g}" for bound in histogram.bounds), f"{histogram.bounds[-1]:g}+"]
    return {name: count for name, count in zip(names, histogram.counts, strict=True) if count}


def _camel_case(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)
