"""Where a group stands in its stream."""

import pytest

from rulechain.connections.standing import Lag, age_s, lag_of

NOW_S = 1_700_000_000.0


@pytest.mark.parametrize(
    "length, told, first_id, next_id, lag",
    [
        (10, 3, b"1-0", b"8-0", Lag(3)),
        (10, None, b"1-0", None, Lag(0)),
        (10, 7, b"1-0", None, Lag(0)),
        (0, None, None, None, Lag(0)),
        (10, None, b"1-0", b"1-0", Lag(10)),
        (10, None, b"1-0", b"4-0", Lag(10, is_exact=False)),
    ],
    ids=["the server tells", "all given", "nothing left to give", "empty", "none given", "old server, in between"],
)
def test_lag(length, told, first_id, next_id, lag):
    """The server's word counts where it has one and there is something to give; else the ends of the stream tell."""
    assert lag_of(length, told, first_id, next_id) == lag


@pytest.mark.parametrize(
    "id_, age",
    [
        (b"1699999990000-0", 10.0),
        (b"1700000000500-3", 0.0),
        (b"1-1", None),
        (b"0-1", None),
        (b"18446744073709551615-0", None),
    ],
    ids=["ten seconds", "clocks differ", "made up", "made up, zero", "the greatest"],
)
def test_age(id_, age):
    """An entry is as old as its ID says; one that somebody made up says nothing."""
    assert age_s(id_, NOW_S) == age
