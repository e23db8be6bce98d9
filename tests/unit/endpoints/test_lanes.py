"""Lanes, without a server."""

from hypothesis import given
from hypothesis import strategies as st

from rulechain.endpoints.redis_stream.held import Entry
from rulechain.endpoints.redis_stream.lanes import Lanes


def entry(number):
    return Entry(None, b"%d-0" % number, [])


@given(st.lists(st.integers(0, 3), max_size=40), st.randoms(use_true_random=False))
def test_a_lane_is_held_by_one_entry_at_a_time_in_order(keys, random):
    """Whoever leaves hands the lane to the one that came next; in the end every lane is free."""
    lanes, holding, left = Lanes(), {}, []
    entries = [entry(number) for number in range(len(keys))]
    waiting = list(zip(entries, keys, strict=True))
    while waiting or holding:
        if waiting and (not holding or random.random() < 0.5):
            one, key = waiting.pop(0)
            lane = ("r", str(key))
            assert lanes.enter(one, lane) == (lane not in holding)
            holding.setdefault(lane, one)
        else:
            lane = random.choice(sorted(holding))
            one = holding.pop(lane)
            heir = lanes.leave(one)
            left.append((lane, entries.index(one)))
            if heir is not None:
                holding[lane] = heir
    assert lanes.queued == 0
    assert list(lanes.waiting()) == []
    for key in set(keys):
        order = [number for lane, number in left if lane == ("r", str(key))]
        assert order == [number for number, other in enumerate(keys) if other == key]


def test_an_entry_without_a_lane_leaves_nothing():
    """Most entries have none."""
    assert Lanes().leave(entry(1)) is None
