"""Lists that Go never made, maps with keys of any type, and the bytes of texts: where Go's types can be seen."""

import pytest

from rulechain.diagnostics.errors import ExpressionEvaluationError
from rulechain.expr import compile_expression, compile_template
from rulechain.expr.any_map import AnyMap
from rulechain.expr.go import Byte, NilList
from rulechain.values import JsonError, to_json, to_text

ENV = {
    "items": [{"k": "a", "q": 1.0}, {"k": "b", "q": 2.0}, {"k": "a", "q": 3.0}],
    "name": "héllo",
    "xs": [True, 1, 1.0],
}


def value(text):
    """Return what an expression gives."""
    return compile_expression(text).evaluate(ENV)


@pytest.mark.parametrize(
    "text",
    [
        'split("a", ",", 0)',
        "concat([], [])",
        "sort(name)",
        "groupBy(items, .k).zz",
        'groupBy(items, .k)["zz"]',
    ],
)
def test_a_nil_list_is_empty_and_nil(text):
    """It has no elements, equals nil, gives way to a default, and is null in JSON."""
    assert value(text) == []
    assert value(f"{text} == nil") is True
    assert value(f"nil != {text}") is False
    assert value(f"({text}) ?? 5") == 5
    assert value(f"len({text})") == 0
    assert value(f"map({text}, #)") == []
    assert value(f"let a = {text}; a == nil && (a ?? true)") is True
    assert value(f"toJSON({text})") == "null"
    assert to_text(value(text)) == "null"


def test_an_empty_list_is_not_nil():
    """Only what Go never made is."""
    assert value("[] == nil") is False
    assert value("filter(items, false) ?? 5") == []
    assert value('split("", "") == nil') is False


@pytest.mark.parametrize(
    "text", ["groupBy(items, .k)?.zz", "groupBy(items, .k)?.['zz']", "get(groupBy(items, .k), 'zz')"]
)
def test_an_optional_chain_and_get_make_it_nil(text):
    """What they give is plain nil."""
    assert value(text) is None


def test_a_long_chain_makes_it_nil_too():
    """The length of a chain changes nothing."""
    assert value("first([groupBy(items, .k).zz])" + "?.a" * 40) is None
    assert value("first([groupBy(items, .k)])" + "?.zz" * 40) is None


def test_the_keys_of_groups_keep_their_types():
    """Go tells 1 from 1.0 and from true, and so do groups."""
    groups = value("groupBy(xs, #)")
    assert [(type(key), found) for key, found in groups.items()] == [(bool, [True]), (int, [1]), (float, [1.0])]
    assert (groups[1], groups[1.0], groups[True], groups["x"]) == ([1], [1.0], [True], NilList())
    assert (1 in groups, "x" in groups, len(groups), list(groups)) == (True, False, 3, [True, 1, 1.0])
    assert value("groupBy(items, .q)[2]") == []
    assert value("groupBy(items, .q)[2.0]") == [ENV["items"][1]]
    assert value("keys(groupBy(xs, #))") == [True, 1, 1.0]
    assert value("1 in groupBy(xs, #)") is True
    assert repr(groups) == "Groups([(True, [True]), (1, [1]), (1.0, [1.0])])"


def test_a_map_made_of_pairs_keeps_the_types_of_its_keys():
    """The last of equal keys wins, and 1 and 1.0 are not equal."""
    made = value('fromPairs([[1, "a"], [1.0, "b"], [true, "c"], [nil, "d"], [1, "e"]])')
    assert isinstance(made, AnyMap)
    assert {(type(key), key): found for key, found in made.items()} == {
        (int, 1): "e",
        (float, 1.0): "b",
        (bool, True): "c",
        (type(None), None): "d",
    }
    assert (made.get(1), made.get(2), made.get(2, "x")) == ("e", None, "x")
    assert value('fromPairs([["a", 1]]).b') is None
    assert value('fromPairs([["a", 1]]).a') == 1
    assert value('fromPairs([["a", 1]]) == fromPairs([["a", 1]])') is True


@pytest.mark.parametrize(
    "text", ["groupBy([[1]], #)", "fromPairs([[[1], 1]])", "groupBy([1], #)[[1]]", "{} in groupBy([1], #)"]
)
def test_lists_and_maps_are_no_keys(text):
    """They cannot be hashed, in Go's words."""
    with pytest.raises(ExpressionEvaluationError, match="hash of unhashable type"):
        value(text)


def test_such_maps_have_no_json_form():
    """As in RuleGo; alone, a map made of pairs has a text form, and groups have none."""
    pairs, groups = value('fromPairs([["a", 1], [2, 3]])'), value("groupBy(items, .k)")
    assert to_text(pairs) == '{"2":3,"a":1}'
    assert to_text(groups) == ""
    for nested in (pairs, {"x": pairs}, [groups], groups):
        with pytest.raises(JsonError, match="unsupported type: map"):
            to_json(nested)
    with pytest.raises(ExpressionEvaluationError, match="unsupported type: map"):
        value('toJSON({x: fromPairs([["a", 1]])})')
    assert compile_template("v=${groupBy(items, .k)}").evaluate(ENV) == "v="


def test_the_elements_of_texts_are_bytes():
    """They are whole numbers of a type of their own."""
    assert value("type(name[0])") == "uint"
    assert (type(value("name[1]")), value("name[1]"), value("name[-1]")) == (Byte, 0xC3, ord("o"))
    assert value("map(name[:3], #)") == [0x68, 0xC3, 0xA9]
    assert value("map(b'ab', type(#))") == ["uint", "uint"]
    assert [
        value(text) for text in ("name[0] + 1", "name[0] * 2.0", "name[0] % 10", "name[0] == 104", "name[0] / 2")
    ] == [
        105,
        208.0,
        4,
        True,
        52.0,
    ]
    assert (value("-name[0]"), type(value("name[0] + name[0]"))) == (256 - 104, int)
    assert (value("items[b'\x02'[0]].q"), value("int(name[0])"), value("string(name[0])")) == (3.0, 104, "104")
    assert (to_text(value("name[0]")), to_json([value("name[0]")])) == ("104", "[104]")
    assert value("97 in b'abc'") is True
    assert (value("reverse(b'ab')"), value("concat(b'a', b'b')")) == ([98, 97], [97, 98])


def test_an_index_out_of_a_text_is_refused():
    """Positions count bytes, from either end."""
    with pytest.raises(ExpressionEvaluationError, match=r"index out of range: 6 \(array length is 6\)"):
        value("name[6]")
    with pytest.raises(ExpressionEvaluationError, match=r"array length is 2"):
        compile_expression("s[2]").evaluate({"s": "ab"})
