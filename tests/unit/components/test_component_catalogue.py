"""What components say about themselves for tools and readers."""

from pathlib import Path

import pytest

from rulechain.components import builtin_components
from rulechain.components.catalogue import component_form, component_forms, generated_files, reference_page
from support.component_build import REGISTRY

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
