"""`x/redisClient` and `x/redisPub` against a real server."""

import asyncio
import json
import uuid

import pytest

from rulechain import Engine, Message
from rulechain.connections import SharedConnections, connect, parse_address
from support.component_build import findings, json_message, outcome_of
from support.documents import chain_document
from support.eventually import eventually

pytestmark = pytest.mark.redis


@pytest.fixture
def key():
    """A key that nobody else uses."""
    return f"test:{uuid.uuid4().hex[:12]}"


@pytest.fixture
def command(server_url):
    """`command(cmd, *params)` gives the outcome of one command."""

    def run(cmd, *params, message=None, **configuration):
        settings = {"server": server_url, "cmd": cmd, "params": list(params), **configuration}
        return outcome_of("x/redisClient", settings, message)

    return run


def test_a_value_is_stored_and_read(command, key):
    """Parameters are templates, a text reply becomes the payload, metadata and data type stay."""
    message = json_message({"t": 21.5}, metadata={"key": key})
    assert command("SET", "${key}", "${msg.t}", message=message).message.data == "OK"
    outcome = command("get", "${metadata.key}", message=message)
    assert (outcome.relation, outcome.message.data, outcome.message.data_type) == ("Success", "21.5", "JSON")
    assert outcome.message.metadata == message.metadata


def test_numbers_are_decimal(command, key):
    """An integer reply becomes its digits."""
    assert command("INCRBY", key, 41).message.data == "41"
    assert command("INCR", key).message.data == "42"


def test_nothing_is_a_failure(command, key):
    """A missing key has RuleGo's error."""
    outcome = command("GET", key)
    assert (outcome.relation, outcome.error) == ("Failure", "redis: nil")


def test_lists_and_maps_become_json(command, key):
    """A list is a JSON list; hgetall gives an object of texts."""
    command("RPUSH", key, "a", 1)
    assert command("LRANGE", key, 0, -1).message.data == '["a","1"]'
    command("HSET", f"{key}:h", "b", 2, "a", "x")
    assert command("hgetall", f"{key}:h").message.data == '{"a":"x","b":"2"}'
    assert command(f"HGETALL {key}:none").message.data == "{}"
    assert json.loads(command("CONFIG GET maxmemory").message.data) == {"maxmemory": "0"}


def test_bytes_survive(command, key):
    """A payload that is not UTF-8 goes and comes unchanged."""
    message = Message(b"\xff\x00", data_type="BINARY", metadata={"key": key})
    command("SET", key, "${data}", message=message)
    assert command("GET", key).message.data == b"\xff\x00"


@pytest.mark.parametrize(
    "value, stored",
    [(True, "1"), (False, "0"), (1.5, "1.5"), (3.0, "3"), ("", ""), ("${msg.none}", ""), ("${msg.b}", "1")],
)
def test_values_are_written_as_go_redis_does(command, key, value, stored):
    """Truth values are 1 and 0, whole floats have no fraction, nothing is the empty text."""
    command("SET", key, value, message=json_message({"b": True}))
    assert command("GET", key).message.data == stored


@pytest.mark.parametrize("name, kind", [("o", "map[string]interface {}"), ("l", "[]interface {}")])
def test_objects_and_lists_are_no_arguments(command, key, name, kind):
    """They are a Failure before anything is sent."""
    outcome = command("SET", key, f"${{msg.{name}}}", message=json_message({"o": {}, "l": []}))
    assert outcome.error == f"redis: can't marshal {kind} (implement encoding.BinaryMarshaler)"


def test_a_value_cannot_add_arguments(command, key):
    """The command is split before its templates are filled in."""
    message = json_message({"name": f"{key} EX 1", "n": 1})
    command("SET ${msg.name} ${msg.n + 1}", message=message)
    assert command("TTL", f"{key} EX 1").message.data == "-1"
    assert command("GET", f"{key} EX 1").message.data == "2"


def test_the_legacy_expression_gives_the_parameters(command, key):
    """A list is spread, anything else is one argument; params win over it."""
    message = json_message({"k": key})
    command("SET", message=message, paramsExpr="[msg.k, 7]")
    assert command("GET", message=message, paramsExpr="msg.k").message.data == "7"
    assert command("GET", key, message=message, paramsExpr='"other"').message.data == "7"


def test_an_error_reply_is_a_failure(command, key):
    """The server's words are the error."""
    assert command("INCR", key, "too many").error == "ERR wrong number of arguments for 'incr' command"


def test_a_server_that_is_away_is_a_failure():
    """The error names the server."""
    outcome = outcome_of("x/redisClient", {"server": "127.0.0.1:1", "password": "secret"})
    assert outcome.relation == "Failure"
    assert outcome.error.startswith("redis://:***@127.0.0.1:1: ")


@pytest.mark.parametrize(
    "configuration, finding",
    [
        ({"cmd": " "}, 'P302 8 "cmd" is empty'),
        ({"params": [1, None]}, "P302 14 param at index 1 is nil"),
        ({"server": "ftp://x"}, 'E706 11 "ftp://" is no scheme of a server address'),
        ({"server": "ref://none"}, 'E712 11 there is no shared connection "none"'),
    ],
)
def test_wrong_settings_are_told(configuration, finding):
    """Each fault has its place."""
    assert finding in findings("x/redisClient", configuration)


async def test_messages_share_connections(own_server, key):
    """Calls at the same time use several connections up to poolSize, later ones use them again; closing ends them."""
    client = connect(parse_address(own_server.url))
    link = await client.link()
    before = await _connections(link)
    document = chain_document(
        ("r", "x/redisClient", {"server": own_server.url, "poolSize": 2, "cmd": "BLPOP", "params": [key, "0.05"]})
    )
    async with Engine() as engine:
        chain = engine.load(document)
        await asyncio.gather(*(chain.arun(Message("{}")) for _ in range(4)))
        assert await _connections(link) == before + 2

    async def only_ours():
        return await _connections(link) == before

    await eventually(only_ours)
    await link.close()
    await client.close()


async def test_a_connection_that_broke_is_opened_again(own_server):
    """After a restart of the server the next message goes through."""
    async with Engine() as engine:
        configuration = {"server": own_server.url, "cmd": "PING", "params": []}
        chain = engine.load(chain_document(("r", "x/redisClient", configuration)))
        assert (await chain.arun(Message("{}"))).ends[0].message.data == "PONG"
        own_server.restart()
        for _ in range(3):
            # The event loop has to see that the old connection has ended.
            await asyncio.sleep(0)
        assert (await chain.arun(Message("{}"))).ends[0].message.data == "PONG"


async def test_a_command_given_up_leaves_no_reply_behind(server_url, key):
    """The next command on the node gets its own reply."""
    configuration = {"server": server_url, "poolSize": 1, "cmd": "${cmd}", "params": ["${key}", "${wait}"]}
    async with Engine() as engine:
        chain = engine.load(chain_document(("r", "x/redisClient", configuration)))
        blocked = Message("{}", metadata={"cmd": "BLPOP", "key": key, "wait": "0.2"})
        assert (await chain.arun(blocked, timeout_s=0.05)).failed
        echo = Message("{}", metadata={"cmd": "SADD", "key": f"{key}:s", "wait": "x"})
        assert (await chain.arun(echo)).ends[0].message.data == "1"


async def test_a_shared_connection_is_borrowed(server_url, key):
    """`ref://id` uses the engine's connection of that id, and leaves it open."""
    async with Engine() as engine:
        engine.connections.define("main", parse_address(server_url))
        configuration = {"server": "ref://main", "cmd": "SET", "params": [key, "x"]}
        run = await engine.load(chain_document(("r", "x/redisClient", configuration))).arun(Message("{}"))
        assert run.ends[0].message.data == "OK"
        assert isinstance(engine.connections, SharedConnections)


async def test_the_payload_is_published(server_url, key):
    """The channel is a template, and the metadata tells how many listened."""
    client = connect(parse_address(server_url))
    link = await client.link()
    await link.call("SUBSCRIBE", f"{key}.north")
    async with Engine() as engine:
        document = chain_document(("p", "x/redisPub", {"server": server_url, "channel": f"{key}.${{site}}"}))
        run = await engine.load(document).arun(Message('{"a":1}', metadata={"site": "north"}))
    assert (run.ends[0].relation, run.ends[0].message.metadata["result"]) == ("Success", "1")
    assert await link.receive() == [b"message", f"{key}.north".encode(), b'{"a":1}']
    await link.close()
    await client.close()


async def _connections(link):
    """How many connections the server has."""
    return len((await link.call("CLIENT", "LIST")).splitlines())
