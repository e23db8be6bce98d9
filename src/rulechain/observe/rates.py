"""From two scrapes of the metrics to what happens between them: rates, times and failures by endpoint, chain and node.

Takes the text of `/metrics`, of one worker or several; used by `rulechain top`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rulechain.model import FAILURE

_SAMPLE = re.compile(r"rulechain_(?P<name>\w+)\{(?P<labels>.*)\} (?P<value>\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")
# What every worker tells of the whole group; all else is to be added up.
_OF_THE_GROUP = frozenset({"lag_entries", "lag_seconds", "pending_entries", "oldest_pending_seconds"})

# Name, and label values by label.
_Key = tuple[str, tuple[tuple[str, str], ...]]
Reading = Mapping[_Key, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often something happened: since the process began, and in a second just now."""

    total: int
    per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRates:
    """What an endpoint is doing."""

    endpoint: str
    is_connected: bool
    in_flight: int
    lag: int | None
    lag_s: float | None
    pending: int
    read: Pace
    answered: Pace
    failed: Pace
    dead: Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRates:
    """What a chain is doing; the times are those of the runs just now, None where there were none."""

    chain: str
    runs: Pace
    failed: Pace
    median_s: float | None
    p99_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRates:
    """What a node is doing; `failures` are those that it emitted, handled or not."""

    chain: str
    node: str
    outcomes: Pace
    failures: Pace
    mean_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What a service is doing."""

    endpoints: tuple[EndpointRates, ...]
    chains: tuple[ChainRates, ...]
    nodes: tuple[NodeRates, ...]


def read_metrics(texts: Iterable[str]) -> Reading:
    """Return what the pages of some workers say together."""
    reading: dict[_Key, float] = {}
    for text in texts:
        for line in text.splitlines():
            found = _SAMPLE.match(line)
            if found is None:
                continue
            labels = tuple((name, _plain(value)) for name, value in _LABEL.findall(found["labels"]))
            key, value = (found["name"], labels), float(found["value"])
            before = reading.get(key)
            if before is None:
                reading[key] = value
            elif found["name"] == "connected":
                reading[key] = min(before, value)
            else:
                reading[key] = max(before, value) if found["name"] in _OF_THE_GROUP else before + value
    return reading


def rates(before: Reading, now: Reading, seconds: float) -> Rates:
    """Return what happened between two readings, so many seconds apart."""
    change = _Change(before, now, seconds)
    nodes = sorted({(labels["chain"], labels["node"]) for labels in change.labels_of("node_seconds_count")})
    # Chains that other chains run have nodes, but no runs of their own.
    chains = sorted({*change.values_of("chain_run_seconds_count", "chain"), *(chain for chain, _ in nodes)})
    return Rates(
        endpoints=tuple(map(change.endpoint, change.values_of("connected", "endpoint"))),
        chains=tuple(map(change.chain, chains)),
        nodes=tuple(change.node(*key) for key in nodes),
    )


class _Change:
    """Two readings."""

    def __init__(self, before: Reading, now: Reading, seconds: float) -> None:
        self._before = before
        self._now = now
        self._seconds = seconds

    def labels_of(self, name: str) -> list[dict[str, str]]:
        return [dict(labels) for known, labels in self._now if known == name]

    def values_of(self, name: str, label: str) -> list[str]:
        return sorted({labels[label] for labels in self.labels_of(name)})

    def endpoint(self, id_: str) -> EndpointRates:
        own = {"endpoint": id_}
        return EndpointRates(
            endpoint=id_,
            is_connected=self._sum("connected", own) > 0,
            in_flight=int(self._sum("in_flight", own)),
            lag=None if (lag := self._most("lag_entries", own, add=True)) is None else int(lag),
            lag_s=self._most("lag_seconds", own),
            pending=int(self._sum("pending_entries", own)),
            read=self._pace("read_total", own),
            answered=self._pace("answered_total", own),
            failed=self._pace("failed_total", own),
            dead=self._pace("dead_lettered_total", own),
        )

    def chain(self, id_: str) -> ChainRates:
        own = {"chain": id_}
        return ChainRates(
            chain=id_,
            runs=self._pace("chain_run_seconds_count", own),
            failed=self._pace("node_failures_total", own),
            median_s=self._quantile("chain_run_seconds_bucket", own, 0.5),
            p99_s=self._quantile("chain_run_seconds_bucket", own, 0.99),
        )

    def node(self, chain: str, node: str) -> NodeRates:
        own = {"chain": chain, "node": node}
        times = self._grown("node_seconds_count", own)
        return NodeRates(
            chain=chain,
            node=node,
            outcomes=self._pace("node_seconds_count", own),
            failures=self._pace("node_outcomes_total", {**own, "relation": FAILURE}),
            mean_s=self._grown("node_seconds_sum", own) / times if times else None,
        )

    def _values(self, name: str, own: Mapping[str, str], reading: Reading) -> list[float]:
        return [value for (known, labels), value in reading.items() if known == name and own.items() <= set(labels)]

    def _sum(self, name: str, own: Mapping[str, str]) -> float:
        return sum(self._values(name, own, self._now))

    def _most(self, name: str, own: Mapping[str, str], *, add: bool = False) -> float | None:
        values = self._values(name, own, self._now)
        return (sum(values) if add else max(values)) if values else None

    def _grown(self, name: str, own: Mapping[str, str]) -> float:
        now, before = self._sum(name, own), sum(self._values(name, own, self._before))
        # A process that was started anew counts from nothing.
        return now - before if now >= before else now

    def _pace(self, name: str, own: Mapping[str, str]) -> Pace:
        return Pace(total=int(self._sum(name, own)), per_s=self._grown(name, own) / self._seconds)

    def _quantile(self, name: str, own: Mapping[str, str], share: float) -> float | None:
        """Return the least bound that so great a share of the runs between the readings is not above."""
        bounds = sorted(
            {labels["le"] for labels in self.labels_of(name) if own.items() <= labels.items()},
            key=float,
        )
        grown = [(float(bound), self._grown(name, {**own, "le": bound})) for bound in bounds]
        if not grown or not grown[-1][1]:
            return None
        return next(bound for bound, count in grown if count >= share * grown[-1][1])


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], text)
