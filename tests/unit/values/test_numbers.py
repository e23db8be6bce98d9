"""How Go writes floats, and numbers that keep their digits."""

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulechain.values import ExactNumber, format_float, format_float_plain
from rulechain.values.numbers import format_float_json, shortest_digits

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    "number, parts",
    [
        (1500.0, ("", "15", 3)),
        (-0.00015, ("-", "15", -4)),
        (1e22, ("", "1", 22)),
        (1.25e-10, ("", "125", -10)),
        (0.0, ("", "0", 0)),
        (-0.0, ("-", "0", 0)),
        (10.0, ("", "1", 1)),
        (0.1, ("", "1", -1)),
    ],
)
def test_a_float_has_shortest_digits(number, parts):
    """Sign, digits without zeros at the ends, and where the first of them stands."""
    assert shortest_digits(number) == parts


@given(number=FLOATS)
def test_every_form_reads_back_as_the_number(number):
    """No form loses a bit or the sign of zero."""
    for text in (format_float_plain(number), format_float_json(number), format_float(number, -4, 21)):
        assert repr(float(text)) == repr(number)
    assert "e" not in format_float_plain(number)


@pytest.mark.parametrize(
    "number, text",
    [(1e20, "100000000000000000000"), (1e21, "1e+21"), (1.5e-5, "1.5e-05"), (0.0001, "0.0001"), (1e100, "1e+100")],
)
def test_an_exponent_has_two_digits_and_a_sign(number, text):
    """Outside of its range a float has an exponent as Go writes it."""
    assert format_float(number, -4, 21) == text


@pytest.mark.parametrize(
    "number, text", [(123.25, "123.25"), (-1e21, "-1000000000000000000000"), (1.5e-7, "0.00000015"), (0.0, "0")]
)
def test_the_plain_form_never_has_an_exponent(number, text):
    """RuleGo's text form writes every digit out."""
    assert format_float_plain(number) == text


@pytest.mark.parametrize("form", [format_float_plain, lambda number: format_float(number, -4, 21)])
def test_what_is_not_finite_has_gos_name(form):
    """NaN, +Inf, -Inf."""
    assert [form(number) for number in (math.nan, math.inf, -math.inf)] == ["NaN", "+Inf", "-Inf"]


def test_an_exact_number_computes_as_a_float_and_keeps_its_digits():
    """Arithmetic gives plain floats; the number itself survives copies and pickles."""
    number = ExactNumber("9007199254740993")
    copy = pickle.loads(pickle.dumps(number))
    assert type(number + 1) is float
    assert number == 9007199254740992.0
    assert (copy, copy.digits, type(copy)) == (number, "9007199254740993", ExactNumber)
    assert format_float_plain(number) == format_float_json(number) == "9007199254740993"
