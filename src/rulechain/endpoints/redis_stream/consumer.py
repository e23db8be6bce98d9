"""One consumer of a group, from its start to its stop, however often the server goes away in between.

A session lasts as long as its two links: the hot one of `pump.py` and the side one of `recovery.py` and `upkeep.py`.
When one breaks, the next session settles again what had no reply (the commit script sees what was settled already), and
takes the entries that the server has given to this consumer but that never arrived here.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rulechain.api import ConnectionState
from rulechain.connections.errors import ReplyError
from rulechain.connections.shared import Client
from rulechain.diagnostics.errors import EndpointError
from rulechain.endpoints.redis_stream.commands import GroupCommands, client_id, unblock
from rulechain.endpoints.redis_stream.elsewhere import Elsewhere
from rulechain.endpoints.redis_stream.groups import prepare_group
from rulechain.endpoints.redis_stream.held import Source
from rulechain.endpoints.redis_stream.pump import Pump
from rulechain.endpoints.redis_stream.recovery import Recovery
from rulechain.endpoints.redis_stream.server import ask_server
from rulechain.endpoints.redis_stream.settings import RedisStreamSettings
from rulechain.endpoints.redis_stream.upkeep import Upkeep
from rulechain.endpoints.redis_stream.work import Workload

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
        elsewhere: Elsewhere | None = None,
    ) -> None:
        # What writes to other slots, in a cluster.
        self.elsewhere = elsewhere
        self.state = ConnectionState.NONE
        # What the server is, as far as it said.
        self.server = ""
        # Set when the first attempt to connect has succeeded or failed.
        self.has_tried = asyncio.Event()
        self._trouble = ""
        self._client = client
        self._sources = sources
        self._group = group
        self._work = work
        self._settings = settings
        self._stopping = asyncio.Event()
        self._drain_s = 0.0
        self._pump: Pump | None = None

    @property
    def message(self) -> str:
        """What keeps this consumer from consuming, or some of its streams from being read."""
        return self._trouble or "; ".join(source.fault for source in self._sources if source.fault)

    def stop(self, drain_s: float) -> None:
        """Read no more, and let `run` return when what is held is settled or, after so many seconds, handed back."""
        self._drain_s = drain_s
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
                self.state, self._trouble = ConnectionState.RECONNECTING, str(error) or type(error).__name__
                self.has_tried.set()
                is_ours = not isinstance(error, EndpointError)
                # Consumers that lost a server together must not come back together.
                wait_s = pause_s * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
                _log.warning("%s; trying again in %.1f s", self._trouble, wait_s, exc_info=is_ours)
                await _wait(self._stopping, wait_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        self.state, self._trouble = ConnectionState.DISCONNECTED, ""

    async def _session(self) -> None:
        # Of a cluster: the node that has these streams, which are all in one slot.
        key = self._sources[0].stream
        async with contextlib.AsyncExitStack() as links:
            hot = await self._client.link(key)
            links.push_async_callback(hot.close)
            side = await self._client.link(key)
            links.push_async_callback(side.close)
            if self.elsewhere is not None:
                self.elsewhere.link = await self._client.link()
                links.push_async_callback(self.elsewhere.link.close)
            await self._serve(hot, side)

    async def _serve(self, hot: "Link", side: "Link") -> None:
        await self._prepare(side)
        group, sources, work, settings = self._group, self._sources, self._work, self._settings
        number = await client_id(hot)
        upkeep = Upkeep(side, group, sources, work, settings, self.elsewhere)
        recovery = Recovery(side, group, sources, work, settings)
        self._pump = pump = Pump(hot, group, sources, work, upkeep, settings)
        self.state, self._trouble = ConnectionState.CONNECTED, ""
        work.heard_s = time.monotonic()
        self.has_tried.set()
        _log.info(
            "connected to %s (%s) as consumer %s of group %s", hot.server, self.server, group.consumer, group.group
        )
        pumping = asyncio.create_task(_read_on(pump, recovery))
        winding_up = asyncio.create_task(self._wind_up(pump, recovery, side, number))
        taking = [asyncio.create_task(coroutine) for coroutine in (recovery.run(), recovery.retry())]
        beside = [winding_up, *(asyncio.create_task(duty) for duty in upkeep.duties())]
        emptying: list[asyncio.Task[None]] = []
        try:
            await _finish([pumping, *taking], beside)
            emptying.append(asyncio.create_task(work.changes.until(lambda: work.is_idle)))
            await _finish(emptying, beside)
            await upkeep.leave()
        finally:
            for task in (tasks := [pumping, *taking, *emptying, *beside]):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _prepare(self, side: "Link") -> None:
        """Make the server ready for us.

        Raises:
            EndpointError: None of the streams can be read; the text says why for each.
        """
        group = self._group
        facts = await ask_server(side)
        self.server = str(facts)
        group.filters_by_idle = facts.filters_by_idle
        group.deletes_acked = facts.deletes_acked
        await group.scripts.load(side)
        for source in self._sources:
            await prepare_group(side, group, source, self._settings.start_id, self._work.tally.counts)
        if all(source.fault for source in self._sources):
            raise EndpointError("; ".join(source.fault for source in self._sources))

    async def _wind_up(self, pump: Pump, recovery: Recovery, side: "Link", number: int | None) -> None:
        """Once told to, read no more; when the time to drain is over, end what still runs."""
        await self._stopping.wait()
        deadline = asyncio.get_running_loop().time() + self._drain_s
        recovery.stop()
        pump.stop()
        self._work.changes.note()
        try:
            # Once is not enough: the read may be about to begin.
            while number is not None and pump.is_reading:
                await unblock(side, number)
                await asyncio.sleep(_UNBLOCK_EVERY_S)
        except ReplyError:
            pass  # Not allowed: the read ends when its time is up.
        await asyncio.sleep(deadline - asyncio.get_running_loop().time())
        self._work.close()


async def _read_on(pump: Pump, recovery: Recovery) -> None:
    """Read what is new, behind what is pending for this consumer already."""
    await recovery.has_backlog.wait()
    await pump.run()


async def _finish(tasks: Sequence[asyncio.Task[None]], beside: Sequence[asyncio.Task[None]]) -> None:
    """Wait until all of some tasks have ended, and raise at once what one of them or of those beside them raises."""
    waiting = {task for task in (*tasks, *beside) if not task.done()}
    while not all(task.done() for task in tasks):
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


async def _wait(event: asyncio.Event, most_s: float) -> None:
    """Wait for an event, but no longer than given."""
    try:
        async with asyncio.timeout(most_s):
            await event.wait()
    except TimeoutError:
        pass
