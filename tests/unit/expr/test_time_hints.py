"""What is suggested for durations and time zones that are none works."""

from zoneinfo import available_timezones

import pytest

from rulechain.expr import compile_expression
from rulechain.expr.time_hints import unit_hint, zone_hint


@pytest.mark.parametrize(
    "written, meant",
    [("1d", "24h"), ("1.5 days", "36h"), ("2w", "336h"), ("5 min", "5m"), ("10SEC", "10s"), ("7millis", "7ms")],
)
def test_a_unit_in_words_is_understood(written, meant):
    """The hint names a duration that the language reads."""
    number = written.rstrip("abcdefghijklmnopqrstuvwxyzSEC ")
    assert f"write {meant}:" in unit_hint(number, written.removeprefix(number))
    assert str(compile_expression(f'duration("{meant}").Hours() > 0').evaluate({})) == "True"


@pytest.mark.parametrize("name", ["Berlin", "europe/berlin", "New York", "kolkata", "utc"])
def test_a_zone_is_found_by_its_city_and_in_any_case(name):
    """The hint names a zone that exists."""
    hint = zone_hint(name)
    assert hint.startswith('write timezone("')
    assert hint.removeprefix('write timezone("').removesuffix('")') in available_timezones()


def test_what_is_no_zone_gets_an_example():
    """Offsets and abbreviations that are unknown have no zone of their own."""
    assert zone_hint("+02:00") == zone_hint("Moon") == "zones have IANA names such as Europe/Berlin, or UTC"
