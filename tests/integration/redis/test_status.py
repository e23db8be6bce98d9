"""What an endpoint says about itself while it works on a real server."""

import asyncio

import pytest

from rulechain.api import ConnectionState
from rulechain.observe.health import liveness
from support.chains import Chains, Gate, echo, fail
from support.eventually import eventually
from support.redis_nodes import ServerNode
from support.redis_server import RedisStreams

pytestmark = pytest.mark.redis

QUICK = {"backoff": "10ms", "backoffMax": "20ms"}
# The streams are looked at four times as often as entries are claimed.
OFTEN = {"claimIdle": "400ms"}


async def test_answered_entries_are_measured(streams):
    """Each has its delivery, its commit, and its time from the ID on, of which a few stand for a large batch."""
    async with streams:
        await streams.send_numbers(1000)
        async with streams.endpoint(echo) as endpoint:
            await eventually(lambda: endpoint.status().counts.answered == 1000)
            status = endpoint.status()
            measures = status.measures
            assert (measures.committed, measures.retries, measures.refused) == (1000, 0, 0)
            assert measures.deliveries.counts[0] == measures.deliveries.count == 1000
            assert 1 <= measures.commit_s.count <= 1000
            assert measures.end_to_end_s.count == 1000
            assert 0 < measures.end_to_end_s.total / 1000 < 60
            assert 0 <= status.silence_s < 60
            before = measures.committed
            await streams.send_numbers(1)
            await eventually(lambda: endpoint.status().measures.committed == 1001)
            assert measures.committed == before


async def test_failures_are_measured(streams):
    """Tries again, dead letters, what nobody takes, and the node that failed, are told apart."""
    chains = Chains(good=echo, bad=fail)
    routers = [
        streams.router("picky", "chain:${msg.kind}", when="msg.kind != 'odd'"),
    ]
    async with streams:
        await streams.send({"kind": "bad"}, {"kind": "odd"}, {"kind": "good"})
        async with streams.endpoint(chains, *routers, maxDeliveries=3, **QUICK) as endpoint:
            await eventually(lambda: endpoint.status().counts.dead == 2)
            await eventually(lambda: endpoint.status().counts.answered == 1)
            measures = endpoint.status().measures
    assert (measures.committed, measures.retries, measures.refused) == (3, 2, 1)
    assert measures.node_failures == {("bad", "node"): 3}
    assert measures.deliveries.counts[:3] == [3, 1, 1]


async def test_how_far_the_group_is_behind(streams):
    """What waits for a free slot is lag, with the age of its oldest entry; what is being worked on is pending."""
    gate = Gate()
    async with streams:
        await streams.send_numbers(5)
        async with streams.endpoint(gate.chain, concurrency=2, batchSize=2, **OFTEN) as endpoint:
            [stream] = await eventually(lambda: [one for one in endpoint.status().streams if one.pending == 2])
            assert stream.stream == streams.names.requests
            # Before Redis 7.0 the server does not count, and how long the stream is must do.
            assert (stream.lag, stream.lag_is_exact) in ((3, True), (5, False))
            assert 0 < stream.lag_s < 60
            assert 0 < stream.oldest_pending_s < 60
            gate.opened.set()
            await eventually(lambda: endpoint.status().streams[0].lag == endpoint.status().streams[0].pending == 0)
            assert endpoint.status().streams[0].lag_s == 0
            assert endpoint.status().streams[0].oldest_pending_s is None


async def test_a_reader_whose_slots_are_all_held_grows_silent(streams):
    """While chains that wait hold every slot nothing is read: a liveness probe notices, and is content afterwards."""
    gate = Gate()
    async with streams:
        await streams.send_numbers(3)
        async with streams.endpoint(gate.chain, concurrency=1, batchSize=1, block="50ms") as endpoint:
            await eventually(lambda: gate.waiting == 1)
            await eventually(lambda: not liveness([endpoint.status()], 0.2).is_well)
            gate.opened.set()
            await eventually(lambda: endpoint.status().counts.answered == 3)
            await eventually(lambda: liveness([endpoint.status()], 0.2).is_well)


async def test_an_idle_reader_is_not_silent(streams):
    """Reads come back though there is nothing to read."""
    async with streams, streams.endpoint(echo, block="20ms") as endpoint:
        await eventually(lambda: endpoint.status().silence_s is not None)
        for _ in range(20):
            await eventually(lambda: endpoint.status().silence_s < 0.02)
            await asyncio.to_thread(lambda: None)
        assert endpoint.status().state is ConnectionState.CONNECTED


async def test_a_reader_that_has_reconnected_is_not_silent(tmp_path, stream_names):
    """The time without a server does not count against it, neither meanwhile nor when the server is back."""
    server = ServerNode(tmp_path / "server", "--save", "").start()
    endpoint = RedisStreams(f"redis://{server.address}", stream_names).endpoint(echo, block="20ms")
    try:
        async with endpoint:
            await eventually(lambda: endpoint.status().state is ConnectionState.CONNECTED)
            server.kill()
            await eventually(lambda: endpoint.status().state is ConnectionState.RECONNECTING)
            await eventually(lambda: endpoint.status().silence_s > 1)
            assert liveness([endpoint.status()], 1).is_well
            server.start()
            await eventually(lambda: endpoint.status().state is ConnectionState.CONNECTED, within_s=20)
            assert endpoint.status().silence_s < 1
    finally:
        server.kill()
