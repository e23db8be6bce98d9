"""Entries that are delivered and not settled: a consumer's own backlog, those of dead consumers, and failed ones.

All of it goes over the side link, since the hot one may be blocked in a read.
"""

import asyncio
import contextlib
import random
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rulechain.endpoints.redis_stream.commands import FIRST_CURSOR, GroupCommands, Wanted
from rulechain.endpoints.redis_stream.held import Entry, Source
from rulechain.endpoints.redis_stream.settings import RedisStreamSettings
from rulechain.endpoints.redis_stream.work import Workload

if TYPE_CHECKING:
    from rulechain.connections.link import Link

# Claims are made this often in the time after which an entry may be claimed, but at least every so many seconds: what a
# stopping consumer hands back is then taken up soon.
_CLAIMS_PER_IDLE = 4
_LONGEST_PAUSE_S = 5.0


class Recovery:
    """Takes pending entries, for one session."""

    def __init__(
        self,
        link: "Link",
        group: GroupCommands,
        sources: Iterable[Source],
        work: Workload,
        settings: RedisStreamSettings,
    ) -> None:
        self._link = link
        self._group = group
        self._sources = tuple(sources)
        self._work = work
        self._batch_size = settings.batch_size
        self._idle_ms = int(settings.claim_idle * 1000)
        self._pause_s = min(settings.claim_idle / _CLAIMS_PER_IDLE, _LONGEST_PAUSE_S)
        self._stopped = asyncio.Event()
        # Whether the last claims have left an entry because it must be taken alone, and another one was.
        self._has_left_one = False
        # Set when this consumer's own backlog has been taken: new entries come behind it.
        self.has_backlog = asyncio.Event()

    def stop(self) -> None:
        """Take no more entries: a consumer that stops leaves them to those that go on."""
        self._stopped.set()
        self._work.retries.close()

    async def run(self) -> None:
        """Take what is pending for this consumer, then what others have left idle for too long, again and again."""
        for source in self._readable():
            await self._take(source, FIRST_CURSOR, None)
        self.has_backlog.set()
        while not self._stopped.is_set():
            self._has_left_one = False
            for source in self._readable():
                source.claim_cursor = await self._take(source, source.claim_cursor, self._idle_ms)
            # Consumers that started together must not go on claiming at the same moments.
            pause_s = self._pause_s * random.uniform(0.8, 1.0)  # noqa: S311 - no secret
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._next_turn()

    async def retry(self) -> None:
        """Take failed entries again as their pauses end."""
        work = self._work
        while True:
            await work.retries.wait()
            await work.changes.until(lambda: self._stopped.is_set() or work.room_again(self._batch_size))
            if self._stopped.is_set():
                return
            due = work.retries.take_due(work.room_again(self._batch_size))
            for entry in due:
                if entry.source.fault:
                    work.retries.add(entry, self._pause_s)
            await self._take_again([entry for entry in due if not entry.source.fault])

    def _readable(self) -> list[Source]:
        return [source for source in self._sources if not source.fault]

    async def _take(self, source: Source, cursor: bytes, idle_ms: int | None) -> bytes:
        """Take pending entries from a cursor to the end, as there is room for them; return where to go on."""
        work = self._work
        while True:
            if idle_ms is None:
                await work.changes.until(lambda: self._stopped.is_set() or work.room(self._batch_size))
            room = work.room(self._batch_size)
            if self._stopped.is_set() or not room:
                return cursor
            wanted = Wanted(cursor, room, idle_ms, work.takes_alone, source.held)
            claimed = await self._group.claim(self._link, source.stream, wanted)
            cursor = claimed.cursor
            self._has_left_one |= claimed.has_left_one
            taken = work.take_pending(source, claimed.deliveries)
            if idle_ms is not None:
                work.tally.counts.claimed += taken
            if cursor == FIRST_CURSOR:
                return cursor

    async def _next_turn(self) -> None:
        """Wait for the end, or until an entry that was left because it must be taken alone may be taken."""
        if self._has_left_one:
            await self._work.changes.until(lambda: self._stopped.is_set() or self._work.takes_alone)
        else:
            await self._stopped.wait()

    async def _take_again(self, entries: list[Entry]) -> None:
        try:
            deliveries = await self._group.claim_again(
                self._link, [(entry.source.stream, entry.id) for entry in entries]
            )
        except BaseException:
            for entry in entries:
                self._work.retries.add(entry)
            raise
        for entry, delivery in zip(entries, deliveries, strict=True):
            self._work.take_again(entry, delivery)
