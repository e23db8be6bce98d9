"""A few pages over HTTP for those who watch a process: GET, one request a connection, nothing else."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import NamedTuple, Self

# What a request may take, in bytes and in seconds.
_MOST_BYTES = 16_384
_PATIENCE_S = 5.0
_METHODS = ("GET", "HEAD")
PLAIN = "text/plain; charset=utf-8"


class Page(NamedTuple):
    """An answer."""

    body: bytes
    status: HTTPStatus = HTTPStatus.OK
    content_type: str = PLAIN


# Makes a page for the Accept header of a request.
MakePage = Callable[[str], Page]


class PageServer:
    """Serves pages by path while it is entered.

    Args:
        host: Where to listen.
        port: The port; 0 for any that is free.
        pages: What makes the page of each path. It runs between other work, and must be quick.
    """

    def __init__(self, host: str, port: int, pages: Mapping[str, MakePage]) -> None:
        self._host = host
        self._port = port
        self._pages = pages
        self._server: asyncio.Server | None = None
        self._requests: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where it listens, once it does."""
        port = self._port if self._server is None else self._server.sockets[0].getsockname()[1]
        return f"http://{f'[{self._host}]' if ':' in self._host else self._host}:{port}"

    async def __aenter__(self) -> Self:
        """Begin to listen.

        Raises:
            OSError: Somebody else does already, or it is not allowed.
        """
        self._server = await asyncio.start_server(self._accept, self._host, self._port, limit=_MOST_BYTES)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for request in self._requests:
            request.cancel()
        await asyncio.gather(*self._requests, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._requests.add(request)
        request.add_done_callback(self._requests.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            # A client that is slow, gone, or sends too much is left alone.
            with contextlib.suppress(TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                async with asyncio.timeout(_PATIENCE_S):
                    request = await reader.readuntil(b"\r\n\r\n")
                    writer.write(self._answer(request.decode("latin-1")))
                    await writer.drain()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _answer(self, request: str) -> bytes:
        first, *lines = request.split("\r\n")
        method, _, rest = first.partition(" ")
        make_page = self._pages.get(rest.partition(" ")[0].partition("?")[0])
        if method not in _METHODS:
            page = Page(b"only GET and HEAD\n", HTTPStatus.METHOD_NOT_ALLOWED)
        elif make_page is None:
            page = Page(f"there are {', '.join(self._pages)}\n".encode(), HTTPStatus.NOT_FOUND)
        else:
            page = make_page(_header(lines, "accept"))
        head = [
            f"HTTP/1.1 {page.status.value} {page.status.phrase}",
            f"Content-Type: {page.content_type}",
            f"Content-Length: {len(page.body)}",
            f"Allow: {', '.join(_METHODS)}",
            "Cache-Control: no-store",
            "Connection: close",
        ]
        return "\r\n".join([*head, "", ""]).encode("latin-1") + (b"" if method == "HEAD" else page.body)


def _header(lines: list[str], name: str) -> str:
    """Return a header's text, "" where there is none."""
    pairs = (line.partition(":") for line in lines)
    return next((text.strip() for key, _, text in pairs if key.strip().lower() == name), "")
