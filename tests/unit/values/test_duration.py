"""Lengths of time in documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulechain.values import format_duration, parse_duration


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("500ms", 0.5),
        ("15s", 15),
        ("2m", 120),
        ("1h30m", 5400),
        ("1.5s", 1.5),
        (" 1s ", 1),
        ("1m500ms", 60.5),
        ("0s", 0),
    ],
)
def test_a_length_of_time_is_read(text, seconds):
    """Numbers with the units ms, s, m and h add up."""
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", " ", "5", "s", "5 s", "5d", "-1s", "1s2", "1s 2m", "one", "1,5s", "1e3s"])
def test_anything_else_is_refused(text):
    """What has no unit, or an unknown one, is an error that shows the form."""
    with pytest.raises(ValueError, match='such as "500ms"'):
        parse_duration(text)


@pytest.mark.parametrize(
    "seconds, text", [(0, "0s"), (0.5, "500ms"), (90, "1m30s"), (3600, "1h"), (3661.001, "1h1m1s1ms")]
)
def test_a_length_of_time_is_written_shortly(seconds, text):
    """The largest units first, none that is zero."""
    assert format_duration(seconds) == text


@given(milliseconds=st.integers(0, 10**10))
def test_what_is_written_is_read_back_as_the_same_length(milliseconds):
    """Writing loses nothing down to a millisecond."""
    assert round(parse_duration(format_duration(milliseconds / 1000)) * 1000) == milliseconds
