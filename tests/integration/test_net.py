"""`net` against local servers."""

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest

from rulechain import Engine, Message
from support.component_build import findings, json_message, outcome_of
from support.documents import chain_document
from support.eventually import eventually


class LineServer:
    """Keeps what it is sent, over any protocol; its connections can be cut."""

    def __init__(self):
        self.received = b""
        self.writers = []
        self.address = ""
        self._server = None

    async def take(self, reader, writer):
        """Read one connection to its end."""
        self.writers.append(writer)
        writer.write(b"what you say\n" * 10_000)
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(1000):
                self.received += chunk
        writer.transport.abort()

    async def start(self, port=0):
        """Listen on a free port, or again on the one of before."""
        self._server = await asyncio.start_server(self.take, "127.0.0.1", port)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self):
        """End it, with its connections."""
        self._server.close()
        for writer in self.writers:
            writer.transport.abort()
        await self._server.wait_closed()


@contextlib.asynccontextmanager
async def line_server():
    server = LineServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def document(server, **configuration):
    """A chain of one node."""
    return chain_document(("n", "net", {"server": server, "heartbeatInterval": 0, **configuration}))


async def test_lines_and_bytes_share_a_connection():
    """A text gets a line feed, bytes do not; the message goes on unchanged, and closing sends all that is left."""
    async with line_server() as server:
        async with Engine() as engine:
            chain = engine.load(document(server.address))
            for message in (
                Message('{"a":1}'),
                Message(b"\xff\x00", data_type="BINARY"),
                Message("x", data_type="TEXT"),
            ):
                run = await chain.arun(message)
                assert (run.ends[0].relation, run.ends[0].message) == ("Success", message)
        await eventually(lambda: server.received == b'{"a":1}\n\xff\x00x\n')
        assert len(server.writers) == 1


async def test_unix_sockets_are_servers_too(tmp_path):
    """The path stands where the address does."""
    server, path = LineServer(), str(tmp_path / "s")
    listening = await asyncio.start_unix_server(server.take, path)
    async with Engine() as engine:
        assert not (await engine.load(document(path, protocol="unix")).arun(Message("{}"))).failed
        await eventually(lambda: server.received == b"{}\n")
    listening.close()


async def test_udp_sends_a_datagram_for_each_message():
    """One that is too long for a datagram is a Failure, and the next one goes out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        async with Engine() as engine:
            chain = engine.load(document(f"127.0.0.1:{server.getsockname()[1]}", protocol="udp4"))
            assert not (await chain.arun(Message("{}"))).failed
            long = await chain.arun(Message("x" * 70_000))
            assert long.ends[0].error.startswith("70001 bytes cannot be sent as one datagram: ")
            assert not (await chain.arun(Message("[]"))).failed
        assert [server.recv(100), server.recv(100)] == [b"{}\n", b"[]\n"]


async def test_a_heartbeat_keeps_the_connection_busy():
    """The line ping goes out again and again, until the node is closed."""
    async with line_server() as server, Engine() as engine:
        chain = engine.load(document(server.address, heartbeatInterval=1))
        assert not (await chain.arun(Message("x"))).failed
        await eventually(lambda: server.received.count(b"ping\n") >= 2)


async def test_a_lost_connection_is_opened_again():
    """The message that finds it lost goes over a new one; while the server is away they fail."""
    server = LineServer()
    await server.start()
    async with Engine() as engine:
        chain = engine.load(document(server.address))

        async def relation():
            return (await chain.arun(Message("x"))).ends[0].relation

        assert await relation() == "Success"
        await eventually(lambda: server.received == b"x\n")
        await server.stop()

        async def fails():
            return await relation() == "Failure"

        # TCP takes a while to say so.
        await eventually(fails)
        server.received = b""
        await server.start(int(server.address.rpartition(":")[2]))
        assert await relation() == "Success"
        await eventually(lambda: server.received == b"x\n")
    await server.stop()


async def test_a_message_that_finds_the_connection_cut_takes_another():
    """Nothing is lost, and nothing fails."""
    async with line_server() as server, Engine() as engine:
        chain = engine.load(document(server.address))
        for count in (1, 2, 3):
            assert not (await chain.arun(Message("x"))).failed
            await eventually(lambda expected=b"x\n" * count: server.received == expected)
            assert len(server.writers) == count
            server.writers[-1].transport.abort()
            await server.writers[-1].wait_closed()


async def test_a_server_that_takes_nothing_is_a_failure(monkeypatch):
    """Sending waits for room, and not for ever."""
    monkeypatch.setattr("rulechain.components.external.net_connection._SEND_TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with Engine() as engine:
            chain = engine.load(document(f"127.0.0.1:{silent.getsockname()[1]}"))
            run = await chain.arun(Message("x" * 50_000_000, data_type="TEXT"))
    assert run.ends[0].error == "the other side has taken nothing for 0.1 s"


async def test_a_run_that_times_out_gives_up_connecting():
    """What waits for a connection can be cancelled, and leaves nothing behind."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for client in waiting:
            client.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                client.connect(address)
        async with Engine() as engine:
            run = await engine.load(document(f"127.0.0.1:{address[1]}")).arun(Message("x"), timeout_s=0.1)
        for client in waiting:
            client.close()
    assert run.ends[0].error == "processing cancelled: context deadline exceeded"


def test_a_server_that_is_away_is_a_failure():
    """The error names it."""
    outcome = outcome_of("net", {"server": "127.0.0.1:1"}, json_message({}))
    assert outcome.relation == "Failure"
    assert outcome.error.startswith("127.0.0.1:1: ")
    path = str(Path("nothing", "here"))
    assert outcome_of("net", {"server": path, "protocol": "unix"}).error.startswith(f"{path}: ")


@pytest.mark.parametrize("server", ["", "h", "h:", ":x", "h:99999", "h:1/x"])
def test_wrong_addresses_are_told(server):
    """An address that cannot be read keeps the chain from loading."""
    found = findings("net", {"server": server})
    assert f'P302 11 "server" is "{server}", expected host:port' in found


def test_unknown_protocols_are_told():
    """The known ones are named."""
    found = findings("net", {"server": "h:1", "protocol": "tpc"})
    assert found == ['P302 13 "protocol" is "tpc", expected one of tcp, tcp4, tcp6, udp, udp4, udp6, unix']
