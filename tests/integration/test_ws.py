"""`ws` against a local WebSocket server."""

import asyncio
import contextlib
import ssl

import pytest
import trustme
from websockets.asyncio.server import serve

from rulechain import Engine, Message
from rulechain.components import extras
from support.component_build import findings, outcome_of
from support.documents import chain_document
from support.eventually import eventually


class FrameServer:
    """Keeps the frames it is sent."""

    def __init__(self, **options):
        self.frames = []
        self.requests = []
        self.connections = []
        self.port = 0
        self._options = options
        self._server = None

    async def take(self, connection):
        """Read one connection to its end."""
        self.requests.append(connection.request)
        self.connections.append(connection)
        for _ in range(50):
            await connection.send("nobody asked")
        async for frame in connection:
            self.frames.append(frame)

    async def start(self):
        """Listen, on the port of before if there was one."""
        self._server = await serve(self.take, "127.0.0.1", self.port, **self._options)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self):
        """End it, with its connections."""
        self._server.close()
        await self._server.wait_closed()


@contextlib.asynccontextmanager
async def frame_server(**options):
    server = FrameServer(**options)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def document(server, scheme="ws", **configuration):
    """A chain of one node."""
    return chain_document(("w", "ws", {"server": f"{scheme}://127.0.0.1:{server.port}/in?k=1", **configuration}))


async def test_payloads_are_frames_on_one_connection():
    """A text makes a text frame, bytes a binary one; headers and subprotocol go along once."""
    async with frame_server(subprotocols=["v1"]) as server, Engine() as engine:
        chain = engine.load(document(server, headers={"X-Key": "k"}, subprotocol="v1"))
        for message in (Message('{"a":1}'), Message(b"\xff", data_type="BINARY"), Message("é", data_type="TEXT")):
            run = await chain.arun(message)
            assert (run.ends[0].relation, run.ends[0].message) == ("Success", message)
        await eventually(lambda: server.frames == ['{"a":1}', b"\xff", "é"])
        (request,) = server.requests
        assert (request.path, request.headers["X-Key"]) == ("/in?k=1", "k")
        assert server.connections[0].subprotocol == "v1"


async def test_every_frame_can_be_binary():
    """If the settings say so."""
    async with frame_server() as server, Engine() as engine:
        assert not (await engine.load(document(server, messageType="binary")).arun(Message("{}"))).failed
        await eventually(lambda: server.frames == [b"{}"])


async def test_text_frames_hold_text():
    """Bytes that are no UTF-8 do not go out as text."""
    async with frame_server() as server, Engine() as engine:
        run = await engine.load(document(server)).arun(Message(b"\xff", data_type="TEXT"))
        assert run.ends[0].error == "the payload is not UTF-8, so it cannot go out in a text frame"


async def test_a_lost_connection_is_opened_again():
    """The message that finds it lost goes over a new one; while the server is away they fail."""
    server = FrameServer()
    await server.start()
    async with Engine() as engine:
        chain = engine.load(document(server))

        async def relation():
            return (await chain.arun(Message("x"))).ends[0].relation

        assert await relation() == "Success"
        await server.stop()
        assert await relation() == "Failure"
        await server.start()
        assert await relation() == "Success"
        await eventually(lambda: server.frames == ["x", "x"])
    await server.stop()


async def test_certificates_are_checked(tmp_path, monkeypatch):
    """An unknown authority is refused, unless checking is turned off."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    async with frame_server(ssl=context) as server, Engine() as engine:
        run = await engine.load(document(server, "wss")).arun(Message("x"))
        assert "certificate verify failed" in run.ends[0].error
        assert "k=1" not in run.ends[0].error
        assert not (await engine.load(document(server, "wss", insecureSkipVerify=True)).arun(Message("x"))).failed
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert not (await engine.load(document(server, "wss")).arun(Message("x"))).failed


async def test_a_server_that_takes_nothing_is_a_failure(monkeypatch):
    """Sending waits for room, and not for ever."""
    monkeypatch.setattr("rulechain.components.external.ws_connection._SEND_TIMEOUT_S", 0.1)
    monkeypatch.setattr("rulechain.components.external.ws_connection._CLOSE_TIMEOUT_S", 0.1)
    leaving = asyncio.Event()

    async def deaf(connection):
        connection.transport.pause_reading()
        await leaving.wait()
        connection.transport.abort()

    async with serve(deaf, "127.0.0.1", 0, compression=None) as server, Engine() as engine:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        chain = engine.load(chain_document(("w", "ws", {"server": url, "heartbeatInterval": 0})))
        run = await chain.arun(Message("x" * 50_000_000, data_type="TEXT"))
        leaving.set()
    assert run.ends[0].error == "the server has taken nothing for 0.1 s"


@pytest.mark.parametrize("path", ["/", "/?token=secret"])
def test_a_server_that_is_away_is_a_failure(path):
    """The error names it, without query and password."""
    outcome = outcome_of("ws", {"server": f"ws://user:secret@127.0.0.1:1{path}"})
    assert outcome.relation == "Failure"
    assert outcome.error.startswith("ws://127.0.0.1:1/: ")
    assert "secret" not in outcome.error


@pytest.mark.parametrize("server", ["", "h:1", "http://h", "ws://", "ws://h:x"])
def test_wrong_addresses_are_told(server):
    """An address that cannot be read keeps the chain from loading."""
    found = findings("ws", {"server": server})
    assert f'P302 11 "server" is "{server}", expected a URL that begins with ws:// or wss://' in found


def test_without_its_library_the_chain_does_not_load(monkeypatch):
    """The finding names the extra."""
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda _: None)
    assert 'ws needs the library "websockets", which is not installed' in findings("ws", {"server": "ws://h"})[0]
