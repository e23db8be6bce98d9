"""The pages over HTTP, on a real socket of the loopback."""

import asyncio
import contextlib
import itertools
from http import HTTPStatus

import pytest

from rulechain.observe.http import Page, PageServer
from support.eventually import eventually


def server():
    """Two pages; one says what the client accepts."""
    pages = {
        "/well": lambda accept: Page(accept.encode(), content_type="text/plain"),
        "/ill": lambda _: Page(b"no", HTTPStatus.SERVICE_UNAVAILABLE),
    }
    return PageServer("127.0.0.1", 0, pages, {"/on": Stream.make})


class Stream:
    """Counts, for as long as somebody wants it; knows how many are at it."""

    running = 0

    @classmethod
    def make(cls, query):
        return Page(b"no", HTTPStatus.BAD_REQUEST) if "bad" in query else cls.count(query.get("from", "0"))

    @classmethod
    async def count(cls, first):
        cls.running += 1
        try:
            for number in itertools.count(int(first)):
                yield f"{number}\n".encode()
                await asyncio.sleep(0)
        finally:
            cls.running -= 1


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
        (b"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found", "there are /well, /ill, /on\n"),
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


async def connect(pages, path="/on", host="localhost:1"):
    """Ask for a page that goes on; return both ends and the head's first line."""
    address, _, port = pages.url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(address, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    return reader, writer, head.partition("\r\n")[0]


async def close(writer):
    """Close a connection, whatever the other side has done with it."""
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9464", "[::1]:9464", "127.0.0.2"])
async def test_a_page_may_go_on(host):
    """Its parts come as they are made, until the client has had enough: then it ends."""
    async with server() as pages:
        reader, writer, first = await connect(pages, "/on?from=7", host)
        assert first == "HTTP/1.1 200 OK"
        assert [await reader.readline() for _ in range(3)] == [b"7\n", b"8\n", b"9\n"]
        assert Stream.running == 1
        await close(writer)
        await eventually(lambda: Stream.running == 0)


async def test_a_page_that_goes_on_ends_with_the_server():
    """Leaving the server cuts it."""
    async with server() as pages:
        reader, writer, _ = await connect(pages)
        await reader.readline()
    assert Stream.running == 0
    await rest_of(reader)
    await close(writer)


@pytest.mark.parametrize("host", ["example.com", "example.com:9464", "10.0.0.1", "", "[::1", "127.0.0.1.example.com"])
async def test_a_page_that_goes_on_is_for_this_machine(host):
    """A name that is not the loopback's is refused: a web page could have it lead here."""
    async with server() as pages:
        _, writer, first = await connect(pages, host=host)
        await close(writer)
    assert first == "HTTP/1.1 403 Forbidden"


async def test_a_page_that_goes_on_may_be_refused():
    """What makes it can say why not instead."""
    async with server() as pages:
        _, writer, first = await connect(pages, "/on?bad=1")
        await close(writer)
    assert first == "HTTP/1.1 400 Bad Request"
