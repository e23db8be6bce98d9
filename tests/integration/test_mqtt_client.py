"""`mqttClient` against a real broker."""

import asyncio
import contextlib
import gc

import aiomqtt
import pytest
import trustme

from rulechain import Engine, Message
from support.component_build import findings, json_message, outcome_of
from support.documents import chain_document
from support.mqtt_server import MqttServer


@pytest.fixture
def broker(tmp_path):
    with MqttServer(tmp_path) as server:
        yield server


def document(broker, **configuration):
    """A chain of one node."""
    settings = {"server": f"127.0.0.1:{broker.port}", **configuration}
    return chain_document(("m", "mqttClient", settings))


@contextlib.asynccontextmanager
async def listening_in(port):
    """A way to a port that writes down what goes there: its own port, and the list of it."""
    heard, writers = [], []

    async def copy(reader, writer, log):
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(1000):
                log.append(chunk)
                writer.write(chunk)
        writer.close()

    async def take(reader, writer):
        there = await asyncio.open_connection("127.0.0.1", port)
        writers.extend((writer, there[1]))
        await asyncio.gather(copy(reader, there[1], heard), copy(there[0], writer, []))

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], heard
    for writer in writers:
        writer.transport.abort()


@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_the_payload_is_published(broker, qos):
    """The topic is a template, bytes go out as they are, and the message goes on unchanged."""
    message = Message(b"\xff\x00", data_type="BINARY", metadata={"id": "d1"})
    async with listening_in(broker.port) as (port, sent), aiomqtt.Client("127.0.0.1", broker.port) as listener:
        await listener.subscribe("devices/#", qos=qos)
        async with Engine() as engine:
            document_there = document(broker, server=f"127.0.0.1:{port}", topic="devices/${id}", qos=qos)
            run = await engine.load(document_there).arun(message)
        heard = await asyncio.wait_for(anext(listener.messages), 5)
    assert (run.ends[0].relation, run.ends[0].message) == ("Success", message)
    assert (str(heard.topic), heard.payload, heard.qos, heard.retain) == ("devices/d1", b"\xff\x00", qos, False)
    # The first byte of a PUBLISH packet says for which quality of service it asks.
    header = bytes([0x30 | qos << 1, 16 if qos else 14])
    assert header + b"\x00\x0adevices/d1" in b"".join(sent)


async def test_a_lost_connection_is_opened_again(broker):
    """After the broker was away the next message goes through; while it is away they fail."""
    async with Engine() as engine:
        chain = engine.load(document(broker, topic="t", qos=1))

        async def relation():
            return (await chain.arun(Message("{}"))).ends[0].relation

        assert await relation() == "Success"
        broker.stop()
        assert [await relation() for _ in range(3)] == ["Failure"] * 3
        broker.start()
        assert await relation() == "Success"
        broker.stop()
        broker.start()
        assert await relation() == "Success"


async def test_a_broker_that_dies_meanwhile_is_a_failure():
    """The message that it did not confirm fails at once, not after the time for it."""
    published = asyncio.Event()
    accepted = b"\x20\x02\x00\x00"

    async def take(reader, writer):
        await reader.read(1000)
        writer.write(accepted)
        await reader.read(1000)
        published.set()
        writer.transport.abort()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server, Engine() as engine:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        run = await engine.load(chain_document(("m", "mqttClient", {"server": address, "qos": 1}))).arun(Message("{}"))
        assert published.is_set()
    assert run.ends[0].error == "the broker has hung up before it confirmed the message"


async def test_a_run_that_times_out_gives_up_connecting():
    """A broker that never answers holds nobody, and leaves nothing behind."""
    async with await asyncio.start_server(_say_nothing, "127.0.0.1", 0) as server, Engine() as engine:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        chain = engine.load(chain_document(("m", "mqttClient", {"server": address})))
        run = await chain.arun(Message("{}"), timeout_s=0.1)
    assert run.ends[0].error == "processing cancelled: context deadline exceeded"


async def _say_nothing(reader, writer):
    try:
        await reader.read()
    finally:
        writer.transport.abort()


async def test_encrypted_brokers_are_checked(tmp_path):
    """A broker whose authority nobody named is refused, and no socket to it is left open."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    for name, part in (("ca", authority.cert_pem), ("cert", certificate.cert_chain_pems[0])):
        part.write_to_path(tmp_path / name)
    certificate.private_key_pem.write_to_path(tmp_path / "key")
    files = {"certfile": str(tmp_path / "cert"), "keyfile": str(tmp_path / "key")}
    with MqttServer(tmp_path, ssl=True, **files) as broker:
        async with Engine() as engine:
            settings = {"server": f"ssl://127.0.0.1:{broker.port}", "topic": "t", "qos": 1}
            run = await engine.load(document(broker, **settings)).arun(Message("{}"))
            gc.collect()
            assert "certificate verify failed" in run.ends[0].error
            run = await engine.load(document(broker, **settings, caFile=str(tmp_path / "ca"))).arun(Message("{}"))
            assert run.ends[0].error is None


@pytest.mark.parametrize("topic", ["a/#", "${metadata.none}"])
async def test_what_is_no_topic_fails(broker, topic):
    """A pattern or nothing cannot be published on, and does not cost the connection."""
    async with Engine() as engine:
        chain = engine.load(document(broker, topic=topic))
        assert "is no topic to publish on" in (await chain.arun(Message("{}"))).ends[0].error


def test_a_broker_that_is_away_is_a_failure():
    """The error names it."""
    outcome = outcome_of("mqttClient", {"server": "127.0.0.1:1"}, json_message({}))
    assert outcome.relation == "Failure"
    assert outcome.error.startswith("127.0.0.1:1: ")


@pytest.mark.parametrize("server", ["ws://127.0.0.1", "", "tcp://:x"])
def test_wrong_addresses_are_told(server):
    """An address that cannot be read keeps the chain from loading."""
    assert f'P302 11 "{server}" is no address of an MQTT broker' in findings("mqttClient", {"server": server})
