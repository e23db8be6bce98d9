"""What components say about themselves for tools and readers."""

import json
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest

from rulechain.api import ComponentSpec, decode_settings, field_specs, setting
from rulechain.components import builtin_components
from rulechain.components.catalogue import (
    component_form,
    component_forms,
    configuration_schema,
    generated_files,
    reference_page,
)
from rulechain.diagnostics import Severity, errors_in
from rulechain.testing.samples import odd_values
from support.component_build import REGISTRY, NodeStandIn

ROOT = Path(__file__).parents[3]
GENERATED = generated_files(builtin_components())


@pytest.mark.parametrize("path", GENERATED)
def test_committed_files_are_up_to_date(path):
    """The schemas and the reference page are what the specs make of them: run `make docs`."""
    assert (ROOT / path).read_text(encoding="utf-8") == GENERATED[path]


def test_no_schema_is_left_over():
    """Every file among the component schemas belongs to a component."""
    kept = {str(path.relative_to(ROOT)) for path in (ROOT / "schemas" / "components").iterdir()}
    assert kept == {path for path in GENERATED if path.startswith("schemas/")}


def test_forms_have_rulegos_shape():
    """A form has the members of RuleGo's component forms."""
    form = component_form(REGISTRY.get("jsFilter"))
    description = form["fields"][0].pop("desc")
    assert description.startswith("The body of a function")
    assert form == {
        "type": "jsFilter",
        "category": "filter",
        "order": 0,
        "fields": [
            {
                "name": "jsScript",
                "type": "string",
                "defaultValue": "return msg.temperature > 50;",
                "label": "jsScript",
                "validate": "",
                "rules": [{"required": True, "message": "This field is required"}],
                "fields": None,
                "component": None,
                "required": True,
            }
        ],
        "label": "jsFilter",
        "desc": "Asks a JavaScript function whether a message passes",
        "icon": "",
        "relationTypes": ["True", "False", "Failure"],
        "disabled": False,
        "version": "",
        "componentKind": "nc",
    }


def test_forms_describe_nested_settings():
    """A list of objects shows the fields of its items, and its default as a document writes it."""
    (cases,) = component_form(REGISTRY.get("switch"))["fields"]
    assert cases["type"] == "array"
    assert [field["name"] for field in cases["fields"]] == ["case", "then"]
    assert cases["defaultValue"][1] == {"case": "msg.temperature>50", "then": "Case2"}


def test_forms_are_ordered():
    """Forms come by category and type."""
    keys = [(form["category"], form["type"]) for form in component_forms(builtin_components())]
    assert keys == sorted(keys)


def test_the_reference_names_everything():
    """Each component and each of its settings is on the reference page."""
    page = reference_page(builtin_components())
    for spec in builtin_components():
        assert f"## {spec.type}\n" in page
    assert "`cases[].then`" in page


@pytest.mark.parametrize("spec", builtin_components(), ids=lambda spec: spec.type)
def test_schema_and_engine_agree(spec):
    """The schema refuses no text, number or truth value that the engine takes: an editor never warns of what works."""
    allows = jsonschema.Draft202012Validator(configuration_schema(spec)).is_valid
    # Of a choice the schema lists the values, and not what RuleGo's conversions make one of them.
    for field in [field for field in field_specs(spec.settings) if not field.choices]:
        for value in [value for value in odd_values() if isinstance(value, (str, int, float))]:
            node = NodeStandIn({field.key: value})
            decode_settings(spec.settings, node.configuration, node.location, node.report)
            assert errors_in(node.diagnostics) or allows(node.configuration), node.configuration


@dataclass(frozen=True, slots=True)
class Varied:
    """Settings of every kind."""

    name: str = setting(description="The name.")
    colour: str = setting("red", description="The colour.", choices=("red", "blue"))
    count: int = setting(1, description="How many.", minimum=1)
    pause_s: float = setting(5.0, description="How long.", format="duration", key="pause")
    old: bool = setting(default=False, description="No more.", deprecated=True)


VARIED = ComponentSpec(
    type="x/varied", category="custom", summary="Shows all", build=lambda *_: None, settings=Varied, relations=None
)


def test_a_schema_says_what_a_setting_takes():
    """Defaults, choices, least values, deprecations; and what has no default is required."""
    schema = configuration_schema(VARIED)
    assert schema["required"] == ["name"]
    assert "default" not in schema["properties"]["name"]
    assert schema["properties"]["colour"]["enum"] == ["red", "blue"]
    assert schema["properties"]["count"]["minimum"] == 1
    assert schema["properties"]["pause"]["default"] == "5s"
    assert schema["properties"]["old"]["deprecated"] is True


def test_a_form_says_what_a_setting_takes():
    """A choice is a select; a default is as a document would write it, null where there is none."""
    fields = {field["name"]: field for field in component_form(VARIED)["fields"]}
    assert fields["colour"]["component"] == {
        "type": "select",
        "options": [{"label": "red", "value": "red"}, {"label": "blue", "value": "blue"}],
    }
    assert [fields[name]["defaultValue"] for name in ("name", "colour", "pause")] == [None, "red", "5s"]
    assert fields["name"]["required"]
    assert json.dumps(fields)


def test_the_reference_says_what_a_setting_takes():
    """A setting without a default says so."""
    page = reference_page([VARIED])
    assert "| `name` | string | none | The name. Required. |" in page
    assert '| `pause` | duration | `"5s"` | How long. |' in page


def test_a_setting_without_a_default_has_to_be_there():
    """A chain that lacks it is refused, by its name; so is one whose value is wrong, once."""
    for configuration, code in (({}, "P304"), ({"name": [{}, {}]}, "P302")):
        node = NodeStandIn(configuration)
        decode_settings(Varied, node.configuration, node.location, node.report)
        assert [(each.code, each.severity) for each in node.diagnostics] == [(code, Severity.ERROR)]
