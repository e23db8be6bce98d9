"""What every endpoint must do with what it is given, against a real server."""

import asyncio

import pytest

from rulechain.api import ConnectionState, Settlement
from rulechain.endpoints import Router
from support.chains import Chains, Gate, echo, fail
from support.eventually import eventually

pytestmark = pytest.mark.redis


async def test_it_opens_and_closes_twice(streams):
    """A stopped endpoint starts again and goes on; starting or stopping twice in a row is no mistake."""
    async with streams:
        endpoint = streams.endpoint(echo)
        for round_ in (1, 2):
            await endpoint.start()
            await endpoint.start()
            assert endpoint.status().state is ConnectionState.CONNECTED
            await streams.send({"n": str(round_)})
            await eventually(lambda expected=round_: _answered(streams, expected))
            await endpoint.stop()
            await endpoint.stop()
            assert endpoint.status().state is ConnectionState.DISCONNECTED
        assert endpoint.status().counts.answered == 2


async def test_data_and_metadata_arrive_intact(streams):
    """The chain gets the fields as sorted JSON text, the stream as type and topic, and the facts of the delivery."""
    chains = Chains(work=echo)
    async with streams:
        async with streams.endpoint(chains, consumer="me"):
            [entry_id] = await streams.send({"z": "1", "a": '<&>é "q"', "n": '{"x":[1,2]}', "ls": "\u2028"})
            await eventually(lambda: _answered(streams, 1))
        message = chains.started[0][2]
        assert message.data == '{"a":"<&>é \\"q\\"","ls":"\\u2028","n":"{\\"x\\":[1,2]}","z":"1"}'
        assert message.value == {"a": '<&>é "q"', "n": '{"x":[1,2]}', "z": "1", "ls": "\u2028"}
        assert (message.type, message.data_type) == (streams.names.requests, "JSON")
        assert dict(message.metadata) == {
            "topic": streams.names.requests,
            "channel": streams.names.requests,
            "entryId": entry_id,
            "deliveryCount": "1",
            "groupId": streams.names.group,
            "consumer": "me",
            "_triggerSource": "endpoint",
        }
        assert await streams.answers() == [{"z": "1", "a": '<&>é "q"', "n": '{"x":[1,2]}', "ls": "\u2028"}]


async def test_one_consumer_keeps_the_order_of_a_thousand(streams):
    """With one consumer and chains that do not wait, responses come in the order of the requests."""
    async with streams:
        await streams.send_numbers(1000)
        async with streams.endpoint(echo):
            await eventually(lambda: _answered(streams, 1000))
        assert [answer["n"] for answer in await streams.answers()] == [str(n) for n in range(1000)]
        assert await streams.left() == 0
        assert await streams.pending() == []


async def test_four_consumers_share_a_thousand(streams):
    """Every entry is answered once, whoever takes it."""
    async with streams:
        endpoints = [streams.endpoint(echo, batchSize=7, block="50ms") for _ in range(4)]
        for endpoint in endpoints:
            await endpoint.start()
        await streams.send_numbers(1000)
        await eventually(lambda: _answered(streams, 1000))
        for endpoint in endpoints:
            await endpoint.stop()
        assert sorted(int(answer["n"]) for answer in await streams.answers()) == list(range(1000))
        assert sum(endpoint.status().counts.answered for endpoint in endpoints) == 1000


async def test_a_failure_stays_pending_and_comes_back(streams):
    """An entry whose chain fails is not acknowledged; after a pause it is tried again, with its delivery count."""
    luck = iter([False, False, True])
    counts, heard = [], []

    def chain(message):
        counts.append(message.metadata["deliveryCount"])
        if not next(luck):
            raise ValueError("no luck")
        return message

    async with streams:
        await streams.send({"n": "1"})
        endpoint = streams.endpoint(chain, backoff="200ms")
        endpoint.watch(heard.append)
        async with endpoint:
            await eventually(lambda: endpoint.status().counts.failed == 1)
            assert [count for _, _, count in await streams.pending()] == [1]
            assert await streams.answered() == 0
            assert "no luck" in endpoint.status().message
            await eventually(lambda: _answered(streams, 1))
            await eventually(lambda: _left(streams, 0))
            await eventually(lambda: len(heard) == 3)
            totals = endpoint.status().counts
            assert (totals.retried, totals.answered, totals.responses) == (2, 1, 1)
        assert [event.settlement for event in heard] == [Settlement.RETRY, Settlement.RETRY, Settlement.ACK]
        assert counts == ["1", "2", "3"]


async def test_a_failure_is_told_to_watchers(streams):
    """Whoever watches hears of each entry, how it was settled and why."""
    heard = []
    chains = Chains(good=echo, bad=fail)
    async with streams:
        router = streams.router(target="chain:${msg.kind}")
        endpoint = streams.endpoint(chains, router)
        endpoint.watch(heard.append)
        async with endpoint:
            ids = await streams.send({"kind": "good"}, {"kind": "bad"}, {"kind": "unknown"})
            await eventually(lambda: len(heard) == 3)
    by_id = {event.entry_id: event for event in heard}
    good, bad, unknown = (by_id[id_] for id_ in ids)
    assert (good.settlement, good.responses, good.diagnostic, good.router_id) == (Settlement.ACK, 1, None, "r")
    assert (bad.settlement, bad.responses, bad.diagnostic.code) == (Settlement.RETRY, 0, "R602")
    assert bad.diagnostic.message == 'no luck (node "node")'
    assert unknown.diagnostic.code == "E709"
    assert unknown.diagnostic.message == "chainId=unknown not found error"


async def test_a_restart_resumes_its_own_pending_entries(streams):
    """A consumer with a name of its own first works on what it was given before it stopped, without waiting."""
    async with streams:
        await streams.send_numbers(3)
        await streams.take_as("me")
        async with streams.endpoint(echo, consumer="me", claimIdle="1h", batchSize=2) as endpoint:
            await eventually(lambda: _answered(streams, 3))
            assert endpoint.status().counts.retried == 3
        assert await streams.pending() == []


async def test_entries_of_a_dead_consumer_are_taken_over(streams):
    """What another consumer holds without a sign of life is claimed after `claimIdle`, and its name removed."""
    async with streams:
        await streams.send_numbers(30)
        await streams.take_as("dead")
        async with streams.endpoint(echo, claimIdle="100ms", batchSize=4) as endpoint:
            await eventually(lambda: _answered(streams, 30))
            assert endpoint.status().counts.claimed == 30
            await eventually(lambda: _has_no_consumer(streams, "dead"))
        assert await streams.left() == 0


async def test_work_in_flight_is_kept_alive(streams):
    """A chain may take longer than `claimIdle` without anybody else taking its entry."""
    gate = Gate()
    async with streams:
        await streams.send({"n": "1"})
        slow = streams.endpoint(gate.chain, claimIdle="200ms")
        eager = streams.endpoint(echo, claimIdle="200ms")
        async with slow:
            await eventually(lambda: gate.waiting == 1)
            async with eager:
                passed = asyncio.get_running_loop().time() + 1.0
                await eventually(lambda: asyncio.get_running_loop().time() > passed)
                assert eager.status().counts.claimed == 0
                gate.opened.set()
                await eventually(lambda: _answered(streams, 1))
        assert (slow.status().counts.answered, eager.status().counts.read) == (1, 0)


async def test_stop_drains_what_is_in_flight(streams):
    """Stopping reads no more, waits for runs under way, and settles them."""
    gate = Gate()
    async with streams:
        await streams.send_numbers(3)
        endpoint = streams.endpoint(gate.chain)
        await endpoint.start()
        await eventually(lambda: gate.waiting == 3)
        stopping = asyncio.create_task(endpoint.stop(drain_s=20))
        await asyncio.sleep(0)
        assert await streams.answered() == 0
        gate.opened.set()
        await stopping
        await streams.send({"n": "late"})
        assert sorted(answer["n"] for answer in await streams.answers()) == ["0", "1", "2"]
        assert await streams.pending() == []
        assert await streams.left() == 1
        assert await streams.consumers() == []


async def test_stop_leaves_the_rest_pending(streams):
    """What is not done when the time is up stays pending, for the next start."""
    gate = Gate()
    async with streams:
        await streams.send_numbers(3)
        endpoint = streams.endpoint(gate.chain, consumer="me")
        await endpoint.start()
        await eventually(lambda: gate.waiting == 3)
        await endpoint.stop(drain_s=0.1)
        assert [consumer for _, consumer, _ in await streams.pending()] == ["me"] * 3
        assert endpoint.status().in_flight == 3
        gate.opened.set()
        async with endpoint:
            await eventually(lambda: _answered(streams, 3))


async def test_a_consumer_that_stops_takes_nothing_over(streams):
    """While it drains, the entries of dead consumers are left to those that go on."""
    gate = Gate()
    async with streams:
        await streams.send_numbers(2)
        await streams.take_as("dead", 1)
        endpoint = streams.endpoint(gate.chain, claimIdle="1s")
        await endpoint.start()
        await eventually(lambda: gate.waiting == 1)
        stopping = asyncio.create_task(endpoint.stop(drain_s=20))
        await eventually(lambda: _is_idle(streams, "dead", 1500))
        gate.opened.set()
        await stopping
        assert endpoint.status().counts.claimed == 0
        assert [consumer for _, consumer, _ in await streams.pending()] == ["dead"]


async def test_work_in_flight_is_bounded(streams):
    """With slow chains no more entries are read than may be in flight; the rest waits on the stream."""
    gate = Gate()
    async with streams:
        await streams.send_numbers(50)
        async with streams.endpoint(gate.chain, concurrency=5) as endpoint:
            await eventually(lambda: gate.waiting == 5)
            assert len(await streams.pending()) == 5
            assert endpoint.status().in_flight == 5
            gate.opened.set()
            await eventually(lambda: _answered(streams, 50))
        assert gate.most_waiting == 5


async def test_a_slow_chain_does_not_hold_back_the_others(streams):
    """Responses of fast runs are written while a slow one of the same batch still waits."""
    gate = Gate()

    async def chain(message):
        return await gate.chain(message) if message.value["n"] == "0" else message

    async with streams:
        await streams.send_numbers(10)
        async with streams.endpoint(chain):
            await eventually(lambda: _answered(streams, 9))
            gate.opened.set()
            await eventually(lambda: _answered(streams, 10))


async def test_a_filtered_entry_is_done(streams):
    """A processor that returns False ends the entry's way: acknowledged, not answered, counted."""
    chains = Chains(work=echo)

    def is_even(exchange):
        return int(exchange.inbound.message.value["n"]) % 2 == 0

    async with streams:
        router = Router("r").from_(streams.names.requests).process(is_even)
        router.to("chain:work", response_topic=streams.names.responses).end()
        await streams.send_numbers(4)
        async with streams.endpoint(chains, router) as endpoint:
            await eventually(lambda: _left(streams, 0))
            counts = endpoint.status().counts
            assert (counts.answered, counts.filtered, counts.failed) == (2, 2, 0)
        assert [message.value["n"] for _, _, message in chains.started] == ["0", "2"]


async def _answered(streams, count):
    return await streams.answered() == count


async def _left(streams, count):
    return await streams.left() == count


async def _has_no_consumer(streams, name):
    return name not in await streams.consumers()


async def _is_idle(streams, consumer, least_ms):
    rows = await streams.link.call("XINFO", "CONSUMERS", streams.names.requests, streams.names.group)
    return any(row[1].decode() == consumer and row[5] >= least_ms for row in rows)
