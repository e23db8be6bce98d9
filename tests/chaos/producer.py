"""Requests with ids of their own, fed as fast as they are worked off, and none of them twice."""

import asyncio
import contextlib
import time

from chaos.documents import LANES, PLAIN
from support.eventually import eventually

_BATCH = 50
# Requests that wait on a stream: enough that every worker always has some, and few at the end.
_BACKLOG = 250
# Work may stand still for as long as it takes another worker to claim what a dead one held.
_PATIENCE_S = 120.0
# Which of so many requests in turn has which fate; the others are plain.
_FATES = {5: "slow", 11: "flaky", 197: "bad", 307: "nobody", 401: "binary"}
POISON = ("bad", "nobody", "binary")
# Keys of `orderBy`.
_LANES = 40


class Producer:
    """Feeds requests until it is stopped.

    The ids of the entries are its own: what a server had taken when it died, it refuses when it is offered again.
    """

    def __init__(self, server):
        self.fates = {}
        self._server = server
        self._first_ms = time.time_ns() // 1_000_000

    @contextlib.asynccontextmanager
    async def feeding(self):
        """Feed as long as the block lasts."""
        task = asyncio.create_task(self._feed())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def expected(self, *, poison):
        """Return the ids of the requests that are to be answered, or of those that are to be set aside."""
        return {id_ for id_, fate in self.fates.items() if (fate in POISON) is poison}

    async def _feed(self):
        while True:
            stream = await eventually(self._stream_with_room, within_s=_PATIENCE_S)
            await asyncio.shield(self._add(stream))

    async def _stream_with_room(self):
        lengths = {stream: await self._server.call("XLEN", stream) for stream in (PLAIN, LANES)}
        stream = min(lengths, key=lengths.get)
        return stream if lengths[stream] < _BACKLOG else None

    async def _add(self, stream):
        batch = [self._request(len(self.fates) + 1) for _ in range(_BATCH)]
        replies = await self._server.call_all([("XADD", stream, id_, *fields) for id_, fields in batch])
        for reply in replies:
            if isinstance(reply, Exception) and "equal or smaller" not in str(reply):
                raise reply

    def _request(self, number):
        fate = next((fate for each, fate in _FATES.items() if number % each == 0), "plain")
        self.fates[str(number)] = fate
        fields = ["requestId", str(number), "kind", fate, "lane", str(number % _LANES)]
        if fate == "binary":
            fields += ["image", b"\xff\x00\xfe"]
        return f"{self._first_ms + number}-1", fields
