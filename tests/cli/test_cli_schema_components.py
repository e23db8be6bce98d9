"""`rulechain schema` and `rulechain components`."""

import json

import pytest


@pytest.mark.parametrize(
    "document, key", [((), "ruleChain"), (("chain",), "ruleChain"), (("endpoint",), "routers"), (("test",), "mocks")]
)
def test_the_schema_of_a_kind_of_document_is_printed(cli, document, key):
    """The schemas of chains, endpoints and tests are JSON Schema 2020-12."""
    result = cli("schema", *document)
    schema = json.loads(result.stdout)
    assert result.exit_code == 0
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert f'"{key}": {{' in result.stdout


def test_the_schema_of_a_node_type_has_its_settings(cli):
    """A component's configuration has a schema, made from its spec."""
    schema = json.loads(cli("schema", "exprFilter").stdout)
    assert schema["title"] == "exprFilter"
    assert list(schema["properties"]) == ["expr"]


def test_an_unknown_schema_is_wrong_usage(cli):
    """A slip in the name gives exit code 2 and a suggestion."""
    result = cli("schema", "endpont")
    assert result.exit_code == 2
    assert 'there is no schema of "endpont": did you mean "endpoint"?' in result.stderr


def test_writing_gives_a_schema_for_each_type_and_the_reference(cli, tmp_path):
    """`--write` fills a folder as the repository holds it."""
    result = cli("schema", "--write", ".")
    assert (result.exit_code, result.stdout) == (0, "")
    schema = json.loads((tmp_path / "schemas/components/exprFilter.schema.json").read_text())
    assert schema["title"] == "exprFilter"
    assert "## exprFilter" in (tmp_path / "docs/reference/components.md").read_text()


def test_components_lists_every_type(cli):
    """Each type stands in a line with its summary."""
    result = cli("components")
    assert result.exit_code == 0
    for type_ in ("jsFilter", "exprTransform", "switch", "x/jmespathFilter"):
        assert any(line.strip().startswith(type_) for line in result.stdout.splitlines())


def test_components_as_json(cli):
    """The list as JSON has one object for each type."""
    listed = json.loads(cli("components", "--format", "json").stdout)
    assert {"exprFilter", "log"} <= {each["type"] for each in listed}
    assert all(each["desc"] for each in listed)


def test_one_component_is_described(cli):
    """A type's relations and settings are shown."""
    result = cli("components", "exprFilter")
    assert result.exit_code == 0
    for word in ("exprFilter", "True", "False", "Failure", "expr"):
        assert word in result.stdout


def test_settings_inside_settings_are_described(cli):
    """A list of objects shows what each object holds."""
    lines = cli("components", "switch").stdout.splitlines()
    assert any(line.startswith("  cases  (array") for line in lines)
    assert any(line.startswith("      then  (string") for line in lines)


def test_one_component_as_json(cli):
    """A type as JSON names its settings."""
    described = json.loads(cli("components", "exprFilter", "--format", "json").stdout)
    assert described["type"] == "exprFilter"
    assert [field["name"] for field in described["fields"]] == ["expr"]


def test_an_unknown_type_is_answered_with_the_closest_one(cli):
    """A slip in the type gives exit code 2 and a suggestion."""
    result = cli("components", "exprFiltr")
    assert result.exit_code == 2
    assert 'did you mean "exprFilter"?' in result.stderr


def test_choices_are_shown(cli):
    """A setting that takes few values lists them."""
    assert "  qos  (int, one of 0, 1, 2, default 0)" in cli("components", "mqttClient").stdout
