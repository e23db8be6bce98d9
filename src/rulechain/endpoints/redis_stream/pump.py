"""The hot lane of a consumer: one link that reads, and settles what was worked on at once.

    batches come in full     ask for the next ─ work ─ commit this one ─ take the next
    a batch was not full     work ─ commit and a waiting read in one write ─ take what comes

So under load the server reads and commits while chains run here, and at light load an entry is settled at once.
"""

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rulechain.connections.errors import ReplyError
from rulechain.connections.wire import pack
from rulechain.endpoints.redis_stream.commands import Command, GroupCommands, entries, unsettled
from rulechain.endpoints.redis_stream.settings import RedisStreamSettings
from rulechain.endpoints.redis_stream.upkeep import Upkeep
from rulechain.endpoints.redis_stream.work import Entry, Source, Workload

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
        self._streams = [source.stream for source in self._sources.values()]
        self._work = work
        self._upkeep = upkeep
        self._batch_size = settings.batch_size
        self._block_ms = max(1, int(settings.block * 1000))
        self._patience_s = settings.block + _GRACE_S
        # What replies are due, in order: the batch of a commit, or None for a read.
        self._due: deque[list[Entry] | None] = deque()
        self._asked = 0
        # Streams whose entries pending for this consumer are still to be read, and after which ID.
        self._own: deque[tuple[Source, bytes]] = deque((source, b"0") for source in self._sources.values())
        self._stopping = False
        self.has_read = False

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
        reading = was_full = False
        try:
            while True:
                if was_full and not reading:
                    reading = await self._send([], wait=False)
                finished = work.run()
                reading = await self._send(finished, wait=True, read=not (reading or work.waiting)) or reading
                if work.waiting:
                    await work.slot()
                elif self._due:
                    was_full = await self._receive()
                    reading = False
                elif self._stopping:
                    return
                else:
                    await work.slot()
        finally:
            for batch in filter(None, self._due):
                work.settle_later(batch)

    async def _send(self, finished: list[Entry], *, wait: bool, read: bool = True) -> bool:
        """Commit what is finished and, if there is room for more, read; return whether a read is under way now."""
        batches = [finished[start : start + self._batch_size] for start in range(0, len(finished), self._batch_size)]
        self._due.extend(batches)
        packets = [pack(self._group.commit([entry.settling() for entry in batch])) for batch in batches]
        count = self._room() if read else 0
        if count:
            self._due.append(None)
            self._asked = count
            packets.append(pack(self._read(count, wait=wait)))
        if packets:
            await self._link.send(*packets)
        return count > 0

    def _room(self) -> int:
        if self._stopping:
            return 0
        return self._work.room(self._batch_size, 1 if self._own else len(self._streams))

    def _read(self, count: int, *, wait: bool) -> Command:
        if self._own:
            source, after = self._own[0]
            return self._group.read_own(source.stream, after, count)
        return self._group.read(self._streams, count, self._block_ms if wait else None)

    async def _receive(self) -> bool:
        """Take the replies that are due, up to that of a read; return whether it gave as much as was asked."""
        while self._due:
            batch = self._due[0]
            try:
                reply = await self._link.receive(self._patience_s)
            except ReplyError:
                if batch is None:
                    raise
                self._due.popleft()
                # The script is unknown, or failed as a whole: sending its text, or each entry alone, tells which.
                await self._upkeep.settle(batch)
                continue
            self._due.popleft()
            if batch is None:
                return await self._take(reply)
            self._work.settled(batch, unsettled(reply))
        return False

    async def _take(self, reply: Any) -> bool:
        self.has_read = True
        if self._own:
            return await self._take_own(reply)
        is_full = False
        for stream, raw in entries(reply):
            self._work.take(self._sources[stream], raw)
            is_full = is_full or len(raw) >= self._asked
        return is_full

    async def _take_own(self, reply: Any) -> bool:
        source, _ = self._own.popleft()
        for _, raw in entries(reply):
            if raw:
                self._own.appendleft((source, raw[-1].id))
                counts = await self._upkeep.delivery_counts(
                    source, [one.id for one in raw if one.id not in source.held]
                )
                self._work.take(source, raw, counts)
        return bool(self._own)
