"""How long chains and their nodes take for endpoints: an executor around another that takes the time.

Runs that are timed are traced as well. What the trace says of each node is added up, and shown to those who look.
"""

import time
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rulechain.api import ChainExecutor, ComponentCall, Histogram, Run, TraceEvent
from rulechain.diagnostics import Location
from rulechain.model import Message
from rulechain.observe.taps import Taps

# Upper bounds in seconds: a chain that waits for nothing takes microseconds.
_BOUNDS = (
    *(0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1),
    *(0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
)
# Runs that follow each other more closely than this are not all timed: one stands for up to so many others.
_CLOSE_S = 0.001
_MOST_SKIPPED = 63


# Runs a message through a chain, from a node or from the first one on, and adds what each node does to a trace.
ExecuteTraced = Callable[[str, Message, str | None, list[TraceEvent]], Run | Awaitable[Run]]
# Chain and node.
NodeKey = tuple[str, str]


@dataclass(slots=True)
class NodeTimes:
    """What a node has done: how often it emitted each relation, and the seconds that this took altogether."""

    seconds: float = 0.0
    by_relation: dict[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How often it emitted anything."""
        return sum(self.by_relation.values())


class RunTimes:
    """Durations by chain and by node. An engine that is given one has the runs of its endpoints timed."""

    def __init__(self) -> None:
        self._by_chain: dict[str, Histogram] = {}
        self._by_node: dict[NodeKey, NodeTimes] = {}
        # Who looks at messages: as long as anybody does, every run is traced.
        self.taps = Taps()

    def around(self, executor: ChainExecutor, traced: ExecuteTraced | None = None) -> ChainExecutor:
        """Return an executor that runs chains as another one does, and takes the time here.

        Args:
            executor: The other one.
            traced: Runs a chain as it does, traced; without it nodes are not timed.
        """

        def untraced(chain_id: str, message: Message, start: str | None, _: object) -> Run | Awaitable[Run]:
            return executor.execute(chain_id, message, start)

        return _TimedExecutor(executor, traced or untraced, self)

    def add(self, chain_id: str, seconds: float, times: int = 1) -> None:
        """Take note of a run, or of so many alike."""
        histogram = self._by_chain.get(chain_id)
        if histogram is None:
            histogram = self._by_chain[chain_id] = Histogram(_BOUNDS)
        histogram.add(seconds, times)

    def add_node(self, event: TraceEvent, times: int = 1) -> None:
        """Take note of what a node did, once or so many times alike, and show it to those who look."""
        key = event.chain_id, event.node_id
        node = self._by_node.get(key)
        if node is None:
            node = self._by_node[key] = NodeTimes()
        node.seconds += event.duration_ns / 1e9 * times
        node.by_relation[event.relation] = node.by_relation.get(event.relation, 0) + times
        if self.taps.are_open:
            self.taps.offer(event)

    def snapshot(self) -> dict[str, Histogram]:
        """Return the durations so far; later runs do not change them."""
        return {chain_id: histogram.copy() for chain_id, histogram in self._by_chain.items()}

    def nodes(self) -> dict[NodeKey, NodeTimes]:
        """Return what each node has done so far; later runs do not change it."""
        return {key: NodeTimes(node.seconds, dict(node.by_relation)) for key, node in self._by_node.items()}


class _Passing(list[TraceEvent]):
    """The trace of a run that keeps nothing: what nodes do is noted as they do it, were it a million times."""

    def __init__(self, times: RunTimes, stands_for: int) -> None:
        super().__init__()
        self._times = times
        self._stands_for = stands_for

    def append(self, event: TraceEvent) -> None:
        self._times.add_node(event, self._stands_for)

    def extend(self, events: Iterable[TraceEvent]) -> None:
        for event in events:
            self.append(event)


class _TimedExecutor:
    """Implements `api.ChainExecutor`."""

    __slots__ = ("_execute", "_executor", "_last_s", "_left", "_skipped", "_taps", "_times", "_traced")

    def __init__(self, executor: ChainExecutor, traced: ExecuteTraced, times: RunTimes) -> None:
        self._executor = executor
        self._execute = executor.execute
        self._traced = traced
        self._times = times
        self._taps = times.taps
        # How many runs are not timed between two that are, how many of these are left, and when the last was timed.
        self._skipped = 0
        self._left = 0
        self._last_s = 0.0

    def execute(self, chain_id: str, message: Message, start: str | None = None) -> Run | Awaitable[Run]:
        """Run a message through a chain."""
        if (left := self._left) and not self._taps.are_open:
            self._left = left - 1
            return self._execute(chain_id, message, start)
        stands_for = self._skipped + 1
        began_s = time.perf_counter()
        if left:
            # Somebody has begun to look: the runs that were to be skipped are not, so this one stands for fewer.
            stands_for -= left
        is_close = not self._taps.are_open and began_s - self._last_s < _CLOSE_S * stands_for
        self._skipped = self._left = min(2 * self._skipped + 1, _MOST_SKIPPED) if is_close else 0
        self._last_s = began_s
        add = self._times.add
        run = self._traced(chain_id, message, start, _Passing(self._times, stands_for))
        if not isinstance(run, Run):
            return _TimedRun(run, lambda: add(chain_id, time.perf_counter() - began_s, stands_for))
        add(chain_id, time.perf_counter() - began_s, stands_for)
        return run

    def component(self, type_: str, configuration: Mapping[str, Any], location: Location) -> ComponentCall:
        """Compile a single component."""
        return self._executor.component(type_, configuration, location)


class _TimedRun(Awaitable[Run]):
    """A run that suspended: await it once, or close it."""

    __slots__ = ("_ended", "_run")

    def __init__(self, run: Awaitable[Run], ended: Callable[[], None]) -> None:
        self._run = run
        self._ended = ended

    def __await__(self) -> Generator[Any, None, Run]:
        run = yield from self._run.__await__()
        self._ended()
        return run

    def close(self) -> None:
        """Give the run up."""
        if (close := getattr(self._run, "close", None)) is not None:
            close()
