"""Endpoints behind real sentinels, which replace a master that is gone."""

import asyncio

import pytest

from rulechain.api import ConnectionState
from rulechain.connections import RedisCache, connect, parse_address
from rulechain.diagnostics.errors import EndpointUnavailableError
from support.chains import Gate, echo
from support.eventually import eventually
from support.ports import free_port
from support.redis_nodes import start_replicated
from support.redis_server import RedisStreams

pytestmark = [pytest.mark.redis, pytest.mark.slow]

_FAILOVER_S = 40


@pytest.fixture
def replicated():
    """A master, a replica and three sentinels."""
    with start_replicated() as replicated:
        yield replicated


async def test_an_endpoint_goes_on_with_the_new_master(replicated, stream_names):
    """The master dies under load: what it had replicated is answered exactly once, what was in work is settled."""
    gate = Gate()

    async def chain(message):
        return await gate.chain(message) if message.value["n"] == "slow" else message

    old = replicated.master
    async with RedisStreams(replicated.url, stream_names) as streams:
        async with streams.endpoint(chain, consumer="me", block="100ms") as endpoint:
            await streams.send({"n": "slow"})
            await streams.send_numbers(500)
            await eventually(lambda: _has_answers(streams, 500))
            await eventually(lambda: gate.waiting == 1)
            await eventually(replicated.is_in_step)
            old.kill()
            await eventually(lambda: endpoint.status().state is ConnectionState.RECONNECTING)
            gate.opened.set()
            await eventually(lambda: replicated.master is not old, within_s=_FAILOVER_S)
            await eventually(lambda: endpoint.status().state is ConnectionState.CONNECTED, within_s=_FAILOVER_S)
            await eventually(lambda: _can_reconnect(streams))
            await streams.send_numbers(500)
            await eventually(lambda: _has_answers(streams, 1001))
            await eventually(lambda: _is_settled(streams))
            assert endpoint.status().counts.recreated_groups == 0
        answers = [answer["n"] for answer in await streams.answers()]
        assert sorted(answers) == sorted(["slow", *(str(n) for n in range(500)), *(str(n) for n in range(500))])


async def test_a_master_that_stands_still_is_left(replicated, stream_names):
    """Its connections stay open and say nothing: the endpoint notices, goes on with the new master, and stays there.

    When the old one comes back it takes itself for the master until the sentinels tell it otherwise; neither then nor
    later does the endpoint write to it.
    """
    old = replicated.master
    streams = RedisStreams(replicated.url, stream_names)
    async with streams, streams.endpoint(echo, block="100ms") as endpoint:
        await streams.send_numbers(10)
        await eventually(lambda: _has_answers(streams, 10))
        await eventually(replicated.is_in_step)
        old.pause()
        await eventually(lambda: replicated.master is not old, within_s=_FAILOVER_S)
        await eventually(lambda: _can_reconnect(streams), within_s=_FAILOVER_S)
        await streams.send_numbers(10)
        await eventually(lambda: _has_answers(streams, 20), within_s=_FAILOVER_S)
        old.resume()
        await eventually(lambda: old.redis.info("replication")["role"] == "slave", within_s=_FAILOVER_S)
        await streams.send_numbers(10)
        await eventually(lambda: _has_answers(streams, 30))
        assert endpoint.status().state is ConnectionState.CONNECTED


async def test_a_demoted_master_is_left(replicated, stream_names):
    """A failover on command leaves the old master alive as a replica: its refusals to write lead to the new one."""
    old = replicated.master
    streams = RedisStreams(replicated.url, stream_names)
    async with streams, streams.endpoint(echo, block="100ms") as endpoint:
        await streams.send_numbers(10)
        await eventually(lambda: _has_answers(streams, 10))
        await eventually(replicated.is_in_step)
        replicated.sentinels[0].call("SENTINEL FAILOVER", replicated.SERVICE)
        await eventually(lambda: old.redis.info("replication")["role"] == "slave", within_s=_FAILOVER_S)
        await eventually(lambda: _can_reconnect(streams), within_s=_FAILOVER_S)
        await streams.send_numbers(10)
        await eventually(lambda: _has_answers(streams, 20), within_s=_FAILOVER_S)
        assert endpoint.status().counts.failed == 0


async def test_it_says_what_it_looks_for():
    """Without a sentinel that answers, or one that knows the name, the error says so for each."""
    nowhere = free_port()
    client = connect(parse_address(f"redis+sentinel://127.0.0.1:{nowhere}/main"))
    with pytest.raises(EndpointUnavailableError, match=f"no master is known .*127.0.0.1:{nowhere}"):
        await client.link()
    await client.close()


def test_a_cache_is_on_the_master(replicated):
    """It asks the sentinels where that is."""
    cache = RedisCache(replicated.url, prefix="cached:")
    cache.set("k", 1)
    assert cache.get("k") == 1.0
    assert replicated.master.redis.get("cached:k") == "1"
    cache.close()


async def test_an_unknown_service_is_named(replicated):
    """The name in the URL must be the sentinels' own, and one sentinel that answers is enough."""
    host = replicated.sentinels[0].address
    client = connect(parse_address(f"redis+sentinel://127.0.0.1:{free_port()},{host}/other"))
    with pytest.raises(EndpointUnavailableError, match='knows no master "other"'):
        await client.link()
    await client.close()
    client = connect(parse_address(f"redis+sentinel://127.0.0.1:{free_port()},{host}/main"))
    links = await asyncio.gather(*(client.link() for _ in range(3)))
    assert [(await link.call("ROLE"))[0] for link in links] == [b"master"] * 3
    for link in links:
        await link.close()
    await client.close()


async def _can_reconnect(streams):
    try:
        await streams.reconnect()
        return await streams.link.call("ROLE") and (await streams.link.call("ROLE"))[0] == b"master"
    except EndpointUnavailableError:
        return False


async def _has_answers(streams, count):
    try:
        return await streams.answered() == count
    except EndpointUnavailableError:
        await _can_reconnect(streams)
        return False


async def _is_settled(streams):
    return await streams.pending() == [] and await streams.left() == 0
