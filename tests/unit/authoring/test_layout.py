"""Documents laid out the one way."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from rulechain.authoring import format_document
from rulechain.authoring.layout import WIDTH
from support.strategies import JSON_VALUES, NEAR_DOCUMENTS

MIXED_UP = """\
{"metadata": {"connections": [{"type": "Success", "toId": "b", "fromId": "a"}],
 "nodes": [{"configuration": {"z": 1, "a": 2}, "type": "log", "id": "a"}, {"type":"end","id":"b"}],
    "firstNodeIndex":0},
 "$schema": "s", "ruleChain": {"additionalInfo": {"layoutY": 1, "layoutX": 2}, "Name": "N", "id": "c"}, "extra": null}
"""


def test_keys_come_in_rulegos_order_and_short_things_share_a_line():
    """Known keys first in the order of RuleGo's documents, others after them; settings keep their own order."""
    assert format_document(MIXED_UP) == (
        "{\n"
        '  "$schema": "s",\n'
        '  "ruleChain": {\n'
        '    "id": "c",\n'
        '    "Name": "N",\n'
        '    "additionalInfo": {"layoutY": 1, "layoutX": 2}\n'
        "  },\n"
        '  "metadata": {\n'
        '    "firstNodeIndex": 0,\n'
        '    "nodes": [\n'
        '      {"id": "a", "type": "log", "configuration": {"z": 1, "a": 2}},\n'
        '      {"id": "b", "type": "end"}\n'
        "    ],\n"
        '    "connections": [\n'
        '      {"fromId": "a", "toId": "b", "type": "Success"}\n'
        "    ]\n"
        "  },\n"
        '  "extra": null\n'
        "}\n"
    )


def test_numbers_texts_and_repeated_keys_stay_as_written():
    """What JSON readers would round, unescape or drop is still there."""
    text = '{"a": 1.0, "a": 12345678901234567890, "b": 1e400, "c": "\\u00e4\\/\\ud800", "d": -0}'
    assert format_document(text).split() == ("{ " + text[1:-1] + " }").split()


@example(value={"ruleChain": {}, "metadata": {"nodes": [], "x": "]}" * 60}}, indent=None)
@given(value=JSON_VALUES | NEAR_DOCUMENTS, indent=st.sampled_from([None, 0, 3]))
def test_formatting_changes_no_value_and_is_done_after_once(value, indent):
    """Any JSON reads back as the same value, and a formatted document is left alone."""
    formatted = format_document(json.dumps(value, indent=indent))
    assert json.loads(formatted) == value
    assert format_document(formatted) == formatted


def test_only_what_cannot_be_broken_is_wider_than_the_page():
    """A line is longer than the page only where a single value is."""
    document = {"metadata": {"nodes": [{"id": "n" * 10, "configuration": {"list": ["x" * 30] * 9, "s": "y" * 120}}]}}
    lines = format_document(json.dumps(document)).splitlines()
    assert [line.strip() for line in lines if len(line) >= WIDTH] == [f'"s": "{"y" * 120}"']
