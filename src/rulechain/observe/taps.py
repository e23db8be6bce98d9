"""Looks at messages as they pass: each sees a few a second, and is told how many it did not see.

A tap is bounded in what it keeps and in what it shows, so that looking can neither fill the memory nor slow down work
that is many times as fast as anybody reads.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from rulechain.api import TraceEvent
from rulechain.model import FAILURE

_MOST_KEPT = 1000
_MOST_OPEN = 8


class Seen(NamedTuple):
    """What passed since the last look, and how many messages more of the same kind did."""

    events: list[TraceEvent]
    dropped: int


class Tap:
    """One who looks.

    Args:
        chain: The chains to look at, by a pattern such as `order*`.
        node: The nodes, likewise.
        per_second: The most messages a second; what comes beyond is dropped and counted.
        failures_only: Look at failures alone, handled or not.
        clock: Seconds that go on evenly.
    """

    def __init__(
        self,
        chain: str = "*",
        node: str = "*",
        per_second: float = 10.0,
        *,
        failures_only: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._chain = chain
        self._node = node
        self._failures_only = failures_only
        self._per_second = per_second
        self._clock = clock
        # How many messages may be kept now: it grows with time, up to what one second allows.
        self._allowance = self._burst = max(1.0, per_second)
        self._filled_s = clock()
        self._kept: deque[TraceEvent] = deque()
        self._dropped = 0
        self._came = asyncio.Event()

    def offer(self, event: TraceEvent) -> None:
        """Keep what this one looks for, as far as it may."""
        if not self._wants(event):
            return
        now = self._clock()
        self._allowance = min(self._burst, self._allowance + (now - self._filled_s) * self._per_second)
        self._filled_s = now
        if self._allowance < 1 or len(self._kept) >= _MOST_KEPT:
            self._dropped += 1
        else:
            self._allowance -= 1
            self._kept.append(event)
        self._came.set()

    def _wants(self, event: TraceEvent) -> bool:
        if self._failures_only and event.relation != FAILURE and event.error is None:
            return False
        return fnmatchcase(event.chain_id, self._chain) and fnmatchcase(event.node_id, self._node)

    async def look(self, patience_s: float) -> Seen:
        """Return what has passed since the last look; wait for so long where that is nothing."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self._came.wait()
        seen = Seen(list(self._kept), self._dropped)
        self._kept.clear()
        self._dropped = 0
        self._came.clear()
        return seen


class Taps:
    """All who look at the moment."""

    def __init__(self) -> None:
        self._open: list[Tap] = []
        # A plain attribute: it is asked for each run.
        self.are_open = False

    @property
    def are_full(self) -> bool:
        """Whether so many look that there should not be one more."""
        return len(self._open) >= _MOST_OPEN

    @contextlib.contextmanager
    def open(self, tap: Tap) -> Iterator[None]:
        """Let one more look while the block runs."""
        self._open.append(tap)
        self.are_open = True
        try:
            yield
        finally:
            self._open.remove(tap)
            self.are_open = bool(self._open)

    def offer(self, event: TraceEvent) -> None:
        """Show all what a node did."""
        for tap in self._open:
            tap.offer(event)
