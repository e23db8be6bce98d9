"""What a consumer does beside reading, over a link of its own: late commits, keep-alive, and tidying up the streams.

A link that is blocked in a read can carry none of these.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rulechain.connections.errors import ReplyError
from rulechain.endpoints.redis_stream.commands import GroupCommands, Unsettled
from rulechain.endpoints.redis_stream.elsewhere import Elsewhere
from rulechain.endpoints.redis_stream.groups import note_floor, prepare_group
from rulechain.endpoints.redis_stream.held import Entry, Source
from rulechain.endpoints.redis_stream.settings import RedisStreamSettings
from rulechain.endpoints.redis_stream.work import Workload

if TYPE_CHECKING:
    from rulechain.connections.link import Link

_log = logging.getLogger("rulechain.endpoint")

# A consumer that holds nothing and was silent for this many times `claimIdle` is gone for good.
_GONE_AFTER = 10
# Ids, or entries, in one call of a script.
_AT_ONCE = 200
# How often the streams are tidied, and those that cannot be read are tried again, at most and at least.
_TIDY_S = (0.1, 5.0)


class Upkeep:
    """The side link and its duties, for one session."""

    def __init__(
        self,
        link: "Link",
        group: GroupCommands,
        sources: Iterable[Source],
        work: Workload,
        settings: RedisStreamSettings,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        # Where entries are answered in other slots, in a cluster.
        self.elsewhere = elsewhere
        self._link = link
        self._group = group
        self._sources = tuple(sources)
        self._work = work
        self._settings = settings
        self._idle_ms = int(settings.claim_idle * 1000)
        self._is_leaving = False

    def duties(self) -> list[Coroutine[Any, Any, None]]:
        """Return what goes on until it is cancelled, or the link breaks."""
        return [self._settle_late(), self._work_off(), self._keep_alive(), self._tidy()]

    async def settle(self, batch: Sequence[Entry]) -> None:
        """Commit a batch; what cannot be committed now is left for later, what never can fails alone."""
        sent_s = time.monotonic()
        try:
            problems = await self._commit(batch)
        except (ReplyError, UnicodeError) as error:
            if len(batch) > 1:
                await self._settle_each(batch)
                return
            problems = [Unsettled(0, str(error))]
        except BaseException:
            self._work.late.add(batch)
            raise
        self._work.settled(batch, problems, sent_s)

    async def _settle_each(self, batch: Sequence[Entry]) -> None:
        """Commit entries one by one; when the link breaks among them, the rest is left for later."""
        for number, entry in enumerate(batch, 1):
            try:
                await self.settle([entry])
            except BaseException:
                self._work.late.add(batch[number:])
                raise

    async def _commit(self, batch: Sequence[Entry]) -> list[Unsettled]:
        if self.elsewhere is not None:
            return await self.elsewhere.settle(self._link, batch)
        return await self._group.commit_now(self._link, [entry.settling() for entry in batch])

    async def leave(self) -> None:
        """Settle what is left, hand back the rest, and leave the groups where this consumer then holds nothing."""
        await self._settle_all_late()
        # What is handed back must not be kept alive.
        self._is_leaving = True
        for source in self._readable():
            await self._hand_back(source)
        # What could not be, because it was deleted.
        await self._settle_all_late()
        for source in self._readable():
            await self._group.leave(self._link, source.stream)

    async def _settle_all_late(self) -> None:
        while batch := self._work.late.take(self._settings.batch_size):
            await self.settle(batch)

    async def _hand_back(self, source: Source) -> None:
        unstarted = self._work.unstarted()
        # An entry that was not begun has not used up this delivery.
        left = [(entry.id, entry.delivery_count - (id(entry) in unstarted)) for entry in source.held.values()]
        for start in range(0, len(left), _AT_ONCE):
            part = left[start : start + _AT_ONCE]
            given, deleted = await self._group.hand_back(self._link, source.stream, self._idle_ms, part)
            self._work.tally.counts.handed_back += given
            self._work.vanish(source.held[id_] for id_ in deleted)

    def _readable(self) -> list[Source]:
        return [source for source in self._sources if not source.fault]

    async def _settle_late(self) -> None:
        work = self._work
        while True:
            await work.late.wait()
            await self.settle(work.late.take(self._settings.batch_size))

    async def _work_off(self) -> None:
        """Run here and now what was taken by other ways than a read: whoever reads may be waiting for new entries."""
        work = self._work
        while True:
            await work.has_work.wait()
            work.has_work.clear()
            while work.waiting or work.can_start:
                await work.changes.until(lambda: work.can_start or not work.waiting)
                if finished := work.run():
                    await self.settle(finished)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._settings.keep_alive_s)
            for source in self._readable():
                held = list(source.held)
                for start in range(0, len(held), _AT_ONCE):
                    if self._is_leaving:
                        return
                    await self._group.renew(self._link, source.stream, held[start : start + _AT_ONCE])

    async def _tidy(self) -> None:
        least_s, most_s = _TIDY_S
        while True:
            await asyncio.sleep(min(max(self._settings.claim_idle / 4, least_s), most_s))
            for source in self._sources:
                if source.fault:
                    await prepare_group(
                        self._link, self._group, source, self._settings.start_id, self._work.tally.counts
                    )
                    continue
                await note_floor(self._link, self._group, source)
                await self._group.remove_silent(self._link, source.stream, self._idle_ms * _GONE_AFTER)
                await self._sweep(source)

    async def _sweep(self, source: Source) -> None:
        """Delete what every group is done with, as far as `retention` says so and a commit could not."""
        if self._settings.retention == "keep":
            return
        # A trimmed stream is so from its beginning; else only what was left there since this consumer came goes.
        trims = self._settings.retention == "trim"
        first = b"-" if trims or source.unswept is None else source.unswept
        kept = self._settings.max_len or 0 if trims else 0
        while True:
            swept = await self._group.sweep(self._link, source.stream, first, _AT_ONCE, kept)
            if swept.deleted < _AT_ONCE:
                break
        source.unswept = swept.next
