"""The pages over HTTP, on a real socket of the loopback."""

import asyncio
from http import HTTPStatus

import pytest

from rulechain.observe.http import Page, PageServer


def server():
    """Two pages; one says what the client accepts."""
    pages = {
        "/well": lambda accept: Page(accept.encode(), content_type="text/plain"),
        "/ill": lambda _: Page(b"no", HTTPStatus.SERVICE_UNAVAILABLE),
    }
    return PageServer("127.0.0.1", 0, pages)


async def ask(pages, request):
    """Send a request as it is; return the head's first line, its headers and the body."""
    host, _, port = pages.url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    return first, dict(line.split(": ", 1) for line in lines), body


@pytest.mark.parametrize(
    "request_, first, body",
    [
        (b"GET /well HTTP/1.1\r\nACCEPT:  a/b \r\n\r\n", "HTTP/1.1 200 OK", "a/b"),
        (b"GET /well?x=1 HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK", ""),
        (b"GET /ill HTTP/1.0\r\n\r\n", "HTTP/1.1 503 Service Unavailable", "no"),
        (b"HEAD /ill HTTP/1.1\r\n\r\n", "HTTP/1.1 503 Service Unavailable", ""),
        (b"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found", "there are /well, /ill\n"),
        (b"POST /well HTTP/1.1\r\n\r\n", "HTTP/1.1 405 Method Not Allowed", "only GET and HEAD\n"),
        (b"\xff\x00\r\n\r\n", "HTTP/1.1 405 Method Not Allowed", "only GET and HEAD\n"),
    ],
)
async def test_requests(request_, first, body):
    """Pages by path with their status; anything else is refused in HTTP's own words."""
    async with server() as pages:
        assert (await ask(pages, request_))[::2] == (first, body)


async def test_the_head_is_complete():
    """Length and type are told, also of a body that is left out, and the connection ends."""
    async with server() as pages:
        _, headers, _ = await ask(pages, b"HEAD /ill HTTP/1.1\r\n\r\n")
    assert headers["Content-Length"] == "2"
    assert headers["Content-Type"].startswith("text/plain")
    assert headers["Connection"] == "close"


async def rest_of(reader):
    """Whatever still comes; a connection that is reset has nothing."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


async def test_a_request_without_end_is_cut():
    """Who sends too much gets no answer, and the next one does."""
    async with server() as pages:
        host, _, port = pages.url.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /well HTTP/1.1\r\n" + b"a: b\r\n" * 10_000)
        assert await rest_of(reader) == b""
        writer.close()
        assert (await ask(pages, b"GET /well HTTP/1.1\r\n\r\n"))[0] == "HTTP/1.1 200 OK"


async def test_a_silent_client_does_not_keep_it_from_stopping():
    """Leaving the server cuts what is under way."""
    async with server() as pages:
        host, _, port = pages.url.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET")
        await writer.drain()
    assert await rest_of(reader) == b""
    writer.close()
