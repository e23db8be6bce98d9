"""What a consumer does beside reading, over a link of its own: late commits, keep-alive, claims.

A link that is blocked in a read can carry none of these.
"""

import asyncio
import logging
import random
from collections.abc import Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rulechain.connections.errors import ReplyError
from rulechain.diagnostics import Code, Diagnostic
from rulechain.endpoints.redis_stream.commands import FIRST_CURSOR, GroupCommands, Unsettled, has_command
from rulechain.endpoints.redis_stream.groups import note_floor
from rulechain.endpoints.redis_stream.settings import RedisStreamSettings
from rulechain.endpoints.redis_stream.work import Entry, Source, Workload

if TYPE_CHECKING:
    from rulechain.connections.link import Link

_log = logging.getLogger("rulechain.endpoint")

# Claims are made this often in the time after which an entry may be claimed.
_CLAIMS_PER_IDLE = 4
# A consumer that holds nothing and was silent for this many times `claimIdle` is gone for good.
_GONE_AFTER = 10
_RENEW_AT_ONCE = 200


class Upkeep:
    """The side link and its duties, for one session."""

    def __init__(
        self,
        link: "Link",
        group: GroupCommands,
        sources: Iterable[Source],
        work: Workload,
        settings: RedisStreamSettings,
    ) -> None:
        self.link = link
        self._group = group
        self._sources = tuple(sources)
        self._work = work
        self._settings = settings
        self._idle_ms = int(settings.claim_idle * 1000)
        self._claims = True

    def duties(self) -> list[Coroutine[Any, Any, None]]:
        """Return what goes on until it is cancelled, or the link breaks."""
        return [self._settle_late(), self._keep_alive(), self._claim()]

    def stop_claiming(self) -> None:
        """Take over no more entries: a consumer that stops leaves them to those that go on."""
        self._claims = False

    async def settle(self, batch: Sequence[Entry]) -> None:
        """Commit a batch; what cannot be committed now is left for later, what never can fails alone."""
        try:
            problems = await self._group.commit_now(self.link, [entry.settling() for entry in batch])
        except (ReplyError, UnicodeError) as error:
            if len(batch) > 1:
                for entry in batch:
                    await self.settle([entry])
                return
            problems = [Unsettled(0, str(error))]
        except BaseException:
            self._work.settle_later(batch)
            raise
        self._work.settled(batch, problems)

    async def leave(self) -> None:
        """Settle what is left, and take this consumer's name off the streams where it holds nothing."""
        while batch := self._work.take_late(self._settings.batch_size):
            await self.settle(batch)
        for source in self._sources:
            await self._group.leave(self.link, source.stream, [self._group.consumer])

    async def delivery_counts(self, source: Source, ids: Sequence[bytes]) -> dict[bytes, int]:
        """Return how often each of some pending entries has been delivered."""
        return await self._group.delivery_counts(self.link, source.stream, ids) if ids else {}

    async def _settle_late(self) -> None:
        while True:
            await self._work.has_late.wait()
            await self.settle(self._work.take_late(self._settings.batch_size))

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._settings.keep_alive_s)
            for source in self._sources:
                held = list(source.held)
                for start in range(0, len(held), _RENEW_AT_ONCE):
                    await self._group.renew(self.link, source.stream, held[start : start + _RENEW_AT_ONCE])

    async def _claim(self) -> None:
        claims = self._group.claim if await has_command(self.link, "XAUTOCLAIM") else self._group.claim_by_hand
        pause_s = self._settings.claim_idle / _CLAIMS_PER_IDLE
        while True:
            for source in self._sources:
                await self._claim_from(source, claims)
                await note_floor(self.link, self._group, source)
                if gone := await self._group.idle_consumers(self.link, source.stream, self._idle_ms * _GONE_AFTER):
                    await self._group.leave(self.link, source.stream, gone)
            # Consumers that started together must not go on claiming at the same moments.
            await asyncio.sleep(pause_s * random.uniform(0.8, 1.0))  # noqa: S311 - no secret

    async def _claim_from(self, source: Source, claim: Any) -> None:
        work = self._work
        while self._claims and (room := work.room(self._settings.batch_size, 1)):
            claimed = await claim(self.link, source.stream, self._idle_ms, source.claim_cursor, room)
            source.claim_cursor = claimed.cursor
            work.counts.vanished += len(claimed.deleted)
            for id_ in claimed.deleted:
                message = f"the entry was deleted while it was pending (entry {id_.decode()})"
                work.failures.report(source.stream, Diagnostic(Code.BAD_ENTRY, message, source.location))
            new = [entry for entry in claimed.entries if entry.id not in source.held]
            counts = await self.delivery_counts(source, [entry.id for entry in new])
            work.counts.claimed += work.take(source, new, counts)
            await self._work_off()
            if claimed.cursor == FIRST_CURSOR:
                return

    async def _work_off(self) -> None:
        """Run what was claimed here and now: whoever reads may be waiting for new entries."""
        while self._work.waiting:
            if finished := self._work.run():
                await self.settle(finished)
            if self._work.waiting:
                await self._work.slot()
