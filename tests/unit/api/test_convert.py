"""RuleGo's weak typing of configuration values."""

from typing import Any

import pytest

from rulechain.api.convert import ConversionError, convert


@pytest.mark.parametrize(
    "value,annotation,expected",
    [
        (1, str, "1"),
        (1.5, str, "1.5"),
        (True, str, "1"),
        (None, str, ""),
        ("", int, 0),
        ("0x1f", int, 31),
        ("017", int, 15),
        ("-5", int, -5),
        (1.9, int, 1),
        (True, int, 1),
        (1, bool, True),
        (0.0, bool, False),
        ("t", bool, True),
        ("", bool, False),
        ("False", bool, False),
        ("2.5", float, 2.5),
        ("a", tuple[str, ...], ("a",)),
        ("", tuple[str, ...], ()),
        ([1, "b"], tuple[str, ...], ("1", "b")),
        (None, tuple[str, ...], ()),
        ({"a": 1}, dict[str, str], {"a": "1"}),
        ([{"a": 1}, {"b": 2}], dict[str, Any], {"a": 1, "b": 2}),
        (None, dict[str, str], {}),
        ([1], Any, [1]),
        (None, int | None, None),
        ("3", int | None, 3),
    ],
)
def test_values_convert_as_in_rulego(value, annotation, expected):
    """Number to text, text to number, one value to a list, null to the zero value."""
    assert convert(value, annotation) == expected


@pytest.mark.parametrize("text,seconds", [("500ms", 0.5), ("15s", 15.0), ("1m30s", 90.0), ("2h", 7200.0)])
def test_durations_are_texts_with_units(text, seconds):
    """A bare number is not a length of time."""
    assert convert(text, float, is_duration=True) == seconds


@pytest.mark.parametrize(
    "value,annotation,message,path",
    [
        ("yes", bool, 'expected true or false, got the text "yes"', ()),
        ("1.0", int, 'expected a whole number, got the text "1.0"', ()),
        (" 1", int, 'expected a whole number, got the text " 1"', ()),
        ("٣", int, 'expected a whole number, got the text "٣"', ()),
        ("1.5\n", float, 'expected a number, got the text "1.5\n"', ()),
        ([1], str, "expected a text, got a list", ()),
        ({"a": [1]}, dict[str, str], "expected a text, got a list", ("a",)),
        ([["x"]], tuple[str, ...], "expected a text, got a list", (0,)),
        (3, dict[str, str], "expected an object, got the number 3", ()),
    ],
)
def test_what_has_no_conversion_says_what_was_found_and_expected(value, annotation, message, path):
    """The path leads to the item at fault."""
    with pytest.raises(ConversionError) as caught:
        convert(value, annotation)
    assert (str(caught.value), caught.value.path) == (message, path)


@pytest.mark.parametrize("value", [5, "5", "5 s", "", None, "1d"])
def test_a_length_of_time_without_a_unit_is_refused(value):
    """There are no hidden units."""
    with pytest.raises(ConversionError, match="length of time"):
        convert(value, float, is_duration=True)
