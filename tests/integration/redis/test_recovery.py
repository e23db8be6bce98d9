"""Entries that are delivered and not settled: who takes them, when, how often."""

import asyncio
import signal
import subprocess
import sys
import time

import pytest

from rulechain.connections.streams import StreamClient
from rulechain.endpoints.redis_stream.commands import Wanted
from support.chains import Chains, Gate, echo, fail
from support.eventually import eventually, eventually_blocking
from support.redis_server import needs_server

pytestmark = pytest.mark.redis


@pytest.fixture(
    params=[pytest.param(True, id="XPENDING IDLE", marks=needs_server(6, 2)), pytest.param(False, id="before 6.2")]
)
def filters_by_idle(request):
    """Whether the server can leave out entries that are not idle."""
    return request.param


async def claim(streams, group, cursor=b"0-0", count=100, *, idle_ms=0, alone=True, held=()):
    return await group.claim(streams.link, streams.names.requests, Wanted(cursor, count, idle_ms, alone, held))


async def test_a_claim_takes_only_what_is_idle(streams, filters_by_idle):
    """Page by page, entries idle for long change their owner, with one delivery more; the others stay."""
    async with streams:
        ids = await streams.send_numbers(6)
        await streams.take_as("dead")
        for id_ in ids[::2]:
            await streams.deliver_again(id_, 1)
        group = await streams.commands()
        group.filters_by_idle = filters_by_idle
        cursor, taken = b"0-0", []
        while True:
            step = await claim(streams, group, cursor, 2, idle_ms=50_000)
            taken += [(one.id.decode(), one.delivery_count, one.fields) for one in step.deliveries]
            cursor = step.cursor
            if cursor == b"0-0":
                break
        assert taken == [(id_, 2, [b"n", b"%d" % (2 * n)]) for n, id_ in enumerate(ids[::2])]
        assert [consumer for _, consumer, _ in await streams.pending()] == ["me", "dead"] * 3


async def test_a_claim_leaves_what_is_held_alone(streams):
    """What this consumer has in its hands is neither taken nor counted as delivered again."""
    async with streams:
        [first, second] = await streams.send_numbers(2)
        await streams.take_as("me")
        group = await streams.commands()
        step = await claim(streams, group, idle_ms=None, held=[first.encode()])
        assert [(one.id.decode(), one.delivery_count) for one in step.deliveries] == [(second, 2)]
        assert [(id_, count) for id_, _, count in await streams.pending()] == [(first, 1), (second, 2)]


async def test_a_claim_of_ones_own_takes_nothing_of_others(streams):
    """A consumer's backlog is what is pending under its name, however fresh."""
    async with streams:
        [mine, _] = await streams.send_numbers(2)
        await streams.take_as("me", 1)
        await streams.take_as("other", 1)
        step = await claim(streams, await streams.commands(), idle_ms=None)
        assert [one.id.decode() for one in step.deliveries] == [mine]


async def test_deleted_entries_are_told_and_stay_pending(streams):
    """Until its tombstone is written, an entry that was deleted stays in the list, on every server."""
    async with streams:
        [id_] = await streams.send_numbers(1)
        await streams.take_as("dead")
        await streams.link.call("XDEL", streams.names.requests, id_)
        step = await claim(streams, await streams.commands())
        assert [(one.id.decode(), one.fields) for one in step.deliveries] == [(id_, None)]
        assert [(one, count) for one, _, count in await streams.pending()] == [(id_, 1)]


async def test_entries_at_the_limit_are_taken_one_by_one(streams):
    """Of those that have used up their deliveries a claim takes one, leaves the others, and goes on behind them."""
    async with streams:
        ids = [id_.encode() for id_ in await streams.send_numbers(4)]
        await streams.take_as("dead")
        for id_, count in zip(ids, (1, 3, 3, 4), strict=True):
            await streams.deliver_again(id_, count)
        group = await streams.commands(max_deliveries=3)
        step = await claim(streams, group)
        assert [(one.id, one.delivery_count) for one in step.deliveries] == [(ids[0], 2), (ids[1], 4), (ids[3], 5)]
        assert step.has_left_one
        held = [ids[0], ids[1], ids[3]]
        step = await claim(streams, group, alone=False, held=held)
        assert (step.deliveries, step.has_left_one) == ([], True)
        step = await claim(streams, group, held=held)
        assert [(one.id, one.delivery_count) for one in step.deliveries] == [(ids[2], 4)]
        assert not step.has_left_one
        assert [count for _, _, count in await streams.pending()] == [2, 4, 4, 4]


async def test_failures_come_back_without_holding_up_the_others(streams):
    """While failed entries pause, fresh ones are answered; each try counts as a delivery; the pauses grow."""
    began = {}

    def chain(message):
        if message.value["n"] == "bad":
            began[message.metadata["deliveryCount"]] = time.monotonic()
            raise ValueError("no luck")
        return message

    async with streams:
        await streams.send({"n": "bad"})
        settings = {"maxDeliveries": 4, "backoff": "200ms", "backoffMax": "300ms"}
        async with streams.endpoint(chain, claimIdle="100ms", **settings) as endpoint:
            await eventually(lambda: endpoint.status().waiting == 1)
            await streams.send_numbers(100)
            await eventually(lambda: endpoint.status().counts.answered == 100)
            assert endpoint.status().counts.failed == 1
            await eventually(lambda: endpoint.status().counts.dead == 1)
            assert endpoint.status().counts.claimed == 0
        assert await streams.pending() == []
    assert list(began) == ["1", "2", "3", "4"]
    pauses = [later - earlier for earlier, later in zip(list(began.values()), list(began.values())[1:], strict=False)]
    assert pauses[0] >= 0.1
    assert min(pauses[1:]) >= 0.15
    assert max(pauses) < 2


async def test_a_failed_entry_that_another_consumer_took_is_left_to_it(streams):
    """Whoever has an entry when its pause ends tries it; the one that had it before lets it go."""
    names = streams.names
    async with streams:
        [id_] = await streams.send_numbers(1)
        async with streams.endpoint(fail, backoff="300ms") as endpoint:
            await eventually(lambda: endpoint.status().waiting == 1)
            await streams.link.call("XCLAIM", names.requests, names.group, "thief", 0, id_)
            await eventually(lambda: endpoint.status().counts.superseded == 1)
            assert endpoint.status().in_flight == 0
            assert endpoint.status().counts.failed == 1
        assert [(consumer, count) for _, consumer, count in await streams.pending()] == [("thief", 2)]


async def test_failed_entries_survive_a_lost_connection(streams):
    """Their pauses go on over a reconnect; nothing is tried twice for one pause."""
    chains = Chains(work=fail)
    async with streams:
        await streams.send_numbers(5)
        async with streams.endpoint(chains, maxDeliveries=2, backoff="400ms") as endpoint:
            await eventually(lambda: endpoint.status().waiting == 5)
            await streams.cut_connections()
            await eventually(lambda: endpoint.status().counts.dead == 5)
        assert len(chains.started) == 10
        assert len(await streams.dead_letters()) == 5


async def test_an_entry_over_the_limit_runs_alone(streams):
    """It is started when nothing else is in hand, and one after the other; innocent ones are answered."""
    beside = []

    def chain(message):
        beside.append((message.metadata["deliveryCount"], endpoint.status().in_flight))
        return message

    async with streams:
        ids = await streams.send_numbers(6)
        await streams.take_as("dead")
        for id_ in ids[:3]:
            await streams.deliver_again(id_, 3)
        endpoint = streams.endpoint(chain, maxDeliveries=3, claimIdle="100ms")
        async with endpoint:
            await eventually(lambda: endpoint.status().counts.answered == 6)
        assert await streams.pending() == []
    assert sorted(beside)[-3:] == [("4", 1)] * 3


async def test_an_entry_over_the_limit_waits_for_no_run_that_waits(streams):
    """Runs that are suspended, as on a delay, do not keep it from being started, nor it the reader for long."""
    gate = Gate()

    async def chain(message):
        return await gate.chain(message) if message.value["n"] == "0" else message

    async with streams:
        [_, id_] = await streams.send_numbers(2)
        await streams.take_as("dead")
        async with streams.endpoint(chain, maxDeliveries=3, claimIdle="300ms") as endpoint:
            await streams.deliver_again(id_, 3)
            await eventually(lambda: gate.waiting == 1)
            await eventually(lambda: endpoint.status().counts.answered == 1)
            await streams.send({"n": "2"})
            await eventually(lambda: endpoint.status().counts.answered == 2)
            gate.opened.set()
            await eventually(lambda: endpoint.status().counts.answered == 3)


async def test_an_entry_that_was_alone_and_still_not_settled_is_set_aside(streams):
    """It is a dead letter without another run, and says how often it was delivered."""
    chains = Chains(work=echo)
    async with streams:
        [id_] = await streams.send_numbers(1)
        await streams.take_as("dead")
        await streams.deliver_again(id_, 4)
        async with streams.endpoint(chains, maxDeliveries=3, claimIdle="100ms") as endpoint:
            await eventually(lambda: endpoint.status().counts.dead == 1)
        [letter] = await streams.dead_letters()
    assert (letter.code, letter.deliveries, letter.fields) == ("E717", 4, [b"n", b"0"])
    assert letter.reason == f"delivered 4 times, and no consumer lived to settle it (entry {id_})"
    assert chains.started == []


async def test_what_a_stopping_consumer_holds_is_handed_back(streams):
    """Others take it without waiting for `claimIdle`; what was not begun has not used up a delivery."""
    gate = Gate()
    async with streams:
        await streams.send_numbers(5)
        first = streams.endpoint(gate.chain, concurrency=2, claimIdle="1m")
        await first.start()
        await eventually(lambda: gate.waiting == 2)
        names = streams.names
        await streams.link.call("XREADGROUP", "GROUP", names.group, "idler", "COUNT", 1, "STREAMS", names.requests, ">")
        await first.stop(drain_s=0.1)
        assert first.status().counts.handed_back == 2
        chains = Chains(work=echo)
        async with streams.endpoint(chains, claimIdle="1m"):
            await eventually(lambda: _are_answered(streams, 4))
        assert {message.value["n"] for _, _, message in chains.started} == {"0", "1", "3", "4"}
        assert [consumer for _, consumer, _ in await streams.pending()] == ["idler"]


async def test_what_was_not_begun_is_handed_back_as_it_was(streams):
    """Entries that were read and never started get their delivery back; those that were begun have used it up."""
    release = asyncio.Event()

    async def chain(message):
        await release.wait()
        return message

    async with streams:
        await streams.send(*({"key": "a", "n": str(n)} for n in range(3)))
        router = streams.router(order_by="msg.key")
        endpoint = streams.endpoint(Chains(work=chain), router)
        await endpoint.start()
        await eventually(lambda: endpoint.status().in_flight == 3)
        await endpoint.stop(drain_s=0.05)
        assert [count for _, _, count in await streams.pending()] == [1, 0, 0]


async def test_failed_entries_are_handed_back_on_a_stop(streams):
    """A stop does not wait for pauses to end."""
    async with streams:
        await streams.send_numbers(3)
        endpoint = streams.endpoint(fail, backoff="1m")
        await endpoint.start()
        await eventually(lambda: endpoint.status().waiting == 3)
        began = time.monotonic()
        await endpoint.stop(drain_s=20)
        assert time.monotonic() - began < 5
        assert endpoint.status().counts.handed_back == 3
        assert endpoint.status().in_flight == 3


@needs_server(6, 2)
async def test_stale_consumers_are_removed_only_when_they_hold_nothing(streams):
    """A consumer that is silent and empty goes; one that holds an entry, or has just spoken, stays."""
    async with streams:
        await streams.send_numbers(1)
        await streams.take_as("holder")
        await streams.link.call("XGROUP", "CREATECONSUMER", streams.names.requests, streams.names.group, "empty")
        group = await streams.commands()
        assert await group.remove_silent(streams.link, streams.names.requests, 100_000) == 0
        await eventually(lambda: _removed(streams, group))
        assert await streams.consumers() == ["holder"]
        await group.leave(streams.link, streams.names.requests)
        assert await streams.consumers() == ["holder"]


async def test_one_broken_stream_does_not_stop_the_others(streams):
    """A key of another type is told and left out, others are read; when it is mended it is read as well."""
    second = f"{streams.names.requests}:2"
    async with streams:
        await streams.link.call("SET", second, "a text")
        router = streams.router().from_(f"{streams.names.requests},{second}")
        async with streams.endpoint(echo, router, claimIdle="400ms") as endpoint:
            await streams.send({"n": "1"})
            await eventually(lambda: endpoint.status().counts.answered == 1)
            assert endpoint.status().message.startswith(f"stream {second}: WRONGTYPE ")
            await streams.link.call("DEL", second)
            await streams.send({"n": "2"}, stream=second)
            await eventually(lambda: endpoint.status().counts.answered == 2)
            assert endpoint.status().message == ""
            # And one that breaks while it is read.
            await streams.link.call_all([("DEL", second), ("SET", second, "a text")])
            await streams.send({"n": "3"})
            # Not `answered`: the reply to its commit may be lost with the session.
            await eventually(lambda: endpoint.status().counts.answered + endpoint.status().counts.superseded == 3)
            assert sorted(answer["n"] for answer in await streams.answers()) == ["1", "2", "3"]
            await eventually(lambda: "WRONGTYPE" in endpoint.status().message)
        await streams.link.call("DEL", second)


async def test_the_status_says_what_the_server_is(streams):
    """Name and version of the server are found out when the session begins, and what of it is used if it is there."""
    async with streams, streams.endpoint(echo) as endpoint:
        server = endpoint.status().server
        assert server.split(" ")[0] in ("valkey", "redis")
        [known] = await streams.link.call("COMMAND", "INFO", "XDELEX")
        assert ("deletes by XDELEX" in server) == (known is not None)


_WORKER = """
import asyncio, os, signal, sys
import rulechain as rc

def work(message, context):
    if message.value["n"] == "poison":
        os.kill(os.getpid(), signal.SIGKILL)
    return rc.Outcome("Success", message)

async def main(url, requests, responses, group):
    engine = rc.Engine(functions={"work": work})
    node = {"id": "n", "type": "functions", "configuration": {"functionName": "work"}}
    engine.load({"ruleChain": {"id": "work"}, "metadata": {"nodes": [node], "connections": []}})
    endpoint = engine.endpoint({"type": "endpoint/redis/stream", "configuration": {
        "server": url, "groupId": group, "claimIdle": "200ms", "maxDeliveries": 2, "block": "100ms"}})
    router = rc.Router("r").from_(requests).to("chain:work", response_topic=responses)
    endpoint.add_router(router.process("responseToBody").end())
    async with endpoint:
        await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_an_entry_that_kills_its_worker_is_set_aside(server_url, stream_names):
    """Workers die of one entry until it is known by its count; all others are answered exactly once."""
    names = stream_names
    entries = [{"n": str(n)} for n in range(40)]
    entries.insert(20, {"n": "poison"})

    def ask(question):
        async def main():
            async with StreamClient(server_url) as client:
                return await question(client)

        return asyncio.run(main())

    ask(lambda client: client.add_many(names.requests, entries))
    command = [sys.executable, "-c", _WORKER, server_url, names.requests, names.responses, names.group]
    deaths = 0
    worker = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + 50
        while not (dead := ask(lambda client: client.read(names.dead))):
            assert time.monotonic() < deadline
            if worker.poll() is not None:
                assert worker.returncode == -signal.SIGKILL
                deaths += 1
                worker = subprocess.Popen(command)
        eventually_blocking(lambda: ask(lambda client: client.length(names.requests)) == 0)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    answers = ask(lambda client: client.read(names.responses))
    ask(lambda client: client.delete(names.requests, names.responses, names.dead))
    assert deaths == 3
    assert [(fields["n"], fields["dead:code"]) for _, fields in dead] == [("poison", "E717")]
    assert sorted(int(fields["n"]) for _, fields in answers) == list(range(40))


async def _are_answered(streams, count):
    return await streams.answered() == count


async def _removed(streams, group):
    return await group.remove_silent(streams.link, streams.names.requests, 20)
