"""What every built-in component must do."""

import copy
import dataclasses
import json
import typing

import jsonschema
import pytest

from rulechain.api import ComponentSpec, Outcome, decode_settings, field_specs
from rulechain.components import builtin_components
from rulechain.components.catalogue import configuration_schema
from rulechain.diagnostics import Severity, errors_in
from support.component_build import NodeStandIn, build_node, finished, json_message, text_message

SPECS = builtin_components()
MESSAGE = {"temperature": 55, "humidity": 3, "fahrenheit": 104, "items": [{"price": 120}], "id": "a"}
MESSAGES = (
    json_message(MESSAGE, metadata={"site": "north", "deviceId": "d1"}),
    json_message([1, 2]),
    json_message(None),
    json_message("text"),
    text_message("{bad", data_type="JSON"),
    text_message("", data_type="JSON"),
    text_message("plain"),
    text_message(b"\x00\xff", data_type="BINARY"),
    text_message(b"\xff", data_type="OTHER"),
)


@pytest.fixture(params=SPECS, ids=lambda spec: spec.type)
def spec(request):
    """Each built-in component in turn."""
    return request.param


def every_field(settings):
    """The fields of a settings class and of the classes of its items."""
    for field in field_specs(settings):
        yield field
        if field.item:
            yield from every_field(field.item)


def wrong_value(field):
    """A value that cannot become the field's type; None where any value will do."""
    kinds = {*typing.get_args(field.annotation), field.annotation}
    if field.item or kinds & {bool, int, float}:
        return "no"
    if typing.get_origin(field.annotation) is dict:
        return 5
    return [{}, {}] if str in kinds else None


def outcomes(spec, configuration, message):
    """The outcomes of one run as a list; an exception as its text."""
    run, diagnostics = build_node(spec.type, configuration)
    assert run is not None, diagnostics
    try:
        result = finished(run(message))
    except Exception as error:  # noqa: BLE001 - as the runtime does
        return [f"Failure: {error}"]
    return [result] if isinstance(result, Outcome) else list(result)


def test_the_spec_is_complete(spec):
    """A component says what it is, in which family, and gives an example."""
    assert isinstance(spec, ComponentSpec)
    assert spec.type
    assert spec.category in {"action", "common", "external", "filter", "flow", "transform"}
    assert spec.summary[0].isupper()
    assert not spec.summary.endswith(".")
    assert spec.example is not None


def test_every_field_is_documented(spec):
    """Each setting says in a sentence what it means."""
    for field in every_field(spec.settings):
        assert field.description.endswith("."), field.key
        assert field.description[0].isupper(), field.key


def test_settings_are_frozen(spec):
    """Settings cannot change once the node is compiled."""
    assert spec.settings.__dataclass_params__.frozen


def test_the_example_is_valid_and_runs(spec):
    """The example uses known settings, keeps to the schema, and makes an outcome by a relation that is declared."""
    jsonschema.validate(spec.example, configuration_schema(spec))
    _, diagnostics = build_node(spec.type, spec.example)
    assert diagnostics == []
    for outcome in outcomes(spec, spec.example, MESSAGES[0]):
        if isinstance(outcome, str):
            # What the example names, such as a server, is not there, or not allowed.
            assert spec.category == "external" or spec.suspends
            continue
        assert spec.relations is None or spec.is_end or outcome.relation in spec.relations


def test_the_defaults_are_valid(spec):
    """A node without configuration builds, unless a setting is required that has no default."""
    node = NodeStandIn({})
    settings = decode_settings(spec.settings, {}, node.location, node.report)
    assert errors_in(node.diagnostics) == ()
    if not node.diagnostics:
        spec.build(settings, node)
        assert errors_in(node.diagnostics) == ()


def test_the_schema_states_the_defaults(spec):
    """The schema's defaults are the settings' defaults, and valid by the schema itself."""
    schema = configuration_schema(spec)
    jsonschema.Draft202012Validator.check_schema(schema)
    defaults = {key: field["default"] for key, field in schema["properties"].items()}
    jsonschema.validate(defaults, schema)
    node = NodeStandIn({})
    assert decode_settings(spec.settings, defaults, node.location, node.report) == spec.settings()


def test_an_unknown_setting_is_a_warning(spec):
    """A key that the component does not know is ignored, and told."""
    node = NodeStandIn({"noSuchSetting": 1})
    decode_settings(spec.settings, node.configuration, node.location, node.report)
    unknown = [finding for finding in node.diagnostics if finding.code == "P303"]
    assert [(finding.severity, finding.location.pointer) for finding in unknown] == [
        (Severity.WARNING, "/noSuchSetting")
    ]


def test_a_blank_required_setting_is_told(spec):
    """A required text that is blank gives a diagnostic at its place."""
    for field in field_specs(spec.settings):
        if field.required and field.annotation is str:
            node = NodeStandIn({field.key: ""})
            decode_settings(spec.settings, node.configuration, node.location, node.report)
            found = [(finding.code, finding.location.pointer) for finding in node.diagnostics]
            assert ("P304", f"/{field.key}") in found


def test_a_setting_of_the_wrong_type_is_an_error(spec):
    """A value that cannot be converted is an error at its place."""
    for field in field_specs(spec.settings):
        wrong = wrong_value(field)
        if wrong is None:
            continue
        node = NodeStandIn({field.key: wrong})
        decode_settings(spec.settings, node.configuration, node.location, node.report)
        found = errors_in(node.diagnostics)
        assert [finding.code for finding in found] == ["P302"], field.key
        assert found[0].location.pointer.startswith(f"/{field.key}")


@pytest.mark.parametrize("message", MESSAGES, ids=range(len(MESSAGES)))
def test_the_same_input_gives_the_same_output(spec, message):
    """A component keeps nothing from one message to the next."""
    run, _ = build_node(spec.type, spec.example)

    def once():
        try:
            return finished(run(message))
        except Exception as error:  # noqa: BLE001 - as the runtime does
            return str(error)

    assert once() == once() == once()


@pytest.mark.parametrize("message", MESSAGES, ids=range(len(MESSAGES)))
def test_the_message_is_never_changed(spec, message):
    """Neither the message nor the value behind it is altered: other branches hold the same one."""
    before = message.data, message.type, message.data_type, dict(message.metadata), copy.deepcopy(message.value)
    outcomes(spec, spec.example, message)
    assert (message.data, message.type, message.data_type, dict(message.metadata), message.value) == before


@pytest.mark.parametrize("message", MESSAGES, ids=range(len(MESSAGES)))
def test_any_payload_ends_in_outcomes(spec, message):
    """Whatever the payload, the outcomes keep id and time, and a failure says why."""
    for outcome in outcomes(spec, spec.example, message):
        if isinstance(outcome, Outcome):
            assert (outcome.message.id, outcome.message.ts) == (message.id, message.ts)
        else:
            assert outcome.startswith("Failure: ")
            assert outcome != "Failure: "


def test_the_spec_is_data(spec):
    """A spec is frozen, and its example is plain JSON."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.type = "other"
    assert json.loads(json.dumps(spec.example)) == spec.example
