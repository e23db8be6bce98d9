"""`${global.x}`, `${vars.x}` and `${ruleChain.x}` at load."""

import pytest

from rulechain.plan.substitute import substitute
from rulechain.values import StringMap

ROOTS = {
    "global": StringMap({"site": "north", "a.b": "dotted", "llm.url": "http"}),
    "vars": StringMap({"n": "20", "empty": ""}),
    "ruleChain": {"id": "c1", "additionalInfo": {"x": 1.0}, "name": None},
}


@pytest.mark.parametrize(
    "text,expected",
    [
        ("${global.site}", "north"),
        ("${ global.site }!", "north!"),
        ("msg.t > ${vars.n}", "msg.t > 20"),
        ("${global.a.b} ${global.llm.url}", "dotted http"),
        ("${vars.empty}", ""),
        ("${ruleChain.id}/${ruleChain.additionalInfo.x}", "c1/1"),
        ("${ruleChain.name}", "${ruleChain.name}"),
        ("${msg.x} ${metadata.k} ${}", "${msg.x} ${metadata.k} ${}"),
        ("`${global.site}`", "`north`"),
    ],
)
def test_known_placeholders_become_text_and_others_stay(text, expected):
    """A whole rest of a dotted key is tried as one key; null counts as missing."""
    assert substitute(text, ROOTS).value == expected


def test_every_text_inside_a_value_is_filled_in_but_no_key():
    """Lists and objects are searched; keys and other values are left alone."""
    value = {"${global.site}": ["${global.site}", 1, {"x": "${vars.n}"}, None]}
    assert substitute(value, ROOTS).value == {"${global.site}": ["north", 1, {"x": "20"}, None]}


def test_changed_texts_are_known():
    """Offsets into a changed text mean nothing in the document."""
    assert substitute({"a": ["${vars.n}", "x"]}, ROOTS).changed == {("a", 0)}


def test_undefined_globals_and_vars_are_reported_with_their_place():
    """They stay as they are, as in RuleGo, and somebody should know."""
    found = substitute({"k": "a ${vars.nn} ${msg.x}"}, ROOTS).undefined
    assert [(item.key, item.path, item.span) for item in found] == [("vars.nn", ("k",), (2, 12))]
