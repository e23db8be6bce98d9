"""`mqttClient` against a real broker, where the machine has one (Debian's package mosquitto will do)."""

import asyncio
import contextlib
import socket
import subprocess

import aiomqtt
import pytest

from rulechain import Engine, Message
from support.component_build import findings, json_message, outcome_of
from support.documents import chain_document
from support.eventually import eventually, eventually_blocking
from support.programs import find_program


class MqttServer:
    """A broker on a port of its own, which can be stopped and started again."""

    def __init__(self, folder):
        self._program = find_program("mosquitto")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._file = folder / "mosquitto.conf"
        self._file.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
        self._process = None

    def start(self):
        """Start it, and return when it takes connections."""
        command = [self._program, "-c", self._file]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually_blocking(self._answers)

    def stop(self):
        """End it."""
        self._process.terminate()
        self._process.wait(10)

    def _answers(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True


@pytest.fixture
def broker(tmp_path):
    server = MqttServer(tmp_path)
    server.start()
    yield server
    server.stop()


def document(broker, **configuration):
    """A chain of one node."""
    settings = {"server": f"127.0.0.1:{broker.port}", **configuration}
    return chain_document(("m", "mqttClient", settings))


@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_the_payload_is_published(broker, qos):
    """The topic is a template, bytes go out as they are, and the message goes on unchanged."""
    message = Message(b"\xff\x00", data_type="BINARY", metadata={"id": "d1"})
    async with aiomqtt.Client("127.0.0.1", broker.port) as listener, Engine() as engine:
        await listener.subscribe("devices/#", qos=2)
        run = await engine.load(document(broker, topic="devices/${id}", qos=qos)).arun(message)
        heard = await asyncio.wait_for(anext(listener.messages), 5)
    assert (run.ends[0].relation, run.ends[0].message) == ("Success", message)
    assert (str(heard.topic), heard.payload, heard.qos, heard.retain) == ("devices/d1", b"\xff\x00", qos, False)


async def test_a_lost_connection_is_opened_again(broker):
    """After the broker was away the next message goes through; while it is away they fail."""
    async with Engine() as engine:
        chain = engine.load(document(broker, topic="t", qos=1))

        async def relation():
            return (await chain.arun(Message("{}"))).ends[0].relation

        assert await relation() == "Success"
        broker.stop()

        async def fails():
            return await relation() == "Failure"

        await eventually(fails)
        broker.start()
        assert await relation() == "Success"
        broker.stop()
        broker.start()
        for _ in range(3):
            # The event loop has to see that the old connection has ended.
            await asyncio.sleep(0)
        assert await relation() == "Success"


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


@pytest.mark.parametrize("server", ["ws://127.0.0.1", "ref://broker", "", "tcp://:x"])
def test_wrong_addresses_are_told(server):
    """An address that cannot be read keeps the chain from loading."""
    assert f'P302 11 "{server}" is no address of an MQTT broker' in findings("mqttClient", {"server": server})
