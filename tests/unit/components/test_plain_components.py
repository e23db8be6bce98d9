"""The components without scripts or expressions."""

import pytest

from support.component_build import REGISTRY, json_message, outcome_of, relation_of, text_message


@pytest.mark.parametrize("component", ["comment", "fork"])
def test_some_pass_the_message_on(component):
    """The very message leaves by Success."""
    message = json_message({})
    outcome = outcome_of(component, {}, message)
    assert (outcome.relation, outcome.message is message) == ("Success", True)


def test_end_is_declared_as_an_end():
    """The runtime knows an end by its spec; no relation leaves it."""
    spec = REGISTRY.get("end")
    assert (spec.is_end, spec.relations) == (True, ())


def test_break_sets_a_mark():
    """The loop around it looks for the metadata key."""
    assert dict(outcome_of("break", {}, json_message({})).message.metadata) == {"k": "v", "_break": "1"}


@pytest.mark.parametrize("type_", ["T", "some type", ""])
def test_msg_type_switch_goes_by_the_type(type_):
    """The relation is the message's type; a type without a connection falls to Default."""
    outcome = outcome_of("msgTypeSwitch", {}, json_message({}, type=type_))
    assert (outcome.relation, outcome.fallback) == (type_, "Default")


@pytest.mark.parametrize(
    "configuration, relation",
    [
        ({"dataNames": "a"}, "True"),
        ({"dataNames": "a, missing"}, "True"),
        ({"dataNames": "a, missing", "checkAllKeys": True}, "False"),
        ({"dataNames": " a ,, n ", "metadataNames": "k", "checkAllKeys": True}, "True"),
        ({"dataNames": "a", "metadataNames": "missing", "checkAllKeys": True}, "False"),
        ({"metadataNames": "k"}, "True"),
        ({"dataNames": "o.x"}, "False"),
        ({}, "False"),
        ({"checkAllKeys": True}, "True"),
        ({"dataNames": "a", "checkAllKeys": "true"}, "True"),
    ],
)
def test_field_filter_asks_for_presence(configuration, relation):
    """Top-level fields and metadata keys count when present, null or not."""
    assert relation_of("fieldFilter", configuration, json_message({"a": 1, "n": None, "o": {"x": 1}})) == relation


@pytest.mark.parametrize(
    "message, error",
    [
        (json_message([1]), "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        (json_message("x"), "json: cannot unmarshal string into Go value of type map[string]interface {}"),
        (json_message(5), "json: cannot unmarshal number into Go value of type map[string]interface {}"),
        (json_message(bool(1)), "json: cannot unmarshal bool into Go value of type map[string]interface {}"),
        (text_message("", data_type="JSON"), "unexpected end of JSON input"),
        (text_message("{bad", data_type="JSON"), None),
    ],
)
def test_field_filter_fails_on_what_is_no_object(message, error):
    """A JSON payload must be an object, also when only metadata is asked for."""
    outcome = outcome_of("fieldFilter", {"metadataNames": "k"}, message)
    assert outcome.relation == "Failure"
    assert error is None or outcome.error == error


@pytest.mark.parametrize("message", [text_message("x", metadata={"k": ""}), json_message(None)])
def test_field_filter_finds_no_fields_elsewhere(message):
    """Null and payloads of other data types have no fields; metadata is asked all the same."""
    assert relation_of("fieldFilter", {"dataNames": "x"}, message) == "False"
    assert relation_of("fieldFilter", {"metadataNames": "k"}, message) == "True"
