"""How long chains run for endpoints, by chain: an executor around another that takes the time."""

import time
from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import Any

from rulechain.api import ChainExecutor, ComponentCall, Histogram, Run
from rulechain.diagnostics import Location
from rulechain.model import Message

# Upper bounds in seconds: a chain that waits for nothing takes microseconds.
_BOUNDS = (
    *(0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1),
    *(0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
)
# Runs that follow each other more closely than this are not all timed: one stands for up to so many others.
_CLOSE_S = 0.001
_MOST_SKIPPED = 63


class RunTimes:
    """Run durations by chain. An engine that is given one has the runs of its endpoints timed."""

    def __init__(self) -> None:
        self._by_chain: dict[str, Histogram] = {}

    def around(self, executor: ChainExecutor) -> ChainExecutor:
        """Return an executor that runs chains as another one does, and takes the time here."""
        return _TimedExecutor(executor, self.add)

    def add(self, chain_id: str, seconds: float, times: int = 1) -> None:
        """Take note of a run, or of so many alike."""
        histogram = self._by_chain.get(chain_id)
        if histogram is None:
            histogram = self._by_chain[chain_id] = Histogram(_BOUNDS)
        histogram.add(seconds, times)

    def snapshot(self) -> dict[str, Histogram]:
        """Return the durations so far; later runs do not change them."""
        return {chain_id: histogram.copy() for chain_id, histogram in self._by_chain.items()}


class _TimedExecutor:
    """Implements `api.ChainExecutor`."""

    __slots__ = ("_add", "_execute", "_executor", "_last_s", "_left", "_skipped")

    def __init__(self, executor: ChainExecutor, add: Callable[[str, float, int], None]) -> None:
        self._executor = executor
        self._execute = executor.execute
        self._add = add
        # How many runs are not timed between two that are, how many of these are left, and when the last was timed.
        self._skipped = 0
        self._left = 0
        self._last_s = 0.0

    def execute(self, chain_id: str, message: Message, start: str | None = None) -> Run | Awaitable[Run]:
        """Run a message through a chain."""
        if left := self._left:
            self._left = left - 1
            return self._execute(chain_id, message, start)
        stands_for = self._skipped + 1
        began_s = time.perf_counter()
        is_close = began_s - self._last_s < _CLOSE_S * stands_for
        self._skipped = self._left = min(2 * self._skipped + 1, _MOST_SKIPPED) if is_close else 0
        self._last_s = began_s
        run = self._execute(chain_id, message, start)
        if not isinstance(run, Run):
            return _TimedRun(run, lambda: self._add(chain_id, time.perf_counter() - began_s, stands_for))
        self._add(chain_id, time.perf_counter() - began_s, stands_for)
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
