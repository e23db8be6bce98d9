"""One consumer of a group, from its start to its stop, however often the server goes away in between.

A session lasts as long as its two links: the hot one of `pump.py` and the side one of `upkeep.py`. When one breaks, the
next session settles again what had no reply (the commit script sees what was settled already), and reads the entries
that the server has given to this consumer but that never arrived here.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rulechain.api import ConnectionState
from rulechain.connections.errors import ReplyError
from rulechain.connections.shared import Client
from rulechain.diagnostics.errors import EndpointError
from rulechain.endpoints.redis_stream.commands import GroupCommands, client_id, unblock
from rulechain.endpoints.redis_stream.groups import prepare_groups
from rulechain.endpoints.redis_stream.pump import Pump
from rulechain.endpoints.redis_stream.settings import RedisStreamSettings
from rulechain.endpoints.redis_stream.upkeep import Upkeep
from rulechain.endpoints.redis_stream.work import Source, Workload

if TYPE_CHECKING:
    from rulechain.connections.link import Link

_log = logging.getLogger("rulechain.endpoint")

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0
_UNBLOCK_EVERY_S = 0.05


class Consumer:
    """Consumes some streams until it is stopped."""

    def __init__(
        self,
        client: Client,
        sources: Sequence[Source],
        group: GroupCommands,
        work: Workload,
        settings: RedisStreamSettings,
    ) -> None:
        self.state = ConnectionState.NONE
        self.message = ""
        # Set when the first attempt to connect has succeeded or failed.
        self.has_tried = asyncio.Event()
        self._client = client
        self._sources = sources
        self._group = group
        self._work = work
        self._settings = settings
        self._stopping = asyncio.Event()
        self._pump: Pump | None = None

    def stop(self) -> None:
        """Read no more; `run` returns when everything that was read is settled, or if there is no server."""
        self._stopping.set()

    async def run(self) -> None:
        """Consume until `stop`, one session after another, with growing pauses while none comes about."""
        pause_s = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            self._pump = None
            try:
                await self._session()
            except Exception as error:  # noqa: BLE001 - even a mistake of ours must not leave the entries unread
                if self._pump is not None and self._pump.has_read:
                    pause_s = _FIRST_PAUSE_S
                self.state, self.message = ConnectionState.RECONNECTING, str(error) or type(error).__name__
                self.has_tried.set()
                is_ours = not isinstance(error, EndpointError)
                _log.warning("%s; trying again in %.1f s", self.message, pause_s, exc_info=is_ours)
                await _wait(self._stopping, pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        self.state, self.message = ConnectionState.DISCONNECTED, ""

    async def _session(self) -> None:
        hot = await self._client.link()
        try:
            side = await self._client.link()
            try:
                await self._serve(hot, side)
            finally:
                await side.close()
        finally:
            await hot.close()

    async def _serve(self, hot: "Link", side: "Link") -> None:
        group, sources, work, settings = self._group, self._sources, self._work, self._settings
        await group.scripts.load(side)
        await prepare_groups(side, group, sources, settings.start_id, work.counts)
        number = await client_id(hot)
        upkeep = Upkeep(side, group, sources, work, settings)
        self._pump = pump = Pump(hot, group, sources, work, upkeep, settings)
        self.state, self.message = ConnectionState.CONNECTED, ""
        self.has_tried.set()
        _log.info("connected to %s as consumer %s of group %s", hot.server, group.consumer, group.group)
        pumping = asyncio.create_task(pump.run())
        duties = [asyncio.create_task(duty) for duty in upkeep.duties()]
        stopping = asyncio.create_task(self._stop_reading(pump, upkeep, side, number))
        try:
            done, _ = await asyncio.wait([pumping, *duties], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            await work.idle()
            await upkeep.leave()
        finally:
            for task in (tasks := [pumping, stopping, *duties]):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _stop_reading(self, pump: Pump, upkeep: Upkeep, side: "Link", number: int | None) -> None:
        await self._stopping.wait()
        pump.stop()
        upkeep.stop_claiming()
        # Once is not enough: the read may be about to begin.
        while number is not None:
            try:
                await unblock(side, number)
            except ReplyError:
                return  # Not allowed: the read ends when its time is up.
            await asyncio.sleep(_UNBLOCK_EVERY_S)


async def _wait(event: asyncio.Event, most_s: float) -> None:
    """Wait for an event, but no longer than given."""
    try:
        async with asyncio.timeout(most_s):
            await event.wait()
    except TimeoutError:
        pass
