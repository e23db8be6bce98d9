"""Something between client and server: speaks TLS for a server that does not, and loses the network on command."""

import asyncio
import contextlib


class Proxy:
    """Forwards connections on a TCP port of the loopback to a server's unix socket, as an async context manager."""

    def __init__(self, url, ssl=None):
        self._path = url.removeprefix("unix://")
        self._ssl = ssl
        self._tasks = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server = None
        self.accepted = 0

    @property
    def port(self):
        """The port to connect to."""
        return self._server.sockets[0].getsockname()[1]

    def lose_network(self):
        """Let no byte pass any more; connections stay open, and new ones are made."""
        self._flowing.clear()

    def find_network(self):
        """Let everything pass again that was held up."""
        self._flowing.set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._ssl)
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        self.accepted += 1
        task = asyncio.current_task()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        far_reader, far_writer = await asyncio.open_unix_connection(self._path)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, far_writer))
                group.create_task(self._pump(far_reader, writer))
        finally:
            writer.close()
            far_writer.close()

    async def _pump(self, reader, writer):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(ConnectionError, NotImplementedError):
            writer.write_eof()
