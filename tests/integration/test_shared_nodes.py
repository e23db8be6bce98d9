"""`ref://id`: nodes that use the connection of another."""

import asyncio
import contextlib
import json

import pytest

from rulechain import ChainError, Engine, Message
from support.documents import chain_document
from support.eventually import eventually


def database(sql, **configuration):
    """The configuration of a dbClient."""
    return {"driverName": "sqlite", "params": [], "sql": sql, **configuration}


class Listening:
    """A server that counts its connections, and those that are open."""

    def __init__(self):
        self.count = 0
        self.open = 0
        self.received = b""
        self.writers = []

    async def take(self, reader, writer):
        self.count += 1
        self.open += 1
        self.writers.append(writer)
        try:
            while chunk := await reader.read(1000):
                self.received += chunk
        finally:
            self.open -= 1
            writer.transport.abort()


@contextlib.asynccontextmanager
async def listening():
    listener = Listening()
    async with await asyncio.start_server(listener.take, "127.0.0.1", 0) as server:
        listener.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield listener
        await eventually(lambda: listener.open == 0)


async def test_nodes_of_a_chain_share_a_connection():
    """The one that refers may stand before the one that is referred to; `:memory:` proves that it is one database."""
    document = chain_document(
        ("fill", "dbClient", database("insert into t values (${msg.n})", dsn="ref://db")),
        ("read", "dbClient", database("select n from t", dsn="ref://db")),
        ("db", "dbClient", database("create table if not exists t (n integer)", dsn="${vars.dsn}")),
        connections=["db -Success-> fill", "fill -Success-> read"],
        configuration={"vars": {"dsn": ":memory:"}},
    )
    document["metadata"]["firstNodeIndex"] = 2
    async with Engine() as engine:
        chain = engine.load(document)
        runs = [await chain.arun(Message(json.dumps({"n": n}))) for n in (1, 2)]
    assert [run.ends[0].message.data for run in runs] == ['[{"n":1}]', '[{"n":1},{"n":2}]']


async def test_a_connection_closes_with_its_last_user():
    """Chains that come and go leave it open as long as one of them uses it; then it is opened anew."""
    async with listening() as server, Engine() as engine:
        engine.connections.define("line", {"type": "net", "configuration": {"server": server.address}})
        first, second = (
            engine.load(chain_document(("n", "net", {"server": "ref://line"})), chain_id=name) for name in ("1", "2")
        )
        for chain in (first, second, first):
            assert not (await chain.arun(Message("x"))).failed
        await eventually(lambda: server.received == b"x\n" * 3)
        assert server.count == 1
        engine.remove("1")
        assert not (await second.arun(Message("x"))).failed
        assert (server.count, server.open) == (1, 1)
        engine.remove("2")
        await eventually(lambda: server.open == 0)
        assert not (await first.arun(Message("late"))).failed
        await eventually(lambda: (server.count, server.open) == (2, 0))
        third = engine.load(chain_document(("n", "net", {"server": "ref://line"})), chain_id="3")
        assert not (await third.arun(Message("x"))).failed
        assert server.count == 3


async def test_a_name_that_is_given_again_leads_to_the_new_place():
    """For chains that are loaded then; the others go on where they were."""
    async with listening() as old, listening() as new, Engine() as engine:
        documents = [chain_document(("n", "net", {"server": "ref://line"}), chain_id=name) for name in ("a", "b")]
        chains = []
        for server, document in zip((old, new), documents, strict=True):
            engine.connections.define("line", {"type": "net", "configuration": {"server": server.address}})
            chains.append(engine.load(document))
        for chain in (*chains, *chains):
            assert not (await chain.arun(Message("x"))).failed
        await eventually(lambda: old.received == new.received == b"x\n" * 2)


async def test_a_lost_connection_is_opened_again_for_all():
    """Once, whoever notices it."""
    async with listening() as server, Engine() as engine:
        nodes = [("a", "net", {"server": server.address}), ("b", "net", {"server": "ref://a"})]
        chain = engine.load(chain_document(*nodes, connections=["a -Success-> b"]))
        for count in (1, 2):
            assert not (await chain.arun(Message("x"))).failed
            await eventually(lambda: server.received == b"x\n" * 2)
            assert server.count == count
            server.received = b""
            server.writers.pop().transport.abort()
            await eventually(lambda: server.open == 0)


@pytest.mark.parametrize(
    "nodes, message",
    [
        ([("a", "dbClient", database("select 1", dsn="ref://b"))], 'there is no shared connection "b"'),
        (
            [("a", "dbClient", database("select 1", dsn="ref://b")), ("b", "comment")],
            '"b" is of type "comment", whose connection "dbClient" cannot use',
        ),
        (
            [("a", "net", {"server": "ref://b"}), ("b", "net", {"server": "ref://a"})],
            'the shared connection "a" refers to itself',
        ),
        (
            [("a", "net", {"server": "ref://b"}), ("b", "net", {"server": "h:1", "connectTimeout": "x"})],
            'the shared connection "b" cannot be used: "connectTimeout" expected a whole number, got the text "x"',
        ),
    ],
)
def test_what_cannot_be_shared_is_told(nodes, message):
    """The chain does not load, and the finding stands at the reference."""
    with pytest.raises(ChainError) as raised:
        Engine().load(chain_document(*nodes))
    found = {(each.code, each.message): each.location.pointer for each in raised.value.diagnostics}
    assert found["E712", message].startswith("/metadata/nodes/0/configuration/")


def test_a_shared_node_is_a_node():
    """What has no type cannot be shared."""
    with pytest.raises(ValueError, match="a shared node needs a type and a configuration"):
        Engine().connections.define("db", {"driverName": "sqlite"})
