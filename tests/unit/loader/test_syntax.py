"""Saying why a text is not JSON. Complete texts with their places are in tests/golden/invalid."""

import pytest

from rulechain.loader.syntax import scan_json

FAULTS = [
    ("", 0, "the document is empty, expected a JSON object"),
    (" \n ", 0, "the document is empty, expected a JSON object"),
    ('{"a":1,}', 6, 'a comma stands before the closing "}"'),
    ("[1, 2, ]", 5, 'a comma stands before the closing "]"'),
    ("[1,,2]", 3, 'expected a value, found ","'),
    ("[,1]", 1, 'expected a value, found ","'),
    ('{"a":1 "b":2}', 6, "a comma is missing between two members"),
    ("[1 2]", 2, "a comma is missing between two items"),
    ("[1\n2]", 2, "a comma is missing between two items"),
    ('{"a";1}', 4, 'expected ":" after the key "a"'),
    ('{"a" 1}', 5, 'expected ":" after the key "a"'),
    ('{"a"=1}', 4, 'expected ":" after the key "a"'),
    ('{"a":}', 5, 'expected a value, found "}"'),
    ('{"a":1;"b":2}', 6, 'found ";" instead of ","'),
    ("{a:1}", 1, "the key a has no double quotes"),
    ("{1:1}", 1, "the key 1 has no double quotes"),
    ("{:1}", 1, 'expected a key in double quotes, found ":"'),
    ("{[1]:1}", 1, 'expected a key in double quotes, found "["'),
    ("{'a':1}", 1, "text stands in single quotes"),
    ("[1, # note\n2]", 4, "JSON has no comments"),
    ("// note\n{}", 0, "JSON has no comments"),
    ("{} /* note */", 3, "JSON has no comments"),
    ("[True]", 1, "True is not a JSON value"),
    ("[none]", 1, "none is not a JSON value"),
    ("[Success]", 1, "Success is not a JSON value"),
    ("[truex]", 1, "truex is not a JSON value"),
    ("[01]", 1, "01 is not a JSON number"),
    ("[+1]", 1, "+1 is not a JSON number"),
    ("[.5]", 1, ".5 is not a JSON number"),
    ("[1.]", 1, "1. is not a JSON number"),
    ("[0x10]", 1, "0x10 is not a JSON number"),
    ("[1e]", 1, "1e is not a JSON number"),
    ("[-]", 1, "- is not a JSON value"),
    ('["a', 1, "this text has no closing double quote on its line"),
    ('["a\nb"]', 1, "this text has no closing double quote on its line"),
    ('["a\\', 1, "this text has no closing double quote on its line"),
    ('["a\tb"]', 3, "a tab (U+0009) must not stand inside a JSON text as it is"),
    ('["a\x00b"]', 3, "a control character (U+0000) must not stand inside a JSON text as it is"),
    (r'["\d"]', 2, r'"\d" means nothing inside a JSON text'),
    (r'["\u12"]', 2, r'"\u" means nothing inside a JSON text'),
    ("[1", 2, 'the document ends before "[" is closed'),
    ("[1,", 3, 'the document ends before "[" is closed'),
    ('{"a"', 4, 'the document ends before "{" is closed'),
    ('{"a":', 5, 'the document ends before "{" is closed'),
    ('{"a":{}\n\n', 7, 'the document ends before "{" is closed'),
    ("[1}", 2, 'found "}" where "[" must be closed by "]"'),
    ("{} x", 3, "there is text after the end of the document"),
    ("{}}", 2, "there is text after the end of the document"),
    ("1 2", 2, "there is text after the end of the document"),
    ("[\u00a01]", 1, "no-break space (U+00A0)"),
    ("[\u201ca\u201d]", 1, "\u201ca\u201d is not a JSON value"),
]


@pytest.mark.parametrize("text, start, message", FAULTS, ids=[repr(each[0]) for each in FAULTS])
def test_a_fault_has_a_place_and_a_sentence(text, start, message):
    """Each kind of slip is named, at the place where it must be mended."""
    fault = scan_json(text, depth=10).fault
    assert message in fault.message
    assert fault.span.start == start


@pytest.mark.parametrize(
    "text", ["{}", "[]", ' [1, -0.5e+3, "\\u00e4\\n", true, false, null, {"a": {"b": []}}] \n', "0"]
)
def test_json_has_no_fault(text):
    """JSON passes."""
    assert scan_json(text, depth=10).fault is None


@pytest.mark.parametrize(
    "text, hint",
    [
        ("[None]", "write null"),
        ("[FALSE]", "write false"),
        ("[Success]", "text stands in double quotes"),
        ("{a:1}", 'write "a"'),
        (r'["\d"]', r'a backslash itself is written "\\d"'),
        ('["a\tb"]', 'write "\\t"'),
        ("{} {}", "a file holds one document"),
        ("[1", 'add "]"'),
    ],
)
def test_a_fault_says_how_to_mend_it(text, hint):
    """Where the mending can be known, it is told."""
    assert scan_json(text, depth=10).fault.hint == hint


@pytest.mark.parametrize("text, opened", [('{"a": [1, {"b": 2}', 6), ('{"a": {"b": [1}}', 12)])
def test_an_open_bracket_is_pointed_at(text, opened):
    """A bracket that is not closed, or closed wrongly, is shown where it was opened."""
    assert scan_json(text, depth=10).fault.opened.start == opened


def test_every_duplicate_key_is_found():
    """Keys are compared as decoded text, within their own object."""
    scan = scan_json('{"a": {"b": 1, "c": 2, "\\u0062": 3}, "b": 4, "a": 5, "a": 6}', depth=10)
    assert {(each.key, len(each.places)) for each in scan.duplicates} == {("b", 2), ("a", 3)}
