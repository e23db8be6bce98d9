"""A few pages over HTTP for those who watch a process: GET, one request a connection, nothing else.

A page that goes on is for programs of this machine alone: it shows messages.
"""

import asyncio
import contextlib
import ipaddress
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import parse_qsl

# What a request may take, in bytes and in seconds.
_MOST_BYTES = 16_384
_PATIENCE_S = 5.0
_METHODS = ("GET", "HEAD")
_HOST = re.compile(r"^(.*?)(?::\d+)?$")
PLAIN = "text/plain; charset=utf-8"


class Page(NamedTuple):
    """An answer."""

    body: bytes
    status: HTTPStatus = HTTPStatus.OK
    content_type: str = PLAIN


# Makes a page for the Accept header of a request.
MakePage = Callable[[str], Page]
# Makes a page that goes on, of the arguments behind `?`; or a page that says why not.
MakeStream = Callable[[Mapping[str, str]], AsyncGenerator[bytes, None] | Page]


class PageServer:
    """Serves pages by path while it is entered.

    Args:
        host: Where to listen.
        port: The port; 0 for any that is free.
        pages: What makes the page of each path. It runs between other work, and must be quick.
        streams: What makes the pages that go on until the client or the server has enough. They have to say something
            from time to time, by which a client that is gone is noticed.
    """

    def __init__(
        self, host: str, port: int, pages: Mapping[str, MakePage], streams: Mapping[str, MakeStream] | None = None
    ) -> None:
        self._host = host
        self._port = port
        self._pages = pages
        self._streams = streams or {}
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
                    request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                    stream = self._stream(request, writer)
                    if stream is None or isinstance(stream, Page):
                        writer.write(_encode(stream or self._page(request), with_body=not request.startswith("HEAD ")))
                        await writer.drain()
                        return
                await _pass_on(stream, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _page(self, request: str) -> Page:
        first, *lines = request.split("\r\n")
        method, _, rest = first.partition(" ")
        make_page = self._pages.get(rest.partition(" ")[0].partition("?")[0])
        if method not in _METHODS:
            return Page(b"only GET and HEAD\n", HTTPStatus.METHOD_NOT_ALLOWED)
        if make_page is None:
            return Page(f"there are {', '.join((*self._pages, *self._streams))}\n".encode(), HTTPStatus.NOT_FOUND)
        return make_page(_header(lines, "accept"))

    def _stream(self, request: str, writer: asyncio.StreamWriter) -> AsyncGenerator[bytes, None] | Page | None:
        """Return what goes on, or why it does not; None for every other request."""
        first, *lines = request.split("\r\n")
        method, _, rest = first.partition(" ")
        path, _, query = rest.partition(" ")[0].partition("?")
        make_stream = self._streams.get(path)
        if make_stream is None or method != "GET":
            return None
        # The name that was asked for counts too: a web page may have a name of its own lead to this machine.
        named = _HOST.sub(r"\1", _header(lines, "host")).strip("[]")
        if not (_is_local(writer.get_extra_info("peername")[0]) and (named == "localhost" or _is_local(named))):
            return Page(b"only for programs of this machine\n", HTTPStatus.FORBIDDEN)
        return make_stream(dict(parse_qsl(query)))


async def _pass_on(stream: AsyncGenerator[bytes, None], writer: asyncio.StreamWriter) -> None:
    writer.write(_head(Page(b"", content_type="application/x-ndjson")))
    async with contextlib.aclosing(stream) as parts:
        async for part in parts:
            writer.write(part)
            await writer.drain()


def _encode(page: Page, *, with_body: bool) -> bytes:
    return _head(page, f"Content-Length: {len(page.body)}") + (page.body if with_body else b"")


def _head(page: Page, *further: str) -> bytes:
    head = [
        f"HTTP/1.1 {page.status.value} {page.status.phrase}",
        f"Content-Type: {page.content_type}",
        *further,
        f"Allow: {', '.join(_METHODS)}",
        "Cache-Control: no-store",
        "Connection: close",
    ]
    return "\r\n".join([*head, "", ""]).encode("latin-1")


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _header(lines: list[str], name: str) -> str:
    """Return a header's text, "" where there is none."""
    pairs = (line.partition(":") for line in lines)
    return next((text.strip() for key, _, text in pairs if key.strip().lower() == name), "")
