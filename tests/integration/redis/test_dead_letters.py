"""What becomes of entries that cannot be processed: set aside with their reason, in the same step as the rest."""

import pytest

from rulechain.api import Settlement
from rulechain.endpoints import Router
from support.chains import Chains, echo, fail, failed
from support.eventually import eventually

pytestmark = pytest.mark.redis

QUICK = {"backoff": "10ms", "backoffMax": "20ms"}


async def test_an_entry_that_keeps_failing_is_set_aside_with_its_reason(streams):
    """After `maxDeliveries` tries it is a dead letter that says everything about it; others are answered meanwhile."""
    names = streams.names
    chains = Chains(good=echo, bad=fail)
    async with streams:
        [bad, _] = await streams.send({"kind": "bad", "n": "1"}, {"kind": "good", "n": "2"})
        router = streams.router(target="chain:${msg.kind}")
        async with streams.endpoint(chains, router, maxDeliveries=3, consumer="me", **QUICK) as endpoint:
            await eventually(lambda: endpoint.status().counts.dead == 1)
            await eventually(lambda: endpoint.status().counts.answered == 1)
            counts = endpoint.status().counts
            assert (counts.failed, counts.retried) == (3, 2)
        assert await streams.left() == 0
        assert await streams.pending() == []
        [letter] = await streams.dead_letters()
        started = [message.metadata["deliveryCount"] for id_, _, message in chains.started if id_ == "bad"]
        trace = chains.started[-1][2].id.replace("-", "")
    assert started == ["1", "2", "3"]
    assert letter.fields == [b"kind", b"bad", b"n", b"1"]
    assert (letter.stream, letter.id, letter.group, letter.consumer) == (names.requests, bad, names.group, "me")
    assert (letter.code, letter.reason, letter.router) == ("R602", 'no luck (node "node")', "r")
    assert (letter.chain, letter.node, letter.deliveries, letter.trace) == ("bad", "node", 3, trace)
    assert letter.added < letter.at


async def test_a_dead_letter_keeps_the_trace_of_its_producer(streams):
    """A `traceparent` field names the trace."""
    trace = "0af7651916cd43dd8448eb211c80319c"
    async with streams:
        await streams.send({"n": "1", "traceparent": f"00-{trace}-b7ad6b7169203331-01"})
        async with streams.endpoint(fail, onFailure="deadLetter") as endpoint:
            await eventually(lambda: endpoint.status().counts.dead == 1)
        assert [letter.trace for letter in await streams.dead_letters()] == [trace]


async def test_a_failure_can_be_set_aside_at_once(streams):
    """With `onFailure: deadLetter` nothing is tried twice; watchers hear of it; the stream's name is a setting."""
    heard = []
    aside = f"{streams.names.requests}:aside"
    async with streams:
        endpoint = streams.endpoint(fail, onFailure="deadLetter", deadLetter=aside)
        endpoint.watch(heard.append)
        async with endpoint:
            await streams.send({"n": "1"})
            await eventually(lambda: endpoint.status().counts.dead == 1)
        assert [letter.deliveries for letter in await streams.dead_letters(aside)] == [1]
        await streams.link.call("DEL", aside)
    assert [(event.settlement, event.diagnostic.code) for event in heard] == [(Settlement.DEAD_LETTER, "R602")]


async def test_the_error_response_comes_once_with_the_dead_letter(streams):
    """Of a run that failed, good ends are not answered; its error is, when the entry is set aside and not before."""

    def chain(message):
        run = failed(message, "no luck")
        run.ends.insert(0, run.ends[0].__class__("Success", message, None, "other"))
        return run

    async with streams:
        await streams.send({"n": "1"})
        async with streams.endpoint(chain, maxDeliveries=3, **QUICK) as endpoint:
            await eventually(lambda: endpoint.status().counts.dead == 1)
            assert endpoint.status().counts.responses == 1
        assert await streams.answers() == [{"value": "no luck"}]


async def test_a_malformed_entry_is_set_aside_untouched(streams):
    """What is no message is a dead letter at once: order, duplicates and bytes as they were; the loop goes on."""
    fields = [b"a", b"1", b"b", b"\xff\xfe", b"a", b"2", b"dead:stream", b"mine"]
    async with streams:
        await streams.link.call("XADD", streams.names.requests, "*", *fields)
        await streams.send({"n": "2"})
        async with streams.endpoint(echo) as endpoint:
            await eventually(lambda: endpoint.status().counts.dead == 1)
            await eventually(lambda: endpoint.status().counts.answered == 1)
            assert endpoint.status().message.startswith("E711: a field is not UTF-8 text")
        [letter] = await streams.dead_letters()
        assert await streams.pending() == []
    assert (letter.code, letter.fields, letter.chain) == ("E711", fields, "")


async def test_an_entry_of_very_many_fields_is_set_aside_whole(streams):
    """More fields than a script can write are kept in one, and come back as they were."""
    fields = [part for number in range(5_000) for part in (b"f%d" % (number % 7), b"\xff%d" % number)]
    async with streams:
        await streams.link.call("XADD", streams.names.requests, "*", *fields)
        async with streams.endpoint(echo) as endpoint:
            await eventually(lambda: endpoint.status().counts.dead == 1)
        [letter] = await streams.dead_letters()
    assert letter.fields == fields


async def test_an_entry_that_was_deleted_leaves_a_tombstone(streams):
    """An entry that was deleted while it was pending is a dead letter with its ID and no fields."""
    async with streams:
        [mine, theirs] = await streams.send_numbers(2)
        await streams.take_as("me", 1)
        await streams.take_as("dead", 1)
        await streams.link.call("XDEL", streams.names.requests, mine, theirs)
        async with streams.endpoint(echo, consumer="me", claimIdle="100ms") as endpoint:
            await eventually(lambda: endpoint.status().counts.vanished == 2)
        assert await streams.pending() == []
        letters = await streams.dead_letters()
    assert [(letter.id, letter.code, letter.fields) for letter in letters] == [(mine, "E716", []), (theirs, "E716", [])]


async def test_a_dead_letter_that_cannot_be_written_leaves_its_entry_pending(streams):
    """The acknowledgement is taken back, and the dead letter is written when the server lets us."""
    async with streams:
        await streams.link.call("SET", streams.names.dead, "a text")
        await streams.send({"n": "1"})
        async with streams.endpoint(fail, onFailure="deadLetter", **QUICK) as endpoint:
            await eventually(lambda: endpoint.status().counts.failed >= 2)
            assert "E713: the dead letter could not be written: WRONGTYPE" in endpoint.status().message
            assert len(await streams.pending()) == 1
            await streams.link.call("DEL", streams.names.dead)
            await eventually(lambda: endpoint.status().counts.dead == 1)
        assert [letter.code for letter in await streams.dead_letters()] == ["R602"]


async def test_an_error_response_that_cannot_be_written_does_not_keep_the_dead_letter(streams):
    """When only the error response is refused, the dead letter is written without it."""
    async with streams:
        await streams.link.call("SET", streams.names.responses, "a text")
        await streams.send({"n": "1"})
        async with streams.endpoint(fail, onFailure="deadLetter") as endpoint:
            await eventually(lambda: endpoint.status().counts.dead == 1)
            assert endpoint.status().counts.responses == 0
        assert len(await streams.dead_letters()) == 1


async def test_a_response_that_can_never_be_written_ends_as_a_dead_letter(streams):
    """An entry is not run for ever because its response is refused, even with `onFailure: ack`."""
    async with streams:
        await streams.link.call("SET", streams.names.responses, "a text")
        await streams.send({"n": "1"})
        async with streams.endpoint(echo, onFailure="ack", maxDeliveries=2, **QUICK) as endpoint:
            await eventually(lambda: endpoint.status().counts.dead == 1)
        assert [(letter.code, letter.deliveries) for letter in await streams.dead_letters()] == [("E713", 2)]


async def test_dead_letters_are_read_by_a_router_like_any_stream(streams):
    """A chain may look after dead letters; its own failures go one stream further."""
    names = streams.names
    router = Router("dead").from_(names.dead).to("chain:work", response_topic=names.responses).end()
    async with streams:
        await streams.send({"n": "1"})
        async with (
            streams.endpoint(fail, onFailure="deadLetter"),
            streams.endpoint(echo, router, groupId=f"{names.group}-dead") as second,
        ):
            await eventually(lambda: second.status().counts.answered == 1)
        # The first response tells of the failure itself.
        assert [answer["dead:code"] for answer in (await streams.answers())[1:]] == ["R602"]
