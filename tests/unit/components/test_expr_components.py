"""exprFilter, exprTransform, metadataTransform and switch: what their expressions lead to."""

import pytest

from rulechain import Message
from rulechain.diagnostics import Code, Severity, Span
from rulechain.values import StringMap
from support.component_build import build_node, findings, json_message, outcome_of, relation_of, text_message


@pytest.mark.parametrize(
    "expr, relation",
    [
        ("msg.a == 1", "True"),
        ("${msg.a} == 1", "True"),
        ("1", "False"),
        ('"true"', "False"),
        ("nil", "False"),
        ("msg.a > 5", "False"),
        ('metadata.k == "v" and metadata.none == ""', "True"),
        ('type == "T" and msgType == "T" and dataType == "JSON"', "True"),
        ('id == "m1" and ts == 1700000000000 and data == "{\\"a\\":1}"', "True"),
        ('global.site == "north" and vars.limit == "20" and global.none == ""', "True"),
        ("unknown == nil", "True"),
    ],
)
def test_expr_filter_wants_true_itself(expr, relation):
    """True only for true; the message's parts, properties and variables are the names of an expression."""
    facts = {"properties": StringMap({"site": "north"}), "vars": StringMap({"limit": "20"})}
    assert relation_of("exprFilter", {"expr": expr}, json_message({"a": 1}), **facts) == relation


def test_an_expression_that_fails_is_a_failure():
    """The error names the fault and its place in the expression; the message stays as it was."""
    message = json_message({"a": 1})
    for component, key in (("exprFilter", "expr"), ("exprTransform", "expr")):
        outcome = outcome_of(component, {key: "msg.a > metadata.k"}, message)
        assert (outcome.relation, outcome.message) == ("Failure", message)
        assert "(1:7)" in outcome.error


@pytest.mark.parametrize(
    "component, configuration, finding",
    [
        ("exprFilter", {"expr": "msg.a >"}, "S401 17 "),
        ("exprTransform", {"expr": 'msg."é" + @'}, "S40"),
        ("exprTransform", {"mapping": {"x": "1", "y": "msg.a >"}}, "S401 "),
        ("metadataTransform", {"mapping": {"y": "nope("}}, "S40"),
        ("switch", {"cases": [{"case": "true", "then": "A"}, {"case": "msg.a >", "then": "B"}]}, "S401 "),
    ],
)
def test_an_expression_that_does_not_compile_is_placed_in_the_document(component, configuration, finding):
    """The finding lies at the expression's own place in the JSON text."""
    (found,) = findings(component, configuration)
    assert found.startswith(finding)


def test_a_blank_expression_does_not_load():
    """exprFilter without an expression is an error, beside the warning of the missing setting."""
    assert [found.split()[0] for found in findings("exprFilter", {"expr": " "})] == ["P304", "S402"]


def test_doubts_about_an_expression_are_warnings():
    """A call of a function that does not exist loads, as in RuleGo, and is told at its place."""
    run, (diagnostic,) = build_node("exprFilter", {"expr": "msg.a == 1 || nope(1)"})
    assert run is not None
    assert (diagnostic.severity, diagnostic.location.column) == ("warning", 24)


def test_all_faulty_cases_are_found_at_once():
    """Each case that does not compile is a finding of its own."""
    cases = [{"case": "1 +", "then": "A"}, {"case": "true", "then": "B"}, {"case": "(", "then": "C"}]
    assert len(findings("switch", {"cases": cases})) == 2


@pytest.mark.parametrize(
    "expr, data",
    [
        ("msg.s", "text"),
        ("msg", '{"a":1,"s":"text"}'),
        ("msg.none", ""),
        ("msg.a * 1e21", "1000000000000000000000"),
        ("[msg.a, true, nil]", "[1,true,null]"),
        ("{b: 1, a: msg.s}", '{"a":"text","b":1}'),
        ("data", '{"a":1,"s":"text"}'),
        ("dataType", "JSON"),
        ("true", "true"),
    ],
)
def test_expr_transform_takes_the_text_form(expr, data):
    """The payload is the value's text form, and the data type stays."""
    message = outcome_of("exprTransform", {"expr": expr}, json_message({"a": 1, "s": "text"})).message
    assert (message.data, message.data_type) == (data, "JSON")


def test_expr_transform_keeps_the_data_type():
    """Only a mapping makes the data type JSON."""
    assert outcome_of("exprTransform", {"expr": "1"}, text_message("x")).message.data_type == "TEXT"
    assert outcome_of("exprTransform", {"mapping": {}}, text_message("x")).message.data_type == "JSON"


@pytest.mark.parametrize(
    "mapping, data",
    [
        ({"b": "msg.a", "a": "metadata.k", "n": "msg.none"}, '{"a":"v","b":1,"n":null}'),
        ({"n": 5, "t": True}, '{"n":5,"t":1}'),
        ({"z": "'x'", "m": "msg.a", "b": "nil", "a": "2.5"}, '{"a":2.5,"b":null,"m":1,"z":"x"}'),
        ({"a": "5", "b": "9007199254740991", "c": "[msg.a]"}, '{"a":5,"b":9007199254740991,"c":[1]}'),
        ({"e": '$env["msg"].a', "k": "metadata.k"}, '{"e":1,"k":"v"}'),
        ({"i": "id", "d": "data"}, '{"d":"{\\"a\\":1}","i":"m1"}'),
        ({}, "{}"),
    ],
)
def test_expr_transform_maps_fields(mapping, data):
    """A mapping makes a JSON object with sorted keys; numbers in it are expressions too."""
    assert outcome_of("exprTransform", {"mapping": mapping}, json_message({"a": 1})).message.data == data


def test_mapped_fields_stand_in_the_order_of_the_text():
    """Whatever the order of the mapping, and of literals in it: the object is what reading its text gives."""
    mapping = {"z": "msg.a", "b": "'x'", "y": "1", "a": "metadata.k"}
    message = outcome_of("exprTransform", {"mapping": mapping}, json_message({"a": 1})).message
    assert message.unwritten is not None
    assert list(message.value.items()) == list(Message(message.data).value.items())
    assert type(message.value["y"]) is float


def test_mapped_fields_are_evaluated_in_the_order_of_the_mapping():
    """Of two that fail, the one written first says why."""
    mapping = {"b": "msg.a > metadata.k", "a": "msg.a + metadata.k"}
    error = outcome_of("exprTransform", {"mapping": mapping}, json_message({"a": 1})).error
    assert error == outcome_of("exprTransform", {"expr": mapping["b"]}, json_message({"a": 1})).error


def test_expr_wins_over_mapping():
    """A mapping beside an expression is ignored, also where it would not compile."""
    assert outcome_of("exprTransform", {"expr": "1", "mapping": {"a": "("}}).message.data == "1"
    assert outcome_of("exprTransform", {"expr": " ", "mapping": {"a": "1"}}).message.data == '{"a":1}'


def test_a_value_without_json_form_is_a_failure():
    """An infinite number inside the result is told."""
    assert outcome_of("exprTransform", {"mapping": {"a": "1 / 0"}}).error == "json: unsupported value: +Inf"
    assert outcome_of("exprTransform", {"expr": "[1 / 0]"}).error == "json: unsupported value: +Inf"


@pytest.mark.parametrize(
    "configuration, metadata",
    [
        ({"mapping": {"n": "msg.a", "k": "metadata.k + metadata.k"}}, {"k": "vv", "n": "1"}),
        ({"mapping": {"n": "msg.a"}, "isNew": True}, {"n": "1"}),
        ({"mapping": {"k": '"x"', "old": "metadata.k"}}, {"k": "x", "old": "v"}),
        (
            {"mapping": {"t": '"x"', "n": "1.50", "b": "true", "z": "nil"}},
            {"k": "v", "t": "x", "n": "1.5", "b": "true", "z": ""},
        ),
        ({"mapping": {"k": '"x"'}, "isNew": True}, {"k": "x"}),
        ({"mapping": {"": "1", "none": "msg.none", "o": "msg"}}, {"k": "v", "none": "", "o": '{"a":1}'}),
        ({}, {"k": "v"}),
    ],
)
def test_metadata_transform_sets_texts(configuration, metadata):
    """Values become texts; expressions see the metadata as it came; an empty key is ignored."""
    assert dict(outcome_of("metadataTransform", configuration, json_message({"a": 1})).message.metadata) == metadata


def test_metadata_keeps_the_order_of_the_mapping():
    """New keys follow those that were there, in the order of the mapping, whether their texts are settled or not."""
    mapping = {"n": "msg.a", "t": '"x"', "k": "msg.a", "o": "msg.a"}
    message = outcome_of("metadataTransform", {"mapping": mapping}, json_message({"a": 1})).message
    assert list(message.metadata) == ["k", "n", "t", "o"]


def test_metadata_transform_fails_whole():
    """When one expression fails, nothing is changed."""
    message = json_message({"a": 1})
    outcome = outcome_of("metadataTransform", {"mapping": {"n": "1", "x": "msg.a > metadata.k"}}, message)
    assert (outcome.relation, outcome.message) == ("Failure", message)


CASES = {
    "cases": [
        {"case": "msg.a > metadata.k", "then": "Bad"},
        {"case": "msg.a", "then": "One"},
        {"case": "msg.a == 1", "then": "Is"},
    ]
}


def test_switch_takes_the_first_true_case():
    """A case that fails or is not true itself is skipped."""
    assert relation_of("switch", CASES, json_message({"a": 1})) == "Is"


def test_switch_falls_to_default_whatever_the_property():
    """When no case holds the relation is Default, and switch has no fallback of its own."""
    outcome = outcome_of(
        "switch", CASES, json_message({"a": 2}), properties=StringMap({"defaultRelationType": "Other"})
    )
    assert (outcome.relation, outcome.fallback) == ("Default", None)


@pytest.mark.parametrize("temperature, relation", [(10, "Default"), (30, "Case1"), (60, "Case2")])
def test_switch_keeps_rulegos_sample_cases(temperature, relation):
    """Without the setting the two sample cases of RuleGo apply; an empty list has none."""
    assert relation_of("switch", {}, json_message({"temperature": temperature})) == relation
    assert relation_of("switch", {"cases": []}, json_message({"temperature": temperature})) == "Default"


@pytest.mark.parametrize("expr", ["1", "'msg.a > 1'", "len(msg.a)", "msg.a > 1 ? 1 : 0", "[msg.a]", "nil"])
@pytest.mark.parametrize("type_", ["exprFilter", "switch", "inclusive"])
def test_a_condition_that_can_never_be_true_is_doubtful(type_, expr):
    """Such a chain loads, as in RuleGo, with a warning at the place of the condition."""
    configuration = {"expr": expr} if type_ == "exprFilter" else {"cases": [{"case": expr, "then": "A"}]}
    _, (found,) = build_node(type_, configuration)
    assert (found.code, found.severity) == (Code.BAD_CONDITION, Severity.WARNING)
    assert found.location.span == Span(0, len(expr))


@pytest.mark.parametrize("expr", ["true", "false", "1 == 1", "msg.a", "msg.a and msg.b", "$env.x", "any(msg.a, #)"])
def test_a_condition_that_may_be_true_is_not(expr):
    """Constants are meant, and of most values nothing is known before there is a message."""
    assert findings("exprFilter", {"expr": expr}) == []
