"""The consumers of one endpoint: one for all of its streams, or in a cluster one for each slot.

A slot has a connection of its own because streams of several slots cannot be read by one command, and because it may
move from node to node without the others.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from rulechain.api import ConnectionState, StreamStatus
from rulechain.connections.shared import Client
from rulechain.connections.slots import key_slot
from rulechain.endpoints.redis_stream.commands import GroupCommands
from rulechain.endpoints.redis_stream.consumer import Consumer
from rulechain.endpoints.redis_stream.dead_letter import bury
from rulechain.endpoints.redis_stream.elsewhere import Elsewhere
from rulechain.endpoints.redis_stream.held import Source
from rulechain.endpoints.redis_stream.retries import Backoff
from rulechain.endpoints.redis_stream.settings import RedisStreamSettings
from rulechain.endpoints.redis_stream.tally import Tally
from rulechain.endpoints.redis_stream.work import Workload

# What a consumer may need, when its time to drain is over, to end its runs and hand back what it holds.
_LEAVE_S = 5.0
# From best to worst: an endpoint is as well off as the worst of its consumers.
_STATES = (
    ConnectionState.CONNECTED,
    ConnectionState.NONE,
    ConnectionState.DISCONNECTED,
    ConnectionState.RECONNECTING,
)


class Consumers:
    """Runs the consumers from their start to their stop."""

    def __init__(
        self, client: Client, sources: Sequence[Source], settings: RedisStreamSettings, name: str, tally: Tally
    ) -> None:
        slots: dict[int | None, list[Source]] = {}
        for source in sources:
            slots.setdefault(key_slot(source.stream) if client.address.is_cluster else None, []).append(source)
        self._sources = sources
        self._tally = tally
        self._works: list[Workload] = []
        self._all: list[Consumer] = []
        for slot, theirs in slots.items():
            work = Workload(
                settings.policy,
                max(1, settings.concurrency // len(slots)),
                Backoff(settings.backoff, settings.backoff_max),
                lambda entry: bury(entry, settings.group, name),
                tally,
            )
            group = GroupCommands(
                settings.group,
                name,
                deletes=settings.retention == "delete",
                response_max_len=settings.response_max_len,
                max_deliveries=settings.max_deliveries,
            )
            elsewhere = None if slot is None else Elsewhere(slot, group, settings.response_max_len)
            self._works.append(work)
            self._all.append(Consumer(client, theirs, group, work, settings, elsewhere))
        self._running: list[asyncio.Task[None]] = []

    @property
    def state(self) -> ConnectionState:
        """How they stand with their servers; that of the worst."""
        return max((consumer.state for consumer in self._all), key=_STATES.index)

    @property
    def message(self) -> str:
        """What keeps some of them from consuming, else what went wrong last."""
        troubles = [consumer.message for consumer in self._all if consumer.message]
        return "; ".join(dict.fromkeys(troubles)) or self._tally.failures.last

    @property
    def server(self) -> str:
        """What the servers are, as far as they said."""
        return ", ".join(dict.fromkeys(consumer.server for consumer in self._all if consumer.server))

    @property
    def streams(self) -> tuple[StreamStatus, ...]:
        """How the group is doing on each stream, as far as the server was asked."""
        return tuple(replace(source.status, fault=source.fault) for source in self._sources)

    @property
    def in_flight(self) -> int:
        """How many entries they hold."""
        return sum(len(source.held) for source in self._sources)

    @property
    def silence_s(self) -> float | None:
        """How long ago the server last answered, for the consumer that has waited longest; None before it ever did."""
        heard = [work.heard_s for work in self._works if work.heard_s is not None]
        return time.monotonic() - min(heard) if heard else None

    @property
    def waiting(self) -> int:
        """How many of these wait for their next try."""
        return sum(len(work.retries) for work in self._works)

    def at_least_once(self) -> Iterable[str]:
        """Yield the ids of the routers whose responses could not all be part of a commit."""
        for consumer in self._all:
            if consumer.elsewhere is not None:
                yield from consumer.elsewhere.routers

    async def start(self) -> None:
        """Begin to consume; return when each has tried to connect, well or not."""
        for consumer in self._all:
            task = asyncio.create_task(consumer.run())
            # A stop in the meantime lets go of whoever waits for the first try.
            task.add_done_callback(partial(_end_waiting, consumer.has_tried))
            self._running.append(task)
        for consumer in self._all:
            await consumer.has_tried.wait()

    async def stop(self, drain_s: float) -> None:
        """Read no more, and return when what is held is settled or, after so many seconds, handed back."""
        connected = [
            task
            for task, consumer in zip(self._running, self._all, strict=True)
            if consumer.state is ConnectionState.CONNECTED
        ]
        for consumer in self._all:
            consumer.stop(drain_s)
        if connected:
            await asyncio.wait(connected, timeout=drain_s + _LEAVE_S)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        for work, consumer in zip(self._works, self._all, strict=True):
            await work.give_up()
            consumer.state = ConnectionState.DISCONNECTED


def _end_waiting(has_tried: asyncio.Event, _: asyncio.Task[None]) -> None:
    has_tried.set()
