"""What other consumers of streams suffer from, where no other test shows it; docs/guarantees.md has the whole list."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from rulechain.connections import SharedConnections, parse_address
from rulechain.endpoints.redis_stream.settings import RedisStreamSettings
from support.chains import Chains, Gate, echo
from support.eventually import eventually
from support.redis_server import RedisStreams, StreamNames, build_endpoint

pytestmark = pytest.mark.redis


async def test_an_entry_is_acknowledged_after_its_chain_whatever_wait_says(streams):
    """RuleGo's `wait: false` acknowledges before the chain has run; here a crash in between must lose nothing."""
    gate = Gate()
    async with streams:
        await streams.send_numbers(1)
        definition = streams.router().definition
        router = replace(definition, to=replace(definition.to, wait=False))
        async with streams.endpoint(gate.chain, router) as endpoint:
            await eventually(lambda: gate.waiting == 1)
            assert len(await streams.pending()) == 1
            gate.opened.set()
            await eventually(lambda: endpoint.status().counts.answered == 1)
        assert await streams.pending() == []


async def test_a_changed_router_goes_on_where_the_old_one_was(streams):
    """The group stays with all that is pending in it, and nothing that came meanwhile is skipped."""
    gate = Gate()
    async with streams:
        ids = await streams.send_numbers(2)
        old = streams.endpoint(gate.chain)
        await old.start()
        await eventually(lambda: gate.waiting == 2)
        await old.stop(0.0)
        assert [id_ for id_, _, _ in await streams.pending()] == ids
        await streams.send({"n": "2"})
        async with streams.endpoint(Chains(other=echo), streams.router("changed", "chain:other")) as new:
            await eventually(lambda: new.status().counts.answered == 3)
            assert new.status().counts.recreated_groups == 0
        assert sorted(answer["n"] for answer in await streams.answers()) == ["0", "1", "2"]


async def test_an_endpoint_that_stops_takes_nothing_from_the_others(streams):
    """Of two on one stream and group, one stops: the other one goes on as if nothing had happened."""
    async with streams, streams.endpoint(echo) as staying:
        async with streams.endpoint(echo):
            await streams.send_numbers(20)
            await eventually(lambda: _answered(streams, 20))
        await streams.send_numbers(20)
        await eventually(lambda: _answered(streams, 40))
        assert (staying.status().counts.recreated_groups, staying.status().message) == (0, "")


async def test_nothing_is_read_after_a_stop(streams):
    """An entry that comes when the endpoint has stopped is delivered to nobody, though it was waiting for one."""
    async with streams:
        async with streams.endpoint(echo, block="1h") as endpoint:
            await streams.send({"n": "0"})
            await eventually(lambda: _answered(streams, 1))
        await streams.send({"n": "1"})
        assert (await streams.left(), await streams.pending()) == (1, [])
        assert (endpoint.status().counts.read, await streams.consumers()) == (1, [])


async def test_entries_are_read_and_settled_in_batches(own_server, stream_names):
    """Of a thousand entries that are there already, a hundred take one read and one commit."""
    streams = RedisStreams(own_server.url, stream_names)
    async with streams:
        await streams.send_numbers(1000)
        await streams.link.call("CONFIG", "RESETSTAT")
        async with streams.endpoint(echo, batchSize=100):
            await eventually(lambda: _answered(streams, 1000))
        text = (await streams.link.call("INFO", "commandstats")).decode()
    calls = {
        line.partition(":")[0].removeprefix("cmdstat_"): int(line.partition("calls=")[2].partition(",")[0])
        for line in text.splitlines()
        if line.startswith("cmdstat_")
    }
    assert calls["xack"] == 1000
    # A thousand of each would be one by one; slow machines get smaller batches, but never so small.
    assert calls["xreadgroup"] < 500
    assert calls["evalsha"] < 600


def test_no_two_consumers_have_the_same_name():
    """Not even two of one process: whose a pending entry is, is never in doubt."""
    names = {RedisStreamSettings().consumer_name() for _ in range(100)}
    assert len(names) == 100


async def test_many_endpoints_on_one_client_do_not_starve_each_other(streams):
    """Each blocks in a read, on a shared client, and each can still settle: connections are theirs alone."""
    shared = SharedConnections()
    shared.define("main", parse_address(streams.url))
    others = [RedisStreams(streams.url, StreamNames()) for _ in range(30)]
    async with AsyncExitStack() as stack:
        for each in others:
            await stack.enter_async_context(each)
            settings = {"server": "ref://main", "groupId": each.names.group, "block": "5s"}
            endpoint, _ = build_endpoint(Chains(work=echo), settings, shared=shared)
            endpoint.add_router(each.router())
            await stack.enter_async_context(endpoint)
        await asyncio.gather(*(each.send_numbers(5) for each in others))
        for each in others:
            await eventually(lambda each=each: _answered(each, 5))


async def _answered(streams, count):
    return await streams.answered() == count
