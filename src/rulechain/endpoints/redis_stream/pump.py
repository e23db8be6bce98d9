"""The hot lane of a consumer: one link that reads, and settles what was worked on at once.

    batches come in full     ask for the next ─ work ─ commit this one ─ take the next
    a batch was not full     work ─ commit and a waiting read in one write ─ take what comes

So under load the server reads and commits while chains run here, and at light load an entry is settled at once.
"""

import time
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rulechain.connections.errors import ReplyError
from rulechain.connections.wire import pack
from rulechain.endpoints.redis_stream.commands import GroupCommands, entries, unsettled
from rulechain.endpoints.redis_stream.elsewhere import Elsewhere
from rulechain.endpoints.redis_stream.held import Entry, Source
from rulechain.endpoints.redis_stream.settings import RedisStreamSettings
from rulechain.endpoints.redis_stream.upkeep import Upkeep
from rulechain.endpoints.redis_stream.work import Workload

if TYPE_CHECKING:
    from rulechain.connections.link import Link

# What a reply may take beyond the time that a read waits.
_GRACE_S = 5.0


class Pump:
    """Reads and settles over one link until it is told to stop, or the link breaks."""

    def __init__(
        self,
        link: "Link",
        group: GroupCommands,
        sources: Iterable[Source],
        work: Workload,
        upkeep: Upkeep,
        settings: RedisStreamSettings,
    ) -> None:
        self._link = link
        self._group = group
        self._sources = {source.stream.encode(): source for source in sources}
        self._work = work
        self._upkeep = upkeep
        self._batch_size = settings.batch_size
        self._block_ms = max(1, int(settings.block * 1000))
        self._patience_s = settings.block + _GRACE_S
        # What replies are due, in order: the batch of a commit, or None for a read.
        self._due: deque[list[Entry] | None] = deque()
        # When the commits among them were sent.
        self._sent_s: deque[float] = deque()
        self._asked = 0
        self._stopping = False
        self.has_read = False

    @property
    def is_reading(self) -> bool:
        """Whether a read is under way, which may be waiting for entries."""
        return None in self._due

    def stop(self) -> None:
        """Read no more; `run` returns when what was read is settled or runs on."""
        self._stopping = True

    async def run(self) -> None:
        """Read and settle.

        Raises:
            EndpointUnavailableError: The link broke. What was to be settled is left to the next session.
            ReplyError: The server refuses to let us read; NoGroupError where a group has vanished.
        """
        work = self._work
        was_full = False
        try:
            while True:
                if was_full and not self.is_reading:
                    await self._send([], wait=False)
                finished = work.run()
                reads = not (self.is_reading or work.can_start)
                await self._send(finished, wait=True, read=reads)
                if work.can_start:
                    await work.changes.until(_always)
                elif self._due:
                    was_full = await self._receive()
                elif self._stopping and work.is_started:
                    return
                else:
                    await work.changes.until(self._can_go_on)
        finally:
            for batch in filter(None, self._due):
                work.late.add(batch)

    def _can_go_on(self) -> bool:
        return self._work.can_start or (self._work.is_started if self._stopping else self._room() > 0)

    async def _send(self, finished: list[Entry], *, wait: bool, read: bool = True) -> None:
        """Commit what is finished and, if there is room for more, read."""
        if finished and self._upkeep.elsewhere is not None:
            finished = await self._settle_apart(finished, self._upkeep.elsewhere)
        batches = [finished[start : start + self._batch_size] for start in range(0, len(finished), self._batch_size)]
        self._due.extend(batches)
        self._sent_s.extend([time.monotonic()] * len(batches))
        packets = [pack(self._group.commit([entry.settling() for entry in batch])) for batch in batches]
        count = self._room() if read else 0
        if count:
            self._due.append(None)
            self._asked = count
            block_ms = self._block_ms if wait else None
            packets.append(pack(self._group.read(self._readable(), count, block_ms)))
        if packets:
            await self._link.send(*packets)

    async def _settle_apart(self, finished: list[Entry], elsewhere: Elsewhere) -> list[Entry]:
        """Settle the entries that a commit over this link cannot, and return the others."""
        if apart := [entry for entry in finished if elsewhere.concerns(entry)]:
            finished = [entry for entry in finished if not elsewhere.concerns(entry)]
            try:
                await self._upkeep.settle(apart)
            except BaseException:
                self._work.late.add(finished)
                raise
        return finished

    def _room(self) -> int:
        return 0 if self._stopping else self._work.room(self._batch_size, len(self._readable()))

    def _readable(self) -> list[str]:
        return [source.stream for source in self._sources.values() if not source.fault]

    async def _receive(self) -> bool:
        """Take the replies that are due, up to that of a read; return whether it gave as much as was asked."""
        work = self._work
        while self._due:
            batch = self._due[0]
            try:
                reply = await self._link.receive(self._patience_s)
            except ReplyError:
                if batch is None:
                    raise
                self._due.popleft()
                self._sent_s.popleft()
                # The script is unknown, or failed as a whole: sending its text, or each entry alone, tells which.
                await self._upkeep.settle(batch)
                continue
            problems = () if batch is None else unsettled(reply)
            self._due.popleft()
            if batch is None:
                work.heard_s = time.monotonic()
                return self._take(reply)
            work.settled(batch, problems, self._sent_s.popleft())
        return False

    def _take(self, reply: Any) -> bool:
        self.has_read = True
        is_full = False
        for stream, rows in entries(reply):
            self._work.take(self._sources[stream], rows)
            is_full = is_full or len(rows) >= self._asked
        return is_full


def _always() -> bool:
    return True
