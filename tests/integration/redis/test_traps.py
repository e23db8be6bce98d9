"""Situations in which an entry could be forgotten in a consumer's hands, or dropped without a word: none may be."""

import asyncio
import time

import pytest

from rulechain.api import EndpointCounts
from rulechain.diagnostics.errors import EndpointUnavailableError
from rulechain.endpoints.redis_stream import work
from rulechain.endpoints.redis_stream.commands import Wanted
from rulechain.endpoints.redis_stream.recovery import Recovery
from rulechain.endpoints.redis_stream.retries import Backoff
from rulechain.endpoints.redis_stream.scripts import RENEW
from rulechain.endpoints.redis_stream.settings import RedisStreamSettings
from rulechain.endpoints.redis_stream.tally import Tally
from rulechain.endpoints.redis_stream.upkeep import Upkeep
from rulechain.endpoints.redis_stream.work import Workload
from rulechain.endpoints.respond import Response
from support.chains import Chains, Gate, fail
from support.eventually import eventually
from support.redis_server import needs_server

pytestmark = pytest.mark.redis


async def test_a_failed_entry_gets_its_next_try_though_its_lane_is_crowded(streams):
    """Its queue may fill all the room there is: the one who holds the lane is tried again all the same."""
    luck = iter([False, True])

    def chain(message):
        if message.value["n"] == "0" and not next(luck):
            raise ValueError("no luck")
        return message

    async with streams:
        await streams.send(*({"key": "a", "n": str(n)} for n in range(30)))
        router = streams.router(order_by="msg.key")
        async with streams.endpoint(chain, router, concurrency=2, batchSize=2, backoff="200ms") as endpoint:
            await eventually(lambda: endpoint.status().in_flight >= 9)
            await eventually(lambda: endpoint.status().counts.answered == 30)
        assert [int(answer["n"]) for answer in await streams.answers()] == list(range(30))


async def test_failed_entries_get_their_next_try_though_no_more_may_wait(streams, monkeypatch):
    """When as many wait for their next try as may, nothing new is read, and those that wait are tried."""
    monkeypatch.setattr(work, "_MOST_RETRYING", 5)
    async with streams:
        await streams.send_numbers(40)
        async with streams.endpoint(fail, maxDeliveries=2, batchSize=5, backoff="50ms") as endpoint:
            await eventually(lambda: endpoint.status().counts.dead == 40)
            assert endpoint.status().in_flight == 0


async def test_failed_entries_of_several_streams_survive_a_lost_connection(streams):
    """When the link breaks as their pauses end, those of every stream are tried again in the next session."""
    second = f"{streams.names.requests}:2"
    async with streams:
        await streams.send_numbers(3)
        await streams.send(*({"n": str(n)} for n in range(3)), stream=second)
        router = streams.router().from_(f"{streams.names.requests},{second}")
        async with streams.endpoint(fail, router, maxDeliveries=2, backoff="300ms", backoffMax="300ms") as endpoint:
            await eventually(lambda: endpoint.status().waiting == 6)
            await streams.cut_connections()
            await eventually(lambda: endpoint.status().counts.dead == 6)
            assert endpoint.status().in_flight == 0
        await streams.link.call("DEL", second, f"{second}.dead")


async def test_of_entries_that_are_due_together_none_is_forgotten(streams):
    """When the link breaks as they are claimed once more, those of every stream wait for the next session."""
    settings, sources = RedisStreamSettings(), [streams.source(), streams.source()]
    async with streams:
        load = Workload(settings.policy, 10, Backoff(0, 0), None, Tally("test", EndpointCounts()))
        for source in sources:
            load.take(source, [(b"1-0", [b"n", b"0"])])
            load.retries.add(load.waiting.popleft())
        recovery = Recovery(streams.link, await streams.commands(), sources, load, settings)
        await streams.cut_own_connection()
        with pytest.raises(EndpointUnavailableError):
            await recovery.retry()
        await streams.reconnect()
    assert len(load.retries) == 2


async def test_failed_entries_of_a_stream_that_cannot_be_read_wait(streams):
    """They are not tried before the stream has been looked at again, and end no session of the other streams."""
    settings, source = RedisStreamSettings(), streams.source()
    async with streams:
        load = Workload(settings.policy, 10, Backoff(0, 0), None, Tally("test", EndpointCounts()))
        load.take(source, [(b"1-0", [b"n", b"0"])])
        load.retries.add(load.waiting.popleft())
        source.fault = "it is a text"
        recovery = Recovery(streams.link, await streams.commands(), [source], load, settings)
        retrying = asyncio.create_task(recovery.retry())
        await eventually(lambda: load.retries._heap[0][0] > time.monotonic() + 1)
        recovery.stop()
        load.changes.note()
        await retrying
    assert (len(load.retries), list(source.held)) == (1, [b"1-0"])


async def test_of_a_batch_that_is_settled_one_by_one_none_is_forgotten(streams):
    """When the link breaks among them, those not settled yet are left to the next session as well."""
    settings, source = RedisStreamSettings(), streams.source()
    async with streams:
        await streams.send_numbers(3)
        load = Workload(settings.policy, 10, Backoff(1, 1), None, Tally("test", EndpointCounts()))
        load.take(source, [(b"%d-0" % n, [b"n", b"0"]) for n in range(3)])
        batch = list(source.held.values())
        # No commit can carry the first; the server is gone before the second is settled.
        batch[0].writes = [Response(streams.names.responses, ["n", "\ud800"])]
        group = await streams.commands()
        side = Upkeep(streams.link, group, [source], load, settings)
        await streams.cut_own_connection()
        with pytest.raises(EndpointUnavailableError):
            await side.settle(batch)
        await streams.reconnect()
    assert load.late.take(10) == batch[1:]
    assert len(load.retries) == 1


async def test_an_entry_deleted_while_it_is_worked_on_is_answered(streams):
    """It was taken, so it gets its one response, however long it takes."""
    gate = Gate()
    async with streams:
        [id_] = await streams.send_numbers(1)
        async with streams.endpoint(gate.chain, keepAlive="20ms") as endpoint:
            await eventually(lambda: gate.waiting == 1)
            await streams.link.call("XDEL", streams.names.requests, id_)
            renewals = await _script_calls(streams)
            await eventually(lambda: _has_renewed(streams, renewals + 5))
            gate.opened.set()
            await eventually(lambda: endpoint.status().counts.answered == 1)
        assert (await streams.pending(), await streams.dead_letters()) == ([], [])
        assert (await streams.answered(), endpoint.status().counts.superseded) == (1, 0)


async def test_a_deleted_entry_is_left_to_who_lives(streams):
    """No server lets it be kept from idling: whoever would claim it looks whether its consumer gives signs of life."""
    names = streams.names
    async with streams:
        [id_] = await streams.send_numbers(1)
        await streams.take_as("me")
        await streams.deliver_again(id_, 1, "me")
        await streams.link.call("XDEL", names.requests, id_)
        me, other = await streams.commands("me"), await streams.commands("other")
        assert (
            await other.claim(streams.link, names.requests, Wanted(b"0-0", 10, 50_000, alone=True))
        ).deliveries == []
        assert await me.renew(streams.link, names.requests, [id_.encode()]) == []
        [taken] = (await other.claim(streams.link, names.requests, Wanted(b"0-0", 10, 0, alone=True))).deliveries
        assert (taken.id.decode(), taken.fields) == (id_, None)


@needs_server(7)
async def test_keep_alive_is_a_sign_of_life(streams):
    """Also where all that is held was deleted; before version 7 such entries can be kept from idling."""
    names = streams.names
    async with streams:
        [id_] = await streams.send_numbers(1)
        await streams.take_as("me")
        await streams.link.call("XDEL", names.requests, id_)
        await eventually(lambda: _has_been_idle(streams, 200))
        me = await streams.commands("me")
        renew = me.scripts.call(RENEW, [names.requests], [names.group, "me", id_])
        [gone, [facts]] = await streams.link.call_all([renew, ("XINFO", "CONSUMERS", names.requests, names.group)])
        assert (gone, facts[facts.index(b"idle") + 1] < 200) == ([], True)


async def test_a_deleted_entry_whose_response_cannot_be_written_leaves_a_tombstone(streams):
    """No server takes it back among the pending, so its dead letter is written at once, and again until it is."""
    gate = Gate()
    async with streams:
        await streams.link.call("SET", streams.names.responses, "a text")
        await streams.link.call("SET", streams.names.dead, "a text")
        [id_] = await streams.send_numbers(1)
        async with streams.endpoint(gate.chain, backoff="20ms") as endpoint:
            await eventually(lambda: gate.waiting == 1)
            await streams.link.call("XDEL", streams.names.requests, id_)
            gate.opened.set()
            await eventually(lambda: endpoint.status().waiting == 1)
            await streams.link.call("DEL", streams.names.dead)
            await eventually(lambda: endpoint.status().counts.vanished == 1)
            assert endpoint.status().in_flight == 0
        [letter] = await streams.dead_letters()
        assert (letter.id, letter.code, letter.fields) == (id_, "E716", [b"n", b"0"])
        assert "WRONGTYPE" in letter.reason
        assert await streams.pending() == []


async def test_entries_deleted_before_they_are_handed_back_leave_tombstones(streams):
    """A consumer that stops cannot give them to others: it says itself that they are gone."""
    gate = Gate()
    async with streams:
        ids = await streams.send_numbers(3)
        endpoint = streams.endpoint(gate.chain, concurrency=2)
        async with endpoint:
            await eventually(lambda: gate.waiting == 2)
            await streams.link.call("XDEL", streams.names.requests, *ids[1:])
            await endpoint.stop(0.0)
        counts = endpoint.status().counts
        assert (counts.handed_back, counts.vanished) == (1, 1)
        assert [id_ for id_, _, _ in await streams.pending()] == ids[:1]
        [letter] = await streams.dead_letters()
        assert (letter.id, letter.code) == (ids[1], "E716")


async def test_the_deleted_entries_of_a_dead_consumer_leave_tombstones(streams):
    """They are claimed when their consumer has given no sign of life for long, and counted, noted, acknowledged."""
    async with streams:
        ids = await streams.send_numbers(2)
        await streams.take_as("dead")
        await streams.link.call("XDEL", streams.names.requests, *ids)
        async with streams.endpoint(fail, claimIdle="50ms") as endpoint:
            await eventually(lambda: endpoint.status().counts.vanished == 2)
        assert await streams.pending() == []
        assert [letter.id for letter in await streams.dead_letters()] == ids


async def test_an_entry_that_waits_to_be_alone_holds_up_no_claims(streams):
    """While its lane is another's, what is idle behind it is taken; the next of its kind when its turn has come."""
    gate = Gate()

    async def chain(message):
        if message.value["key"] == "slow":
            await gate.chain(message)
        return message

    async with streams:
        keys = ("slow", "slow", "slow", "quick")
        ids = await streams.send(*({"key": key, "n": str(n)} for n, key in enumerate(keys)))
        await streams.take_as("dead")
        for id_, count in zip(ids, (1, 3, 3, 1), strict=True):
            await streams.deliver_again(id_, count)
        router = streams.router(order_by="msg.key")
        async with streams.endpoint(
            Chains(work=chain), router, maxDeliveries=3, claimIdle="100ms", consumer="me"
        ) as endpoint:
            await eventually(lambda: endpoint.status().counts.answered == 1)
            [answer] = await streams.answers()
            assert (answer["n"], gate.waiting) == ("3", 1)
            gate.opened.set()
            await eventually(lambda: endpoint.status().counts.answered == 4)
        assert [answer["n"] for answer in await streams.answers()] == ["3", "0", "1", "2"]


async def _script_calls(streams):
    text = (await streams.link.call("INFO", "commandstats")).decode()
    lines = [line for line in text.splitlines() if line.startswith("cmdstat_evalsha:")]
    return int(lines[0].partition("calls=")[2].partition(",")[0]) if lines else 0


async def _has_been_idle(streams, milliseconds):
    [facts] = await streams.link.call("XINFO", "CONSUMERS", streams.names.requests, streams.names.group)
    return facts[facts.index(b"idle") + 1] >= milliseconds


async def _has_renewed(streams, calls):
    return await _script_calls(streams) >= calls
