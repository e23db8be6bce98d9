"""Failed entries that wait for their next try: pauses that grow from one delivery to the next, and who is due."""

import asyncio
import contextlib
import heapq
import itertools
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from rulechain.endpoints.redis_stream.held import Entry

_FACTOR = 2.0
# Of the full pause, at least this share; entries that failed together must not come back together.
_LEAST_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses between tries, in seconds: the first, doubled each time, up to the longest."""

    first_s: float
    longest_s: float

    def pause_s(self, delivery_count: int) -> float:
        """Return how long to wait after a failed delivery, with some chance in it."""
        # Far beyond any real count, and far below what a float holds.
        doublings = min(delivery_count - 1, 60)
        full_s = min(self.first_s * _FACTOR**doublings, self.longest_s)
        return full_s * random.uniform(_LEAST_SHARE, 1.0)  # noqa: S311 - no secret


class Retries:
    """The entries that wait, the one that is due first in front."""

    def __init__(self, backoff: Backoff, clock: Callable[[], float] = time.monotonic) -> None:
        self._backoff = backoff
        self._clock = clock
        self._numbers = itertools.count()
        self._heap: list[tuple[float, int, Entry]] = []
        self._is_closed = False
        self._has_news = asyncio.Event()

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, entry: Entry, least_s: float = 0.0) -> None:
        """Have an entry wait for its next try, for some seconds at least."""
        due = self._clock() + max(self._backoff.pause_s(entry.delivery_count), least_s)
        heapq.heappush(self._heap, (due, next(self._numbers), entry))
        self._has_news.set()

    def take_due(self, most: int) -> list[Entry]:
        """Return those whose time has come, up to a number of entries; they wait no longer."""
        now = self._clock()
        due: list[Entry] = []
        while self._heap and len(due) < most and self._heap[0][0] <= now:
            due.append(heapq.heappop(self._heap)[2])
        return due

    async def wait(self) -> None:
        """Wait until one is due, or `close` is called."""
        while not self._is_closed and (not self._heap or self._heap[0][0] > self._clock()):
            self._has_news.clear()
            left_s = self._heap[0][0] - self._clock() if self._heap else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._has_news.wait()

    def close(self) -> None:
        """Let go whoever waits here; there will be no next try."""
        self._is_closed = True
        self._has_news.set()
