"""Pauses between tries, without a server."""

import asyncio

import pytest

from rulechain.endpoints.redis_stream.held import Entry
from rulechain.endpoints.redis_stream.retries import Backoff, Retries


def entry(delivery_count):
    return Entry(None, b"1-0", [], delivery_count)


@pytest.mark.parametrize("delivery_count,full_s", [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (10**9, 60)])
def test_pauses_double_up_to_the_longest(delivery_count, full_s):
    """Each is at least half of the full pause and at most all of it, and they are not all alike."""
    pauses = {Backoff(1, 60).pause_s(delivery_count) for _ in range(50)}
    assert full_s / 2 <= min(pauses) <= max(pauses) <= full_s
    assert len(pauses) > 1


def test_those_that_are_due_come_first_and_no_more_than_asked_for():
    """In the order of their times; the others wait on."""
    now = 0.0
    retries = Retries(Backoff(1, 1_000), lambda: now)
    late, soon, sooner = entry(5), entry(2), entry(1)
    for each in (late, soon, sooner):
        retries.add(each)
    assert (retries.take_due(9), len(retries)) == ([], 3)
    now = 3.0
    assert retries.take_due(1) == [sooner]
    assert retries.take_due(9) == [soon]
    now = 100.0
    assert retries.take_due(9) == [late]
    assert len(retries) == 0


async def test_a_wait_ends_when_one_is_due_or_at_the_close():
    """Whoever waits is let go by the first that is due, even if it was added meanwhile, and by the end."""
    retries = Retries(Backoff(0.01, 0.01))
    waiting = asyncio.create_task(retries.wait())
    await asyncio.sleep(0)
    retries.add(entry(1))
    async with asyncio.timeout(5):
        await waiting
    assert len(retries.take_due(9)) == 1
    waiting = asyncio.create_task(retries.wait())
    await asyncio.sleep(0)
    retries.close()
    async with asyncio.timeout(5):
        await waiting
