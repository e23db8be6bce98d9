"""`orderBy`: entries with the same key one after the other, others beside them."""

import asyncio
import random

import pytest

from support.chains import Chains, Gate, echo
from support.eventually import eventually

pytestmark = pytest.mark.redis


async def test_entries_of_a_key_are_processed_in_order_and_keys_in_parallel(streams):
    """No entry begins before the one ahead of it in its lane is settled, whatever the chains wait for."""
    running, most, seen = set(), 0, {}

    async def chain(message):
        nonlocal most
        key = message.value["key"]
        assert key not in running
        running.add(key)
        most = max(most, len(running))
        for _ in range(random.randrange(5)):
            await asyncio.sleep(0)
        running.discard(key)
        seen.setdefault(key, []).append(int(message.value["n"]))
        return message

    async with streams:
        await streams.send(*({"key": str(n % 7), "n": str(n)} for n in range(300)))
        async with streams.endpoint(chain, streams.router(order_by="msg.key"), batchSize=20) as endpoint:
            await eventually(lambda: endpoint.status().counts.answered == 300)
        answers = await streams.answers()
    assert seen == {str(key): list(range(key, 300, 7)) for key in range(7)}
    for key in range(7):
        assert [int(answer["n"]) for answer in answers if answer["key"] == str(key)] == list(range(key, 300, 7))
    assert most > 1


async def test_chains_that_never_wait_keep_the_order_too(streams):
    """A batch full of one key goes through, one commit after the other."""
    async with streams:
        await streams.send(*({"key": "a", "n": str(n)} for n in range(200)))
        async with streams.endpoint(echo, streams.router(order_by="msg.key")) as endpoint:
            await eventually(lambda: endpoint.status().counts.answered == 200)
        assert [int(answer["n"]) for answer in await streams.answers()] == list(range(200))


async def test_a_retried_entry_holds_up_its_lane_alone(streams):
    """Behind an entry that waits for its next try its own key waits, and no other."""
    luck = iter([False, False, True])

    def chain(message):
        if message.value["n"] == "0" and not next(luck):
            raise ValueError("no luck")
        return message

    async with streams:
        await streams.send(*({"key": "ab"[n % 2], "n": str(n)} for n in range(20)))
        router = streams.router(order_by="msg.key")
        async with streams.endpoint(chain, router, backoff="300ms", backoffMax="300ms") as endpoint:
            await eventually(lambda: endpoint.status().counts.answered == 10)
            assert endpoint.status().waiting == 1
            await eventually(lambda: endpoint.status().counts.answered == 20)
        numbers = [int(answer["n"]) for answer in await streams.answers()]
    assert [n for n in numbers if n % 2 == 0] == list(range(0, 20, 2))
    assert numbers[:10] == list(range(1, 20, 2))


async def test_a_dead_letter_frees_its_lane(streams):
    """When an entry is given up, those behind it go on."""

    def chain(message):
        if message.value["n"] == "0":
            raise ValueError("no luck")
        return message

    async with streams:
        await streams.send(*({"key": "a", "n": str(n)} for n in range(5)))
        router = streams.router(order_by="msg.key")
        async with streams.endpoint(chain, router, maxDeliveries=2, backoff="50ms") as endpoint:
            await eventually(lambda: endpoint.status().counts.answered == 4)
            assert endpoint.status().counts.dead == 1
        assert [answer["n"] for answer in (await streams.answers())[1:]] == ["1", "2", "3", "4"]


async def test_a_crowded_lane_does_not_use_up_the_slots(streams):
    """Entries that queue in a lane are not counted as running; beyond a bound nothing more is read."""
    gate = Gate()

    async def chain(message):
        return await gate.chain(message) if message.value["key"] == "slow" else message

    async with streams:
        await streams.send(*({"key": "slow", "n": str(n)} for n in range(6)))
        await streams.send({"key": "fast", "n": "6"})
        await streams.send(*({"key": "slow", "n": str(n)} for n in range(7, 50)))
        router = streams.router(order_by="msg.key")
        async with streams.endpoint(chain, router, concurrency=2, batchSize=2) as endpoint:
            await eventually(lambda: endpoint.status().counts.answered == 1)
            await eventually(lambda: endpoint.status().in_flight >= 8)
            assert endpoint.status().in_flight <= 12
            gate.opened.set()
            await eventually(lambda: endpoint.status().counts.answered == 50)
        assert gate.most_waiting == 1


async def test_an_order_that_cannot_be_told_fails_the_entry(streams):
    """An error in `orderBy` is a failure like any other."""
    chains = Chains(work=echo)
    async with streams:
        await streams.send({"key": "a"})
        router = streams.router(order_by="float(msg.key)")
        async with streams.endpoint(chains, router, maxDeliveries=1) as endpoint:
            await eventually(lambda: endpoint.status().counts.dead == 1)
        assert [letter.code for letter in await streams.dead_letters()] == ["R601"]
    assert chains.started == []
