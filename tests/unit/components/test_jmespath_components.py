"""x/jmespathFilter and x/jmespathTransform."""

import pytest

from support.component_build import findings, json_message, outcome_of, relation_of, text_message

DATA = {"n": 0, "s": "", "e": [], "l": [3.0, 1.0], "o": {"a": 1}, "f": False, "t": True, "items": [{"p": 5}, {"p": 50}]}


@pytest.mark.parametrize(
    "expression, relation",
    [
        ("t", "True"),
        ("n", "True"),
        ("l", "True"),
        ("o", "True"),
        ("items[?p > `10`]", "True"),
        ("items[?p > `100`]", "False"),
        ("s", "False"),
        ("e", "False"),
        ("f", "False"),
        ("missing", "False"),
        ("`{}`", "False"),
        ("length(l) == `2`", "True"),
    ],
)
def test_the_filter_follows_jmespaths_truth(expression, relation):
    """Null, false and empty values are false; every number is true."""
    assert relation_of("x/jmespathFilter", {"expression": expression}, json_message(DATA)) == relation


@pytest.mark.parametrize(
    "expression, data, data_type",
    [
        ("items[].p", "[5,50]", "JSON"),
        ("{b: n, a: s}", '{"a":"","b":0}', "JSON"),
        ("join('-', ['a', 'b'])", "a-b", "TEXT"),
        ("to_string(o.a)", "1", "TEXT"),
        ("to_string(o)", '{"a":1}', "TEXT"),
        ("to_string(s)", "", "TEXT"),
        ("missing", "null", "JSON"),
        ("sort(l)", "[1,3]", "JSON"),
        ("sum(l)", "4", "JSON"),
        ("type(n)", "number", "TEXT"),
    ],
)
def test_the_transform_makes_json_or_text(expression, data, data_type):
    """A text becomes the data as it is, anything else JSON with Go's numbers."""
    message = outcome_of("x/jmespathTransform", {"expression": expression}, json_message(DATA)).message
    assert (message.data, message.data_type) == (data, data_type)


def test_long_numbers_are_numbers_and_keep_their_digits():
    """A number with more digits than a float holds passes, and JMESPath's functions take it."""
    message = text_message('{"id":1234567890123456789}', data_type="JSON")
    assert outcome_of("x/jmespathTransform", {"expression": "[id]"}, message).message.data == "[1234567890123456789]"
    assert (
        outcome_of("x/jmespathTransform", {"expression": "to_string(id)"}, message).message.data
        == "1234567890123456789"
    )
    assert relation_of("x/jmespathFilter", {"expression": "sum([id, abs(id)]) > id"}, message) == "True"
    assert 'received: "number"' in outcome_of("x/jmespathFilter", {"expression": "length(id)"}, message).error


@pytest.mark.parametrize("component", ["x/jmespathFilter", "x/jmespathTransform"])
def test_a_payload_that_is_no_json_is_a_failure(component):
    """The data type does not matter, the payload does; empty data is an empty object."""
    configuration = {"expression": "a"}
    assert relation_of(component, configuration, text_message("{bad", data_type="JSON")) == "Failure"
    assert relation_of(component, configuration, text_message("plain")) == "Failure"
    assert relation_of(component, configuration, text_message('{"a":true}')) != "Failure"
    assert relation_of(component, configuration, text_message("", data_type="JSON")) != "Failure"


def test_an_expression_that_cannot_be_applied_is_a_failure():
    """A function given the wrong kind of value fails the node, with the library's words."""
    outcome = outcome_of("x/jmespathTransform", {"expression": "sum(s)"}, json_message(DATA))
    assert outcome.relation == "Failure"
    assert "sum()" in outcome.error


@pytest.mark.parametrize(
    "expression, finding",
    [
        ("a.b ||", "P306 22 the JMESPath expression ends too early"),
        ("foo bar", 'P306 20 the JMESPath expression is wrong: unexpected "bar"'),
        ("a.#b", "P306 18 the JMESPath expression is wrong: unknown token #"),
        ("'open", "P306 16 the JMESPath expression is wrong: unclosed ' delimiter"),
        ("[?p > 5]", 'P306 22 the JMESPath expression is wrong: unexpected "5"'),
        ("a[].lenght(@)", 'P306 20 there is no JMESPath function "lenght"'),
        ("length(a, b)", 'P306 16 the function "length" takes 1 argument, not 2'),
        ("merge()", 'P306 16 the function "merge" takes at least 1 argument, not 0'),
        ("sort_by(a)", 'P306 16 the function "sort_by" takes 2 arguments, not 1'),
    ],
)
def test_faults_are_found_when_the_chain_loads(expression, finding):
    """Syntax, unknown functions and wrong numbers of arguments are placed in the document."""
    assert findings("x/jmespathFilter", {"expression": expression}) == [finding]


def test_an_empty_expression_does_not_load():
    """The setting is required, and nothing is no expression."""
    assert findings("x/jmespathFilter", {}) == [
        'P304 1 "expression" is required',
        "P306 1 the JMESPath expression is empty",
    ]
