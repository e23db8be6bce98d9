"""The JSON Schemas and the words made from them."""

import json
import subprocess
import sys

import jsonschema
import pytest

from rulechain._resources import resource_text
from rulechain.loader import load_chain, load_endpoint
from rulechain.loader.decode import KEYS


@pytest.mark.parametrize("name", ["rule-chain", "endpoint"])
def test_the_schemas_are_valid_and_describe_every_key(name):
    """Each schema follows JSON Schema 2020-12, and every key has a description for editors and messages."""
    schema = json.loads(resource_text("schemas", f"{name}.schema.json"))
    jsonschema.Draft202012Validator.check_schema(schema)
    undescribed = [key for key, part in properties(schema) if "description" not in part and "$ref" not in part]
    assert undescribed == []


def test_the_schemas_know_the_keys_that_the_decoder_knows():
    """No key is read that the schemas do not describe, and none is described that is not read."""
    schemas = [json.loads(resource_text("schemas", f"{name}.schema.json")) for name in ("rule-chain", "endpoint")]
    assert {key for schema in schemas for key, _ in properties(schema)} == set(KEYS.values())


def properties(schema):
    """Every (key, schema) below `properties`, on every level."""
    for key, part in schema.items():
        if key == "properties":
            yield from part.items()
        if isinstance(part, dict):
            yield from properties(part)


@pytest.mark.parametrize(
    "document, message, hint",
    [
        ('{"ruleChain": {"id": 7}}', '"id" expected text, got the number 7', 'write "7" in double quotes'),
        (
            '{"ruleChain": {"root": "True"}}',
            '"root" expected true or false, got the text "True"',
            "write true without quotes",
        ),
        ('{"ruleChain": {"root": "on"}}', '"root" expected true or false, got the text "on"', None),
        (
            '{"metadata": {"firstNodeIndex": 2.0}}',
            '"firstNodeIndex" expected a whole number, got the number 2.0',
            "write 2",
        ),
        ('{"metadata": {"firstNodeIndex": 1.5}}', '"firstNodeIndex" expected a whole number, got the number 1.5', None),
        (
            '{"metadata": {"firstNodeIndex": "-1"}}',
            '"firstNodeIndex" expected a whole number, got the text "-1"',
            "write -1 without quotes",
        ),
        (
            '{"metadata": {"nodes": [{"id": "a", "configuration": "return\\ntrue"}]}}',
            '"configuration" of node "a" expected an object, got the text "return\\ntrue"',
            None,
        ),
        ('{"metadata": {"nodes": [{"name": false}]}}', '"name" of node 0 expected text, got false', None),
        ('{"metadata": {"nodes": [{}, null]}}', 'item 1 of "nodes" expected an object, got null', None),
        (
            '{"metadata": {"connections": {"fromId": "a"}}}',
            '"connections" expected a list, got an object',
            "put it into square brackets",
        ),
        ("[]", "the document expected an object, got a list", None),
    ],
)
def test_a_wrong_type_is_explained(document, message, hint):
    """The message names the key, its owner, what was expected and what was found; the hint the slip."""
    (found,) = load_chain(document).errors
    assert (found.message, found.hint) == (message, hint)


def test_long_texts_are_shortened():
    """A script in the wrong place does not fill the screen."""
    (found,) = load_endpoint({"routers": [{"id": "r", "to": "x" * 500}]}).errors
    assert found.message == f'"to" of router "r" expected an object, got the text "{"x" * 40}..."'


def test_all_wrong_types_are_told_at_once_in_the_order_of_the_document():
    """Every fault is found, and the reader can go from top to bottom."""
    loaded = load_chain('{"metadata": {"nodes": [{"type": 1, "id": 2}, 3]}, "ruleChain": {"root": 4, "id": 5}}')
    assert [found.location.pointer for found in loaded.errors] == [
        "/metadata/nodes/0/type",
        "/metadata/nodes/0/id",
        "/metadata/nodes/1",
        "/ruleChain/root",
        "/ruleChain/id",
    ]


def test_a_sound_document_never_loads_the_schema_library():
    """Validation by schema costs a tenth of a second at start-up, so only broken documents pay for it."""
    script = (
        "import sys; from rulechain.loader import load_chain\n"
        "assert load_chain('{}').errors == (); assert 'jsonschema' not in sys.modules\n"
        "assert load_chain('[]').errors; assert 'jsonschema' in sys.modules"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
