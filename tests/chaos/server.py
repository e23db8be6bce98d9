"""A server that can be killed and set to another time, and keeps every write it has acknowledged."""

import asyncio
import contextlib
import importlib.util
import os
import re
import time
from pathlib import Path

from rulechain.connections import EmbeddedServer
from rulechain.connections.ids import next_id
from rulechain.connections.streams import StreamClient
from rulechain.diagnostics.errors import EndpointUnavailableError
from support.eventually import eventually

# A clock jumps only where the library of this package is: it stands between the server and the machine's clock.
_CLOCK_LIBRARY = "vendor/libfaketime/src/libfaketime.so.1"
# How long the server may take to come back.
_PATIENCE_S = 60.0


class ChaosServer:
    """A private server with an append-only file that is synced at every write; `async with` it."""

    def __init__(self, folder, *, sets_clock=True):
        self._embedded = EmbeddedServer(folder / "data")
        self._clock = folder / "clock"
        self._library = _clock_library() if sets_clock else None
        self._offset_s = 0
        self._client = None
        self._connecting = asyncio.Lock()

    @property
    def url(self):
        """The server's address."""
        return self._embedded.url

    @property
    def has_clock(self):
        """Whether the server's clock can be set."""
        return self._library is not None

    async def __aenter__(self):
        self._clock.write_text("+0\n")
        await self._begin(self._embedded.start)
        return self

    async def __aexit__(self, *_):
        await self._disconnect()
        self._embedded.stop()

    async def call(self, *command):
        """Send a command, again and again until the server answers: one that does no harm twice."""
        return (await self.call_all([command]))[0]

    async def call_all(self, commands):
        """Send several commands in one write; an error among the replies is returned, not raised."""
        return await eventually(lambda: self._try(commands), within_s=_PATIENCE_S)

    async def _try(self, commands):
        try:
            return await (await self._link()).replies(commands)
        except EndpointUnavailableError:
            await self._disconnect()
            return None

    async def _link(self):
        async with self._connecting:
            if self._client is None:
                client = StreamClient(self.url)
                await client.__aenter__()
                self._client = client
            return self._client.link

    async def entries(self, stream, page=1000):
        """Return the fields of all entries of a stream, so many at a time."""
        found, after = [], "-"
        while rows := await self.call("XRANGE", stream, after, "+", "COUNT", page):
            found += [fields for _, fields in rows]
            after = next_id(rows[-1][0])
        return found

    async def crash(self):
        """End the server without warning, and start it again on its file."""
        self._embedded.kill()
        await self._disconnect()
        await self._begin(self._embedded.restart)

    async def restart(self):
        """Shut the server down and start it again on its file."""
        await self._disconnect()
        await self._begin(self._embedded.restart)

    async def jump(self, seconds):
        """Set the server's clock forward or back, and wait until it goes by it."""
        before_us = await self._offset_us()
        self._offset_s += seconds
        self._clock.write_text(f"{self._offset_s:+d}\n")
        await eventually(lambda: self._has_jumped(before_us, seconds))

    async def memory(self):
        """Return how many bytes the server uses, and how much the machine has given it."""
        text = (await self.call("INFO", "memory")).decode()
        return tuple(
            int(re.search(rf"^{name}:(\d+)", text, re.MULTILINE)[1]) for name in ("used_memory", "used_memory_rss")
        )

    async def _begin(self, start):
        with _environment(self._preloaded()):
            start()
        await self.call("CONFIG", "SET", "appendfsync", "always")

    def _preloaded(self):
        if not self.has_clock:
            return {}
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    async def _has_jumped(self, before_us, seconds):
        return abs(await self._offset_us() - before_us - seconds * 1_000_000) < abs(seconds) * 500_000

    async def _offset_us(self):
        now = await self.call("TIME")
        return int(now[0]) * 1_000_000 + int(now[1]) - time.time_ns() // 1000

    async def _disconnect(self):
        client, self._client = self._client, None
        if client is not None:
            await client.__aexit__(None, None, None)


@contextlib.contextmanager
def _environment(changes):
    """Give the processes that are started meanwhile some variables."""
    os.environ.update(changes)
    try:
        yield
    finally:
        for name in changes:
            del os.environ[name]


def _clock_library():
    package = importlib.util.find_spec("libfaketime")
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).parent / _CLOCK_LIBRARY
    return path if path.exists() else None
