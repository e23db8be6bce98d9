"""JSON as RuleGo reads and writes it."""

import json
import math
import subprocess
import sys
from collections import OrderedDict
from enum import StrEnum

import pytest
from hypothesis import given

from rulechain.values import ExactNumber, JsonError, StringMap, decode_json, encode_json, to_json
from rulechain.values.numbers import format_float_json
from support.strategies import JSON_VALUES


class Kind(StrEnum):
    """A text with a class of its own."""

    JSON = "JSON"


class Temperature(float):
    """A number with a class of its own."""


class Readings(list):
    """A list with a class of its own."""


@pytest.mark.parametrize(
    "text, value",
    [
        ("1", 1.0),
        ("0", 0.0),
        ("-0", -0.0),
        ("[-0, 0]", [-0.0, 0.0]),
        ('{"a": -0.0}', {"a": -0.0}),
        (' {"a": [1, true, null, "x"]} ', {"a": [1.0, True, None, "x"]}),
        ('{"a": 1, "a": 2}', {"a": 2.0}),
        ('"\\u00e4\\ud83d\\ude00"', "ä😀"),
        ('"\\ud800"', "\ufffd"),
        ('["\\ud800", {"\\udc00": 1}]', ["\ufffd", {"\ufffd": 1.0}]),
        (b'"\xff"', "\ufffd"),
        ("1e308", 1e308),
        ("5e-324", 5e-324),
        ("1e-400", 0.0),
    ],
)
def test_values_are_read_as_go_reads_them(text, value):
    """Numbers are floats with their sign, the last of equal keys counts, broken text is mended with U+FFFD."""
    read = decode_json(text)
    assert repr(read) == repr(value)


def test_true_is_no_number():
    """Booleans stay booleans, also alone."""
    assert decode_json("true") is True
    assert decode_json("false") is False


@pytest.mark.parametrize(
    "digits", ["9007199254740993", "12345678901234567890", "-9007199254740993", "123456789012345678901"]
)
def test_digits_that_a_float_cannot_hold_are_kept(digits):
    """A long whole number computes as a float and is written back digit by digit, on any level."""
    number = decode_json(digits)
    assert isinstance(number, ExactNumber)
    assert number == float(digits)
    assert to_json(decode_json(f'{{"id":[{digits}]}}')) == f'{{"id":[{digits}]}}'


@pytest.mark.parametrize(
    "digits", ["9007199254740992", "1234567890123456", "0.1234567890123456789", "100000000000000000000"]
)
def test_digits_that_a_float_holds_need_no_keeping(digits):
    """Where the float says it all, it is a plain float."""
    assert type(decode_json(digits)) is float


@pytest.mark.parametrize("depth", [1, 7, 8, 9, 15, 16, 17, 200])
def test_any_depth_is_read(depth):
    """Values deeper than the fast decoder knows are read all the same."""
    text = "[" * depth + '{"a":1}' + "]" * depth
    assert to_json(decode_json(text)) == text


def test_too_deep_a_nesting_is_an_error_and_no_crash():
    """A payload of a hundred thousand brackets is refused."""
    with pytest.raises(JsonError, match="max depth"):
        decode_json("[" * 100_000 + "]" * 100_000)


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "unexpected end of JSON input"),
        (" ", "unexpected end of JSON input"),
        ('{"a":', "unexpected end of JSON input"),
        ('"abc', "unexpected end of JSON input"),
        ("{} x", "invalid character 'x' after top-level value"),
        ("{bad", "at offset 1"),
        ("nope", "invalid character 'n' looking for beginning of value"),
        ("NaN", "invalid character 'N' looking for beginning of value"),
        ("[Infinity]", "invalid character 'I' looking for beginning of value"),
        ("1e400", "number 1e400 is out of range"),
        ("[-1e400]", "number -1e400 is out of range"),
    ],
)
def test_what_is_no_json_is_refused(text, message):
    """Faults have Go's words where chains of RuleGo may know them."""
    with pytest.raises(JsonError, match=message):
        decode_json(text)


@pytest.mark.parametrize(
    "value, text",
    [
        (None, "null"),
        (1.0, "1"),
        (-0.0, "-0"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (123456789.125, "123456789.125"),
        (2.0**53, "9007199254740992"),
        (2**64, "18446744073709551616"),
        (True, "true"),
        ({"b": 1, "a": [1.5, "x"]}, '{"a":[1.5,"x"],"b":1}'),
        ({1: "x"}, '{"1":"x"}'),
        ((1, 2), "[1,2]"),
        (StringMap({"b": "1", "a": "2"}), '{"a":"2","b":"1"}'),
        (b"bytes", '"Ynl0ZXM="'),
        (Kind.JSON, '"JSON"'),
        ({Kind.JSON: 1}, '{"JSON":1}'),
        (Temperature(41.0), "41"),
        ({"a": Temperature(1e21)}, '{"a":1e+21}'),
        (OrderedDict(b=1, a=Readings([2])), '{"a":[2],"b":1}'),
        ("<&>", '"<&>"'),
        ("\u2028\u2029", '"\\u2028\\u2029"'),
        ("\ud800", '"\ufffd"'),
        ({"\ud800": [1, ("\udfff", None)]}, '{"\ufffd":[1,["\ufffd",null]]}'),
    ],
)
def test_values_are_written_as_go_writes_them(value, text):
    """Compact, sorted, without HTML escapes, numbers in Go's forms, line separators escaped."""
    assert to_json(value) == text
    assert encode_json(value) == text.encode()


@pytest.mark.parametrize(
    "value, message",
    [
        (math.nan, "unsupported value: NaN"),
        ([math.inf], r"unsupported value: \+Inf"),
        ({"a": -math.inf}, "unsupported value: -Inf"),
        (print, "unsupported type: builtin_function"),
        ({1.5: 1}, "map key float"),
        ({True: 1}, "map key bool"),
    ],
)
def test_what_has_no_json_form_is_refused(value, message):
    """Values that JSON cannot hold are errors that name them."""
    with pytest.raises(JsonError, match=message):
        to_json(value)


def test_a_cycle_is_refused():
    """A value inside of itself is an error, not a crash."""
    endless = []
    endless.append(endless)
    with pytest.raises(JsonError, match="cycle"):
        to_json(endless)


def test_values_may_say_their_json_form():
    """An object with `__json__` is written as what that returns."""

    class Pair:
        def __json__(self):
            return {"b": 1.0, "a": None}

    assert to_json([Pair()]) == '[{"a":null,"b":1}]'


@given(value=JSON_VALUES)
def test_what_is_written_is_read_back(value):
    """Any JSON value survives writing and reading, but for whole numbers becoming floats."""
    assert decode_json(to_json(value)) == json.loads(json.dumps(value), parse_int=float)


@given(value=JSON_VALUES)
def test_writing_twice_changes_nothing(value):
    """The written form is stable: reading and writing it again gives the same text."""
    text = to_json(value)
    assert to_json(decode_json(text)) == text


@given(value=JSON_VALUES)
def test_every_float_has_gos_form(value):
    """The fast encoder and the exact formatter write each number alike."""
    numbers = [value] if isinstance(value, float) else value if isinstance(value, list) else []
    floats = [number for number in numbers if type(number) is float]
    assert to_json(floats) == f"[{','.join(map(format_float_json, floats))}]"


def test_building_the_decoder_does_not_slow_the_start():
    """Importing the room builds a decoder of nested types, which must not take more than a moment."""
    script = (
        "import time, msgspec; start = time.perf_counter(); import rulechain.values.json as made\n"
        "start = time.perf_counter(); msgspec.json.Decoder(made._value_type(made._DEPTH))\n"
        "print(time.perf_counter() - start)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert float(result.stdout) < 0.1
