"""Endpoints on a real cluster of three nodes, whose slots move."""

import pytest

from rulechain.api import ConnectionState
from rulechain.connections import RedisCache, connect, parse_address
from rulechain.connections.slots import key_slot
from rulechain.connections.streams import StreamClient
from rulechain.diagnostics.errors import EndpointUnavailableError
from rulechain.endpoints import Router
from rulechain.endpoints.redis_stream.elsewhere import Elsewhere
from rulechain.endpoints.redis_stream.held import Entry
from rulechain.endpoints.redis_stream.workbench import DeadFilter, DeadLetterStream
from rulechain.endpoints.respond import Response
from support.chains import Chains, Gate, echo, fail
from support.eventually import eventually
from support.redis_nodes import start_cluster
from support.redis_server import RedisStreams, StreamNames, build_endpoint

pytestmark = [pytest.mark.redis, pytest.mark.slow]


@pytest.fixture(scope="module")
def cluster():
    """Three masters with a third of the slots each."""
    with start_cluster() as cluster:
        yield cluster


@pytest.fixture
def streams(cluster):
    """Streams that share a slot, which no other test uses."""
    return RedisStreams(cluster.url, _tagged(StreamNames()))


def _tagged(names):
    tag = f"{{{names.group}}}"
    names.requests, names.responses, names.dead = f"{tag}requests", f"{tag}responses", f"{tag}requests.dead"
    return names


async def test_commands_find_their_node(cluster):
    """A link without a key sends each command to the node that has its key, also while and after its slot moves."""
    client = connect(parse_address(cluster.url))
    link = await client.link()
    keys = [f"found:{n}" for n in range(20)]
    assert await link.call_all([("SET", key, key) for key in keys]) == [b"OK"] * 20
    assert await link.call_all([("GET", key) for key in keys]) == [key.encode() for key in keys]
    assert len({cluster.node_of(key).port for key in keys}) == 3
    target = _other(cluster, keys[0])
    source = cluster.begin_to_move(keys[0], target)
    assert await link.call("GET", keys[0]) == keys[0].encode()
    cluster.move_key(keys[0], source, target)
    assert await link.call("GET", keys[0]) == keys[0].encode()
    cluster.end_move(keys[0], source, target)
    assert await link.call_all([("GET", key) for key in keys]) == [key.encode() for key in keys]
    await link.close()
    await client.close()


async def test_a_link_for_a_key_breaks_when_its_slot_moves(cluster):
    """It goes to the node of the key and stays there; opened again, it goes to wherever the key is by then."""
    client, key = connect(parse_address(cluster.url)), "pinned:key"
    target = _other(cluster, key)
    link = await client.link(key)
    await link.call("SET", key, "1")
    source = cluster.begin_to_move(key, target)
    cluster.move_key(key, source, target)
    with pytest.raises(EndpointUnavailableError, match=f"slot {key_slot(key)} are at {target.address}"):
        await link.call("GET", key)
    await link.close()
    asking = await client.link(key)
    assert await asking.call("GET", key) == b"1"
    cluster.end_move(key, source, target)
    assert await asking.call_all([("GET", key), ("GET", key)]) == [b"1", b"1"]
    await asking.close()
    await client.close()


async def test_all_shards_are_consumed(cluster):
    """A range in braces names one stream per number, on all nodes; each is answered in its own slot, in one step."""
    mark = StreamNames().group
    shards = [f"{mark}:{{{n}}}" for n in range(8)]
    configuration = {"server": cluster.url, "groupId": mark, "block": "100ms"}
    endpoint, _ = build_endpoint(Chains(work=echo), configuration)
    endpoint.add_router(Router("r").from_(f"{mark}:{{0..7}}").to("chain:work", response_topic="${topic}.done").end())
    assert len({cluster.node_of(shard).port for shard in shards}) == 3
    async with RedisStreams(cluster.url, _tagged(StreamNames())) as streams, endpoint:
        for shard in shards:
            await streams.send(*({"n": str(n)} for n in range(50)), stream=shard)
        for shard in shards:
            await eventually(lambda shard=shard: _has_answers(streams, f"{shard}.done", 50))
        status = endpoint.status()
        assert (status.counts.answered, status.at_least_once) == (400, ())
        for shard in shards:
            assert await streams.link.call("XPENDING", shard, mark) == [0, None, None, None]
            assert [row["n"] for row in await streams.answers(f"{shard}.done")] == [str(n) for n in range(50)]


async def test_responses_to_other_slots_are_written_first(cluster, streams, caplog):
    """They cannot be part of the commit: the entry is answered all the same, and status and log name the router."""
    away = _name_elsewhere(streams.names.requests)
    router = Router("far").from_(streams.names.requests)
    router.to("chain:work", response_topic="${'" + away + "'}").end()
    async with streams, streams.endpoint(echo, router, responseMaxLen=1000) as endpoint:
        assert endpoint.status().at_least_once == ()
        await streams.send_numbers(300)
        await eventually(lambda: _has_answers(streams, away, 300))
        await eventually(lambda: _is_settled(streams))
        status = endpoint.status()
        assert (status.counts.answered, status.counts.responses, status.at_least_once) == (300, 300, ("far",))
        assert sorted(int(row["n"]) for row in await streams.answers(away)) == list(range(300))
    told = [record.message for record in caplog.records if "another slot" in record.message]
    assert [text.partition(" of the cluster")[0] for text in told] == [f'router "far": "{away}" is in another slot']


async def test_what_is_written_elsewhere_is_not_written_again_by_the_same_process(cluster, streams):
    """When the commit behind it finds the server away, only the commit is repeated."""
    stream, away = streams.names.requests, _name_elsewhere(streams.names.requests)
    async with streams:
        await streams.send_numbers(3)
        ids = await streams.take_as("me")
        group = await streams.commands()
        elsewhere = Elsewhere(key_slot(stream), group, None)
        elsewhere.link = streams.link
        source = streams.source()
        batch = [Entry(source, id_.encode(), [], writes=[Response(away, ("id", id_))]) for id_ in ids]
        client = connect(parse_address(cluster.url))
        side = await client.link(stream)
        commit_now, group.commit_now = group.commit_now, _is_away
        with pytest.raises(EndpointUnavailableError):
            await elsewhere.settle(side, batch)
        group.commit_now = commit_now
        assert await elsewhere.settle(side, batch) == []
        assert [row["id"] for row in await streams.answers(away)] == ids
        # By then another consumer could have them.
        assert [problem.reason for problem in await elsewhere.settle(side, batch)] == ["", "", ""]
        assert len(await streams.answers(away)) == 3
        await side.close()
        await client.close()


async def test_a_response_elsewhere_that_cannot_be_written_fails_its_entry(cluster, streams):
    """The entry is tried again and becomes a dead letter; those beside it are answered."""
    away = _name_elsewhere(streams.names.requests)
    bad = f"{away}:list"
    while key_slot(bad) == key_slot(streams.names.requests):
        bad += "x"
    router = Router("far").from_(streams.names.requests)
    router.to("chain:work", response_topic=f"${{msg.n == '3' ? '{bad}' : '{away}'}}").end()
    async with streams:
        await streams.link.call("RPUSH", bad, "x")
        async with streams.endpoint(echo, router, maxDeliveries=2, backoff="20ms"):
            await streams.send_numbers(6)
            await eventually(lambda: _has_answers(streams, away, 5))
            await eventually(lambda: _is_settled(streams))
            [letter] = await streams.dead_letters()
            assert (letter.code, "WRONGTYPE" in letter.reason) == ("E713", True)


async def test_work_goes_on_while_a_slot_moves(cluster, streams):
    """Through every step of a migration with entries coming in, each is answered exactly once and none is left."""
    requests, responses = streams.names.requests, streams.names.responses
    target = _other(cluster, requests)
    async with streams, streams.endpoint(echo, block="50ms") as endpoint:
        await streams.send_numbers(200)
        await eventually(lambda: _has_answers(streams, responses, 200))
        source = cluster.begin_to_move(requests, target)
        await streams.send_numbers(200)
        await eventually(lambda: _has_answers(streams, responses, 400))
        for key in (requests, responses):
            cluster.move_key(key, source, target)
        await eventually(lambda: _sends(streams, {"n": "moved"}))
        await eventually(lambda: _has_answers(streams, responses, 401))
        cluster.end_move(requests, source, target)
        await streams.send_numbers(200)
        await eventually(lambda: _has_answers(streams, responses, 601))
        await eventually(lambda: _is_settled(streams))
        assert endpoint.status().at_least_once == ()
        assert cluster.node_of(requests) is target


async def test_work_in_flight_survives_a_move(cluster, streams):
    """What was read from the old node is settled on the new one, once."""
    gate = Gate()
    async with streams, streams.endpoint(gate.chain, block="50ms") as endpoint:
        await streams.send_numbers(5)
        await eventually(lambda: gate.waiting == 5)
        target = _other(cluster, streams.names.requests)
        source = cluster.begin_to_move(streams.names.requests, target)
        cluster.end_move(streams.names.requests, source, target)
        gate.opened.set()
        await eventually(lambda: _has_answers(streams, streams.names.responses, 5))
        await eventually(lambda: _is_settled(streams))
        assert endpoint.status().counts.read == 5


def test_a_cache_uses_all_nodes(cluster):
    """Values are kept on whichever node has their key; what is meant by a prefix is found on all of them."""
    cache = RedisCache(cluster.url, prefix=f"{StreamNames().group}:")
    for n in range(20):
        cache.set(f"k{n}", n)
    assert cache.get("k3") == 3.0
    assert cache.find("k1") == {"k1": 1.0, **{f"k1{n}": 10.0 + n for n in range(10)}}
    cache.delete_prefix("")
    assert cache.find("") == {}
    cache.close()


async def test_streams_of_all_nodes_are_listed(cluster, streams):
    """What looks for streams by a pattern looks on every node."""
    mark = streams.names.group
    names = [f"listed:{mark}:{n}" for n in range(12)]
    async with StreamClient(cluster.url) as client:
        for name in names:
            await client.add_many(name, [{"n": "1"}])
        assert await client.streams(f"listed:{mark}:*") == dict.fromkeys(sorted(names), 1)
        await client.delete(*names)
        assert await client.streams(f"listed:{mark}:*") == {}


async def test_dead_letters_of_another_slot_go_back(cluster, streams):
    """A dead-letter stream may be anywhere: its letters go back to their stream, or to another one, and are gone."""
    dead = _name_elsewhere(streams.names.requests)
    async with streams:
        await streams.send_numbers(2)
        async with streams.endpoint(fail, deadLetter=dead, onFailure="deadLetter") as endpoint:
            await eventually(lambda: endpoint.status().counts.dead == 2)
        async with StreamClient(cluster.url) as client:
            letters = DeadLetterStream(client, dead)
            first, second = [found async for found in letters.find(DeadFilter())]
            assert await letters.send_back(first)
            assert not await letters.send_back(first)
            assert await letters.send_back(second, streams.names.responses)
            assert [found async for found in letters.find(DeadFilter())] == []
            await client.delete(dead)
        assert [entry["n"] for entry in await streams.answers(streams.names.requests)] == ["0"]
        assert (await streams.answers())[-1]["n"] == "1"


async def test_a_replica_that_takes_over_is_found():
    """A node dies under load: the endpoint goes on with the replica that gets its slots, and loses nothing."""
    with start_cluster() as cluster:
        mark = StreamNames()
        names = iter(f"{mark.group}:{n}" for n in range(1000))
        mark.group = next(name for name in names if cluster.node_of(name) is cluster.nodes[-1])
        streams = RedisStreams(cluster.url, _tagged(mark))
        responses = streams.names.responses
        async with streams, streams.endpoint(echo, consumer="me", block="50ms") as endpoint:
            await streams.send_numbers(200)
            await eventually(lambda: _has_answers(streams, responses, 200))
            await eventually(lambda: _is_settled(streams))
            await eventually(lambda: _is_in_step(cluster.nodes[-1]))
            cluster.nodes[-1].kill()
            await eventually(lambda: endpoint.status().state is ConnectionState.RECONNECTING)
            await eventually(lambda: cluster.node_of(mark.group) is cluster.replica, within_s=30)
            await eventually(lambda: _sends(streams, {"n": "after"}), within_s=30)
            await eventually(lambda: _has_answers(streams, responses, 201), within_s=30)
            assert endpoint.status().counts.failed == 0


async def test_a_weaker_promise_is_a_warning(cluster):
    """A response or dead-letter stream in another slot is told when the router is loaded."""
    configuration = {"server": cluster.url, "deadLetter": "{b}dead"}
    endpoint, _ = build_endpoint(Chains(work=echo), configuration)
    router = Router("r").from_("{a}in").to("chain:work", response_topic="{c}out").end()
    findings = endpoint.load_router(router.definition)
    assert [(finding.code.value, finding.message.partition(",")[0]) for finding in findings] == [
        ("E714", '"responseTopic" of router "r" names stream "{c}out"'),
        ("E714", '"deadLetter" of router "r" names stream "{b}dead"'),
    ]


async def _is_away(_link, _batch):
    raise EndpointUnavailableError("away")


def _other(cluster, key):
    """Return a node that does not have a key."""
    return next(node for node in cluster.nodes if node is not cluster.node_of(key))


def _name_elsewhere(stream):
    """Return the name of a stream in another slot."""
    mark = stream.partition("}")[0].strip("{")
    return next(name for n in range(9) if key_slot(name := f"away{n}:{mark}") != key_slot(stream))


async def _sends(streams, entry):
    """Add an entry; False while the slot cannot take it."""
    try:
        await streams.send(entry)
    except EndpointUnavailableError:
        await streams.reconnect()
        return False
    return True


async def _has_answers(streams, stream, count):
    try:
        return await streams.link.call("XLEN", stream) == count
    except EndpointUnavailableError:
        await streams.reconnect()
        return False


def _is_in_step(master):
    """Whether the replica of a node has all that it has written."""
    facts = master.redis.info("replication")
    return facts["slave0"]["offset"] == facts["master_repl_offset"]


async def _is_settled(streams):
    return await streams.pending() == [] and await streams.left() == 0
