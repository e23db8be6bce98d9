"""Finding the place that a pointer and a span mean."""

import json
import pickle

import pytest

from rulechain.diagnostics import Location, Source, Span
from rulechain.diagnostics.locate import decoded_offset, find_value, line_and_column

TEXT = '{"a": [10, {"b/c": "x~y", "": null}],\n "d": {"e": []}, "f\\u0067": -1.5e3}'


@pytest.mark.parametrize(
    "pointer, value",
    [
        ("", TEXT),
        ("/a", '[10, {"b/c": "x~y", "": null}]'),
        ("/a/0", "10"),
        ("/a/1/b~1c", '"x~y"'),
        ("/a/1/", "null"),
        ("/d/e", "[]"),
        ("/fg", "-1.5e3"),
    ],
)
def test_a_pointer_leads_to_its_value(pointer, value):
    """Every kind of value is found with its exact extent, through escapes in keys and pointers."""
    start, end = find_value(TEXT, pointer)
    assert TEXT[start:end] == value


def test_a_key_can_be_found_instead_of_its_value():
    """of_key points at the member's key; an item of a list and the document itself have none."""
    start, end = find_value(TEXT, "/fg", of_key=True)
    assert TEXT[start:end] == '"f\\u0067"'
    assert find_value(TEXT, "/a/0", of_key=True) == find_value(TEXT, "/a/0")
    assert find_value(TEXT, "", of_key=True) == (0, len(TEXT))


@pytest.mark.parametrize("pointer", ["/z", "/a/2", "/a/x", "/a/0/b", "/d/e/0", "/a/01"])
def test_a_pointer_that_leads_nowhere_finds_nothing(pointer):
    """What is not there has no place of its own."""
    assert find_value(TEXT, pointer) is None


@pytest.mark.parametrize("text", ["", "]", '},{"a":1}', '{"a" 1', '"unclosed'])
def test_a_text_that_is_no_json_is_searched_without_failing(text):
    """Looking for a place never raises, even in a text that should not have been given a pointer."""
    assert find_value(text, "/b") is None


def test_the_last_of_equal_keys_is_found():
    """A key written twice is decoded to its last value, so that is the one shown."""
    text = '{"a": {"b": 1}, "a": {"b": 2}}'
    assert find_value(text, "/a/b") == (27, 28)


def test_a_byte_order_mark_is_no_part_of_the_document():
    """A text may begin with a byte order mark; offsets count it."""
    assert find_value('\ufeff{"a": 1}', "/a") == (7, 8)


def test_a_missing_place_shows_the_nearest_object_around_it():
    """Something that is missing is shown at the innermost object that should have it."""
    location = Location(Source("x", TEXT), "/a/1/zz/deeper")
    assert TEXT[slice(*location.offsets)] == '{"b/c": "x~y", "": null}'


def test_many_places_in_one_large_text_are_found_quickly():
    """Ten thousand places in one text cost one walk through it: a walk for each would take minutes."""
    text = json.dumps({"nodes": [{"id": str(number), "type": "log"} for number in range(10_000)]}, indent=1)
    lines = {line_and_column(text, find_value(text, f"/nodes/{number}/id")[0])[0] for number in range(0, 10_000, 50)}
    assert len(lines) == 200
    assert all(find_value(text, f"/nodes/{number}/type") for number in range(10_000))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_counts_once(end):
    """Lines and columns are 1-based, whatever ends a line."""
    text = f"ab{end}cd{end}{end}e"
    assert line_and_column(text, 0) == (1, 1)
    assert line_and_column(text, text.index("d")) == (2, 2)
    assert line_and_column(text, text.index("e")) == (4, 1)


@pytest.mark.parametrize(
    "written, offset, rest",
    [
        ('"abc"', 2, 'c"'),
        (r'"a\nb"', 2, 'b"'),
        (r'"a\\b"', 2, 'b"'),
        (r'"\u00e4b"', 1, 'b"'),
        (r'"\ud83d\ude00b"', 1, 'b"'),
        (r'"\ud83db"', 1, 'b"'),
        ('"😀b"', 1, 'b"'),
        ('"ab"', 9, '"'),
    ],
)
def test_an_offset_in_a_decoded_text_is_found_in_the_written_one(written, offset, rest):
    """Escapes are as wide as they are written, and an offset beyond the end is the end."""
    assert written[decoded_offset(written, 0, offset) :] == rest


def test_a_span_counts_characters_of_the_decoded_text():
    """A place inside of an expression is found through the escapes of the JSON text around it."""
    text = '{\n  "expr": "msg.a == \\"x\\" && oops"\n}'
    expression = json.loads(text)["expr"]
    start = expression.index("oops")
    location = Location(Source("c.json", text), "/expr", Span(start, start + 4))
    assert text[slice(*location.offsets)] == "oops"
    assert str(location) == f"c.json:2:{text.splitlines()[1].index('oops') + 1}  (/expr)"


def test_a_span_in_something_that_is_no_text_means_all_of_it():
    """A number where a text was expected is shown whole."""
    assert Location(Source("x", '{"a": 12345}'), "/a", Span(1, 2)).offsets == Span(6, 11)


def test_without_a_pointer_a_span_counts_in_the_source_itself():
    """An expression on its own is its own source."""
    location = Location(Source("<expression>", "1 +\n oops"), span=Span(5, 9))
    assert (location.line, location.column, str(location)) == (2, 2, "<expression>:2:2")
    assert Location(Source("x", "abc")).offsets == Span(0, 3)


def test_a_source_that_never_was_text_has_no_lines():
    """A document made by Python has pointers only."""
    location = Location(Source("<chain>"), "/metadata/nodes/0")
    assert (location.offsets, location.line, location.column) == (None, None, None)
    assert str(location) == "<chain>  (/metadata/nodes/0)"


def test_a_location_is_a_value():
    """Locations compare, hash and pickle by what they say, also after their place was computed."""
    first, second = (Location(Source("x", TEXT), "/a") for _ in range(2))
    assert first.line == 1
    assert first == second
    assert hash(first) == hash(second)
    assert pickle.loads(pickle.dumps(first)) == second
