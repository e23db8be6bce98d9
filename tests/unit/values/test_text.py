"""The text form of values."""

import math
from enum import StrEnum

import pytest

from rulechain.values import ExactNumber, JsonError, to_text
from rulechain.values.text import to_text_strict


class Kind(StrEnum):
    """A text with a class of its own."""

    JSON = "JSON"


class Moment:
    """A value that says its text itself."""

    def __text__(self):
        return "1h0m0s"


@pytest.mark.parametrize(
    "value, text",
    [
        (None, ""),
        ("text", "text"),
        (Kind.JSON, "JSON"),
        (True, "true"),
        (False, "false"),
        (12, "12"),
        (-(2**70), str(-(2**70))),
        (3.0, "3"),
        (-0.0, "-0"),
        (1.5e-7, "0.00000015"),
        (1e21, "1000000000000000000000"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (ExactNumber("12345678901234567890"), "12345678901234567890"),
        (b"raw", "raw"),
        (bytearray(b"raw"), "raw"),
        (Moment(), "1h0m0s"),
        ({"b": 1e21, "a": None}, '{"a":null,"b":1e+21}'),
        ([1.0, "x"], '[1,"x"]'),
    ],
)
def test_each_kind_of_value_has_its_text(value, text):
    """The text form is RuleGo's ToString: no exponents on top, JSON for what has parts."""
    assert to_text(value) == text
    assert type(to_text(value)) is str


def test_bytes_that_are_not_utf8_survive():
    """Bytes go into text and back without loss."""
    assert to_text(b"\xff\x00").encode("utf-8", "surrogateescape") == b"\xff\x00"


@pytest.mark.parametrize("value", [[math.nan], {"a": math.inf}, print])
def test_what_has_no_text_is_empty_or_an_error(value):
    """`to_text` swallows the failure as RuleGo does, `to_text_strict` tells it."""
    assert to_text(value) == ""
    with pytest.raises(JsonError):
        to_text_strict(value)
