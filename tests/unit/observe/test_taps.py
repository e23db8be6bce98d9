"""Looks at messages: what each sees, how much of it, and what it is told about the rest."""

import contextlib

import pytest

from rulechain.api import TraceEvent
from rulechain.model import Message
from rulechain.observe.taps import Seen, Tap, Taps


def event(chain="orders", node="tax", relation="Success", error=None):
    """What a node did."""
    return TraceEvent(node, "log", "", Message("{}"), relation, Message("{}"), error, 1000, chain, 1)


def offer(tap, *events):
    """Have a tap, or all taps, see events."""
    for each in events:
        tap.offer(each)


async def look(tap):
    """What a tap has seen, without waiting for more."""
    return await tap.look(0.001)


async def test_nothing_passes():
    """Who looks and sees nothing is told so after a while."""
    assert await look(Tap()) == Seen([], 0)


async def test_what_passes_is_seen_once():
    """A look takes away what it shows."""
    tap = Tap()
    offer(tap, event(node="a"), event(node="b"))
    assert [each.node_id for each in (await look(tap)).events] == ["a", "b"]
    assert await look(tap) == Seen([], 0)


@pytest.mark.parametrize(
    "wanted, seen",
    [
        ({}, ["order-a/tax", "order-b/tax", "order-b/sum"]),
        ({"chain": "order-b"}, ["order-b/tax", "order-b/sum"]),
        ({"chain": "*-b", "node": "t*"}, ["order-b/tax"]),
        ({"failures_only": True}, ["order-a/tax", "order-b/sum"]),
    ],
)
async def test_a_tap_chooses(wanted, seen):
    """By the ids of chain and node, or patterns for them; failures are those with its relation or an error."""
    tap = Tap(**wanted)
    offer(tap, event("order-a", relation="Failure"), event("order-b"), event("order-b", "sum", "Retry", "no tax"))
    assert [f"{each.chain_id}/{each.node_id}" for each in (await look(tap)).events] == seen


async def test_no_more_than_allowed_is_seen_and_the_rest_counted():
    """Of many messages as many as the limit are shown at once; more only as time goes on, and no savings are made."""
    now = 0.0
    tap = Tap(per_second=2, clock=lambda: now)
    offer(tap, *(event(node=str(number)) for number in range(5)))
    assert [each.node_id for each in (await look(tap)).events] == ["0", "1"]
    offer(tap, event())
    assert await look(tap) == Seen([], 1), "the three of before were told before"
    now = 0.5
    offer(tap, event(node="later"), event())
    found = await look(tap)
    assert ([each.node_id for each in found.events], found.dropped) == (["later"], 1)
    now = 100.0
    offer(tap, *(event() for _ in range(5)))
    assert len((await look(tap)).events) == 2


async def test_what_was_dropped_is_told_with_what_was_kept():
    """The count belongs to the look in which it happened."""
    tap = Tap(per_second=1, clock=lambda: 0.0)
    offer(tap, *(event() for _ in range(4)))
    found = await look(tap)
    assert (len(found.events), found.dropped) == (1, 3)


async def test_a_reader_that_does_not_read_fills_no_memory():
    """However long nobody looks, a bounded number is kept."""
    now = 0.0
    tap = Tap(per_second=200, clock=lambda: now)
    for second in range(20):
        now = float(second)
        offer(tap, *(event() for _ in range(200)))
    found = await look(tap)
    assert (len(found.events), found.dropped) == (1000, 3000)


def test_taps_are_open_while_somebody_looks():
    """Each sees what passes while it looks; afterwards nobody has to be asked."""
    taps, first, second = Taps(), Tap(), Tap()
    assert not taps.are_open
    with taps.open(first):
        with taps.open(second):
            offer(taps, event())
        offer(taps, event())
        assert taps.are_open
    assert not taps.are_open


def test_so_many_may_look_and_no_more():
    """Eight at once are enough."""
    taps = Taps()
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            assert not taps.are_full
            stack.enter_context(taps.open(Tap()))
        assert taps.are_full
    assert not taps.are_full
