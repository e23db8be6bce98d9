"""Numbers where Go's rules and Python's differ: powers, conversions of texts, remainders, text forms."""

import math

import pytest

from rulechain.diagnostics.errors import ExpressionEvaluationError
from rulechain.expr import compile_expression
from rulechain.expr.go_power import go_power

INF, NAN = math.inf, math.nan


def value(text, **env):
    """Return what an expression gives."""
    return compile_expression(text).evaluate(env)


@pytest.mark.parametrize(
    "base,exponent,result",
    [
        (2.0, 10.0, 1024.0),
        (2.0, -1.0, 0.5),
        (10.0, 41.5, 3.16227766016838e41),
        (3.0, 2.0, 9.0),
        (0.5, 0.5, math.sqrt(0.5)),
        (4.0, -0.5, 0.5),
        (2.0, 0.75, 2.0**0.75),
        (-8.0, 3.0, -512.0),
        (-2.0, 0.5, NAN),
        (-2.0, 1.5, NAN),
        (2.0, 2000.0, INF),
        (-2.0, 2001.0, -INF),
        (2.0, -2000.0, 0.0),
        (1.0, NAN, 1.0),
        (NAN, 0.0, 1.0),
        (0.0, -1.0, INF),
        (-0.0, -3.0, -INF),
        (-0.0, -2.0, INF),
        (INF, -1.0, 0.0),
        (0.5, INF, 0.0),
        (-1.0, 1e300, 1.0),
        (0.5, 1e300, 0.0),
        (0.5, -1e300, INF),
        (2.0, 1e300, INF),
        (1e300, 5.0, INF),
        (1e-300, 5.0, 0.0),
    ],
)
def test_powers(base, exponent, result):
    """Powers are what Go's math.Pow makes of them."""
    found = go_power(base, exponent)
    assert found == result or (math.isnan(found) and math.isnan(result))


def test_powers_of_whole_numbers_are_exact():
    """A square is one multiplication, and small powers have no rounding."""
    assert [go_power(base, 2.0) for base in (3.0, 0.1, -7.0)] == [3.0 * 3.0, 0.1 * 0.1, 49.0]
    assert all(go_power(float(base), float(power)) == base**power for base in range(-9, 10) for power in range(1, 15))


@pytest.mark.parametrize(
    "text,number",
    [
        ("1.5", 1.5),
        ("-1.5e3", -1500.0),
        ("+.5", 0.5),
        ("5.", 5.0),
        ("1_0", 10.0),
        ("0x1p-2", 0.25),
        ("inf", INF),
        ("-Infinity", -INF),
        ("1e-400", 0.0),
        ("007", 7.0),
    ],
)
def test_texts_that_are_floats(text, number):
    """float() reads what Go's ParseFloat reads."""
    assert value("float(t)", t=text) == number
    assert math.isnan(value("float('NaN')"))


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "1e400", "-1e400", "1.2.3", "e5", "1e", "+-1", "\u0661", "abc", "1,5", "--1", "."]
)
def test_texts_that_are_no_floats(text):
    """Neither blanks nor other digits nor numbers out of range."""
    with pytest.raises(ExpressionEvaluationError, match="invalid operation: float"):
        value("float(t)", t=text)


@pytest.mark.parametrize(
    "text,number", [("42", 42), ("-7", -7), ("+7", 7), ("007", 7), ("9223372036854775807", 2**63 - 1)]
)
def test_texts_that_are_whole_numbers(text, number):
    """int() reads decimal digits with a sign."""
    assert value("int(t)", t=text) == number


@pytest.mark.parametrize(
    "text", ["", " 42", "42.0", "1_0", "0x1F", "9223372036854775808", "\u0661", "\u00b2", "-", "1" * 5000]
)
def test_texts_that_are_no_whole_numbers(text):
    """Everything else is refused, with the text in the message."""
    with pytest.raises(ExpressionEvaluationError, match="invalid operation: int"):
        value("int(t)", t=text)


@pytest.mark.parametrize(
    "number,whole", [(1.9, 1), (-1.9, -1), (1e30, -(2**63)), (NAN, -(2**63)), (INF, -(2**63)), (5, 5)]
)
def test_floats_become_whole_numbers(number, whole):
    """The fraction is dropped; what does not fit is the smallest number, as on amd64."""
    assert value("int(n)", n=number) == whole


def test_a_place_that_is_no_number_is_out_of_every_list():
    """NaN and infinity are as far out as any number can be."""
    assert [value("get([1], n)", n=number) for number in (NAN, INF, -INF, 0.9)] == [None, None, None, 1]


@pytest.mark.parametrize("text", ["int(nil ?? x)", "float(x)"])
def test_what_is_no_number_is_refused(text):
    """Neither lists nor nothing convert."""
    with pytest.raises(ExpressionEvaluationError, match="invalid operation"):
        value(text, x=[1])


@pytest.mark.parametrize(
    "left,right,rest", [(7, 3, 1), (-7, 3, -1), (7, -3, 1), (-7, -3, -1), (0, 5, 0), (2**63 - 1, 10, 7)]
)
def test_the_sign_of_a_remainder_is_that_of_the_dividend(left, right, rest):
    """As in Go, and not as in Python."""
    assert value("a % b", a=left, b=right) == rest


@pytest.mark.parametrize(
    "number,shown",
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.5, "1.5"),
        (999999.0, "999999"),
        (1e6, "1e+06"),
        (1234567.5, "1.2345675e+06"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (-123.0, "-123"),
        (1e21, "1e+21"),
        (NAN, "NaN"),
        (-INF, "-Inf"),
    ],
)
def test_the_text_of_a_float(number, shown):
    """string() prints like Go's %v."""
    assert value("string(n)", n=number) == shown


@pytest.mark.parametrize(
    "text,expected",
    [
        ("5.0 in xs", True),
        ("1.0 in xs", False),
        ("0.0 in xs", False),
        ("2 in xs", True),
        ("'a' in xs", True),
        ("true in xs", True),
        ("nil in xs", False),
        ("big in xs", True),
    ],
)
def test_what_is_in_a_list(text, expected):
    """Numbers of different types are equal; a bool is no number."""
    assert value(text, xs=[True, False, 5, 2.0, "a", float(2**53)], big=2.0**53) is expected
