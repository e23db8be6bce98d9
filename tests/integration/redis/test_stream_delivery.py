"""The promise under bad luck: lost connections, lost servers, lost groups, writes that fail."""

import asyncio
import contextlib
import logging

import pytest

from rulechain.api import ConnectionState, EndpointCounts
from rulechain.connections.errors import ReplyError
from rulechain.endpoints import Router
from rulechain.endpoints.redis_stream.groups import prepare_group
from support.chains import Chains, Gate, echo, fail
from support.eventually import eventually
from support.redis_server import RedisStreams, needs_server, start_server

pytestmark = pytest.mark.redis


async def _answered(streams, count):
    return await streams.answered() == count


async def test_a_vanished_group_is_made_again_and_loses_nothing(streams, caplog):
    """What was not settled when the group vanished is delivered by the new one; the loss is counted and told."""
    async with streams:
        async with streams.endpoint(echo, block="50ms", retention="keep") as endpoint:
            await streams.send_numbers(3)
            await eventually(lambda: _answered(streams, 3))
            with caplog.at_level(logging.WARNING, "rulechain.endpoint"):
                await streams.link.call("XGROUP", "DESTROY", streams.names.requests, streams.names.group)
                await streams.send({"n": "3"})
                await eventually(lambda: _answered_at_least(streams, {"0", "1", "2", "3"}))
            assert endpoint.status().counts.recreated_groups == 1
        assert "had vanished" in caplog.text


async def test_a_group_is_made_again_behind_what_is_settled(streams):
    """The floor is the first entry that is pending or not read; a new group begins there, not with the first entry."""
    names, counts = streams.names, EndpointCounts()
    source = streams.source()
    async with streams:
        group = await streams.commands(deletes=False)
        ids = await streams.send_numbers(4)
        await streams.take_as("other", count=3)
        await streams.link.call("XACK", names.requests, names.group, ids[0])
        await prepare_group(streams.link, group, source, "0", counts)
        assert counts.recreated_groups == 0
        await streams.link.call("XGROUP", "DESTROY", names.requests, names.group)
        await prepare_group(streams.link, group, source, "0", counts)
        assert counts.recreated_groups == 1
        assert await streams.take_as("me") == ids[1:]


async def test_a_stream_that_begins_anew_is_read_from_its_first_entry(streams):
    """After the stream itself was deleted, entries with smaller IDs than before are not skipped."""
    names, counts = streams.names, EndpointCounts()
    source = streams.source()
    async with streams:
        group = await streams.commands(deletes=False)
        await streams.send_numbers(2)
        await prepare_group(streams.link, group, source, "$", counts)
        await streams.link.call_all([("DEL", names.requests), ("XADD", names.requests, "1-1", "n", "1")])
        await prepare_group(streams.link, group, source, "$", counts)
        assert await streams.take_as("me") == ["1-1"]


async def test_cut_connections_are_made_again(streams):
    """Nothing is lost and nothing answered twice when the server closes every connection under load."""
    async with streams:
        async with streams.endpoint(echo, batchSize=10, block="50ms") as endpoint:
            for round_ in range(5):
                await streams.send_numbers(100)
                await streams.cut_connections()
                await eventually(lambda expected=100 * (round_ + 1): _answered(streams, expected))
            assert endpoint.status().state is ConnectionState.CONNECTED
        assert await streams.answered() == 500
        assert await streams.left() == 0


async def test_a_server_that_is_away_is_waited_for(streams, own_server):
    """An endpoint starts without its server, says so, and works as soon as the server is there."""
    streams.url = own_server.url
    async with streams:
        endpoint = streams.endpoint(echo)
        own_server.kill()
        await endpoint.start()
        status = endpoint.status()
        assert status.state is ConnectionState.RECONNECTING
        assert own_server.url in status.message
        own_server.restart()
        await streams.reconnect()
        await streams.send({"n": "1"})
        await eventually(lambda: _answered(streams, 1))
        await endpoint.stop()


async def test_an_endpoint_stops_at_once_while_the_server_is_away(streams, own_server):
    """Stopping does not wait for a server that does not come."""
    streams.url = own_server.url
    async with streams:
        endpoint = streams.endpoint(echo)
        await endpoint.start()
        own_server.kill()
        await eventually(lambda: endpoint.status().state is ConnectionState.RECONNECTING)
        began = asyncio.get_running_loop().time()
        await endpoint.stop(drain_s=30)
        assert asyncio.get_running_loop().time() - began < 2
        own_server.restart()
        await streams.reconnect()


async def test_a_start_that_waits_for_the_server_ends_with_a_stop(streams):
    """Whoever awaits `start` on a server that accepts and says nothing is let go by `stop`."""

    async def say_nothing(reader, writer):
        await reader.read()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent, streams:
        port = silent.sockets[0].getsockname()[1]
        endpoint = streams.endpoint(echo, server=f"127.0.0.1:{port}")
        async with asyncio.timeout(4):
            await asyncio.gather(endpoint.start(), endpoint.stop())
        assert endpoint.status().state is ConnectionState.DISCONNECTED


async def test_a_server_restart_loses_nothing(tmp_path, stream_names):
    """Runs that end while the server is down are settled when it is back, and are not run again."""
    gate = Gate()
    chains = Chains(work=gate.chain)
    with start_server(tmp_path) as server:
        async with RedisStreams(server.url, stream_names) as streams, streams.endpoint(chains) as endpoint:
            await streams.send_numbers(3)
            await eventually(lambda: gate.waiting == 3)
            server.restart()
            gate.opened.set()
            await streams.reconnect()
            await eventually(lambda: endpoint.status().counts.answered == 3)
            assert await streams.answered() == 3
            assert len(chains.started) == 3
            assert await streams.left() == 0


async def test_forgotten_scripts_are_sent_again(streams):
    """After SCRIPT FLUSH, entries are settled all the same."""
    async with streams:
        async with streams.endpoint(echo):
            for n in range(3):
                await streams.link.call("SCRIPT", "FLUSH")
                await streams.send({"n": str(n)})
                await eventually(lambda expected=n + 1: _answered(streams, expected))
        assert await streams.pending() == []


async def test_a_response_that_cannot_be_written_leaves_its_entry_pending(streams):
    """A response key of another type fails that entry alone; it is answered when the key is free again."""
    taken = f"{streams.names.responses}:taken"

    def chain(message):
        return message.with_metadata("responseTopic", taken) if message.value["n"] == "1" else message

    async with streams:
        await streams.link.call("SET", taken, "a text")
        ids = await streams.send_numbers(3)
        async with streams.endpoint(chain, backoff="300ms") as endpoint:
            await eventually(lambda: endpoint.status().counts.failed == 1)
            assert "E713" in endpoint.status().message
            assert "WRONGTYPE" in endpoint.status().message
            assert [(id_, count) for id_, _, count in await streams.pending()] == [(ids[1], 1)]
            assert [answer["n"] for answer in await streams.answers()] == ["0", "2"]
            assert await streams.left() == 1
            await streams.link.call("DEL", taken)
            await eventually(lambda: _is_answered(streams, taken))
        assert await streams.answers(taken) == [{"n": "1"}]
        await streams.link.call("DEL", taken)


async def test_of_two_responses_both_are_written_or_none(streams):
    """When the second response of an entry fails, the first is taken back and the entry is pending."""
    taken = f"{streams.names.responses}:taken"

    def chain(message):
        return [message, message.with_metadata("responseTopic", taken)]

    async with streams:
        await streams.link.call("SET", taken, "a text")
        await streams.send({"n": "1"})
        async with streams.endpoint(chain, backoff="100ms") as endpoint:
            await eventually(lambda: endpoint.status().counts.failed == 1)
            assert await streams.answered() == 0
            await streams.link.call("DEL", taken)
            await eventually(lambda: _is_answered(streams, taken))
        assert await streams.answered() == 1
        await streams.link.call("DEL", taken)


@needs_server(6)
async def test_an_exhausted_response_stream_leaves_the_entry_pending(streams):
    """XADD refuses when a stream has given out its last ID; the entry stays."""
    async with streams:
        await streams.link.call("XADD", streams.names.responses, "18446744073709551615-18446744073709551615", "a", "b")
        await streams.send({"n": "1"})
        async with streams.endpoint(echo) as endpoint:
            await eventually(lambda: endpoint.status().counts.failed == 1)
            assert len(await streams.pending()) == 1
            assert await streams.left() == 1


@needs_server(6)
async def test_a_user_without_xadd_leaves_the_entry_pending(streams, own_server):
    """A command that the ACL forbids inside the commit takes the acknowledgement back."""
    streams.url = own_server.url
    async with streams:
        await streams.link.call("ACL", "SETUSER", "reader", "on", ">secret", "~*", "+@all", "-xadd")
        await streams.send({"n": "1"})
        async with streams.endpoint(echo, username="reader", password="secret") as endpoint:
            await eventually(lambda: endpoint.status().counts.failed == 1)
            assert len(await streams.pending()) == 1
            assert await streams.answered() == 0


@needs_server(6)
async def test_a_user_who_could_lose_entries_does_not_begin(streams, own_server):
    """Without XCLAIM a failed commit could not be taken back: the endpoint reads nothing and says why."""
    streams.url = own_server.url
    async with streams:
        await streams.link.call("ACL", "SETUSER", "reader", "on", ">secret", "~*", "+@all", "-xclaim")
        await streams.send({"n": "1"})
        async with streams.endpoint(echo, username="reader", password="secret") as endpoint:
            status = endpoint.status()
            assert status.state is ConnectionState.RECONNECTING
            assert "NOPERM" in status.message
            assert "secret" not in status.message
        assert await streams.pending() == []


async def test_two_consumers_that_hold_one_entry_answer_once(streams):
    """Whoever commits first has answered; the other one's response is dropped and counted."""
    gate = Gate()
    async with streams:
        await streams.send({"n": "1"})
        slow = streams.endpoint(gate.chain, claimIdle="1h")
        async with slow:
            await eventually(lambda: gate.waiting == 1)
            await streams.link.call(
                "XCLAIM", streams.names.requests, streams.names.group, "thief", 0, *await _ids(streams)
            )
            async with streams.endpoint(echo, consumer="thief") as thief:
                await eventually(lambda: _answered(streams, 1))
                gate.opened.set()
                await eventually(lambda: slow.status().counts.superseded == 1)
                assert thief.status().counts.answered == 1
        assert await streams.answered() == 1


async def test_a_late_waker_does_not_take_back_what_was_taken_over(streams):
    """Keep-alive renews only what is still this consumer's."""
    async with streams:
        await streams.send_numbers(2)
        mine, theirs = await streams.take_as("me")
        names = streams.names
        await streams.link.call("XCLAIM", names.requests, names.group, "thief", 0, theirs)
        commands = await streams.commands()
        gone = await commands.renew(streams.link, names.requests, [mine.encode(), theirs.encode()])
        assert gone == [theirs.encode()]
        assert {(id_, consumer) for id_, consumer, _ in await streams.pending()} == {(mine, "me"), (theirs, "thief")}


async def test_a_commit_may_delete_more_than_lua_can_unpack(streams):
    """A batch of any size is acknowledged and deleted whole."""
    names, count = streams.names, 9_000
    async with streams:
        await streams.send_numbers(count)
        ids = await streams.take_as("me", count)
        commands = await streams.commands()
        batch = [(names.requests, id_, 1, ()) for id_ in ids]
        assert await commands.commit_now(streams.link, batch) == []
        assert await streams.left() == 0


async def test_a_commit_may_be_longer_than_an_argument(streams, own_server):
    """What a batch writes may exceed `proto-max-bulk-len` in all; one of its entries that fails does so alone."""

    def chain(message):
        message = message.replace(data=message.value["n"] + "x" * 30_000)
        return message.with_metadata("responseTopic", taken) if message.data[:2] == "7x" else message

    streams.url, taken = own_server.url, f"{streams.names.responses}:taken"
    async with streams:
        await streams.link.call("CONFIG", "SET", "proto-max-bulk-len", 1 << 20)
        await streams.link.call("SET", taken, "a text")
        await streams.send_numbers(60)
        async with streams.endpoint(chain, maxDeliveries=1) as endpoint:
            await eventually(lambda: endpoint.status().counts.answered == 59 and endpoint.status().counts.dead == 1)
        assert [letter.fields for letter in await streams.dead_letters()] == [[b"n", b"7"]]
        numbers = [int(answer["value"].rstrip("x")) for answer in await streams.answers()]
        assert numbers == [n for n in range(60) if n != 7]


async def test_texts_of_classes_of_their_own_are_answered(streams):
    """A chain's code may name the stream, and answer, in texts that a library has marked."""

    class Marked(str):
        __slots__ = ()

    def chain(message):
        named = message.with_metadata("responseTopic", Marked(streams.names.responses))
        return named.replace(data=Marked("a text"))

    async with streams:
        await streams.send_numbers(1)
        async with streams.endpoint(chain):
            await eventually(lambda: _answered(streams, 1))
        assert await streams.answers() == [{"value": "a text"}]


async def test_a_failing_chain_can_be_acknowledged_on_demand(streams):
    """With `onFailure: ack` an unhandled failure settles the entry, and an error response is written."""
    async with streams:
        await streams.send({"n": "1"})
        async with streams.endpoint(fail, onFailure="ack") as endpoint:
            await eventually(lambda: _answered(streams, 1))
            await eventually(lambda: endpoint.status().counts.failed == 1)
        assert await streams.answers() == [{"value": "no luck"}]
        assert await streams.pending() == []


async def test_a_binary_entry_of_one_field_is_passed_on(streams):
    """The value of a single field that is not UTF-8 is the message's data, as bytes."""
    chains = Chains(work=echo)
    async with streams:
        await streams.send({"image": b"\xff\x00\xfe"})
        async with streams.endpoint(chains):
            await eventually(lambda: _answered(streams, 1))
        message = chains.started[0][2]
        assert (message.data, message.data_type) == (b"\xff\x00\xfe", "BINARY")
        [(_, fields)] = await streams.link.call("XRANGE", streams.names.responses, "-", "+")
        assert fields == [b"value", b"\xff\x00\xfe"]


async def test_response_streams_are_capped_on_demand(streams):
    """`responseMaxLen` lets the server trim responses, roughly."""
    async with streams:
        await streams.send_numbers(1000)
        async with streams.endpoint(echo, responseMaxLen=100) as endpoint:
            await eventually(lambda: endpoint.status().counts.answered == 1000)
        assert 100 <= await streams.answered() < 400


async def test_a_new_group_begins_where_it_is_told(streams):
    """`startFrom: newest` skips what is on the stream, an ID skips up to it."""
    async with streams:
        ids = await streams.send_numbers(3)
        async with streams.endpoint(echo, startFrom=ids[1]):
            await eventually(lambda: _answered(streams, 1))
        async with streams.endpoint(echo, startFrom="newest", groupId=f"{streams.names.group}-2"):
            await streams.send({"n": "new"})
            await eventually(lambda: _answered(streams, 2))
        assert [answer["n"] for answer in await streams.answers()] == ["2", "new"]


async def test_routers_share_a_stream_by_their_conditions(streams):
    """The first router whose `when` holds takes an entry; one that nobody wants is a dead letter at once."""
    requests, responses = streams.names.requests, streams.names.responses
    cold = Router("cold").from_(requests, when="float(msg.t) < 10").to("chain:cold", response_topic=responses).end()
    hot = Router("hot").from_(requests, when="float(msg.t) > 30").to("chain:hot", response_topic=responses).end()
    chains = Chains(cold=lambda m: m.replace(data="cold"), hot=lambda m: m.replace(data="hot"))
    async with streams:
        await streams.send({"t": "5"}, {"t": "50"}, {"t": "20"}, {"x": "1"})
        async with streams.endpoint(chains, cold, hot, maxDeliveries=1) as endpoint:
            await eventually(lambda: endpoint.status().counts.dead == 2)
            await eventually(lambda: _answered(streams, 2))
        assert [answer["value"] for answer in await streams.answers()] == ["cold", "hot"]
        assert [letter.code for letter in await streams.dead_letters()] == ["E710", "R601"]
        assert await streams.pending() == []


async def test_one_router_reads_several_streams(streams):
    """Names in `from.path` are separated by commas and trimmed; the metadata says which stream it was."""
    second = f"{streams.names.requests}:2"
    chains = Chains(work=echo)
    async with streams:
        router = Router("r").from_(f" {streams.names.requests} , {second}")
        router.to("chain:work", response_topic=streams.names.responses).end()
        await streams.send({"n": "1"})
        await streams.send({"n": "2"}, stream=second)
        async with streams.endpoint(chains, router):
            await eventually(lambda: _answered(streams, 2))
        await streams.link.call("DEL", second)
    assert {message.metadata["topic"] for _, _, message in chains.started} == {streams.names.requests, second}


async def test_a_wrong_type_of_stream_is_told(streams):
    """A key that is no stream keeps the endpoint from consuming, with the server's reason in its status."""
    async with streams:
        await streams.link.call("SET", streams.names.requests, "a text")
        async with streams.endpoint(echo) as endpoint:
            assert endpoint.status().state is ConnectionState.RECONNECTING
            assert endpoint.status().message.startswith(f"stream {streams.names.requests}: WRONGTYPE ")


async def _answered_at_least(streams, numbers):
    return {answer["n"] for answer in await streams.answers()} >= numbers


async def _is_answered(streams, stream):
    with contextlib.suppress(ReplyError):
        return await streams.link.call("XLEN", stream) == 1
    return False


async def _ids(streams):
    return [id_ for id_, _, _ in await streams.pending()]
