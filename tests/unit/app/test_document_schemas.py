"""The schemas that editors read: complete, in step with the code, and of one mind with the engine."""

import json

import jsonschema
import pytest

from rulechain import Engine
from rulechain.app.check import check_documents
from rulechain.app.schemas import document_schemas, schema_files
from rulechain.authoring.cases import decode_case_file
from rulechain.loader.read import read_mapping
from support.markdown import ROOT, blocks, markdown_files
from support.samples import SAMPLES

FILES = schema_files(Engine())
VALIDATORS = {kind: jsonschema.Draft202012Validator(schema) for kind, schema in document_schemas(Engine()).items()}
SAMPLE_DOCUMENTS = sorted(SAMPLES.glob("*/*.json"))
# The reference shows configurations, of which some have cases too.
PAGES = [path for path in markdown_files() if path.name != "components.md"]


def kind_of(document):
    """Which of the schemas a document is meant for; None where it is no document of ours."""
    keys = document.keys() if isinstance(document, dict) else ()
    return "chain" if "ruleChain" in keys else "test" if "cases" in keys else "endpoint" if "routers" in keys else None


def faults(kind, document):
    """The places of a document that its schema refuses."""
    return [error.json_path for error in VALIDATORS[kind].iter_errors(document)]


@pytest.mark.parametrize("path", FILES)
def test_committed_schemas_are_up_to_date(path):
    """The files are what the types make of them: run `make docs`."""
    assert (ROOT / path).read_text(encoding="utf-8") == FILES[path]


@pytest.mark.parametrize("kind", VALIDATORS)
def test_each_is_a_schema(kind):
    """The schemas themselves are valid JSON Schema 2020-12, and refer to no other file."""
    jsonschema.Draft202012Validator.check_schema(VALIDATORS[kind].schema)
    assert all(target.startswith("#/") for target in references(VALIDATORS[kind].schema))


def references(value):
    """Every reference in a schema."""
    if isinstance(value, list):
        return [target for item in value for target in references(item)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    return [*own, *(target for item in value.values() for target in references(item))]


@pytest.mark.parametrize("path", SAMPLE_DOCUMENTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_samples_are_valid(path):
    """What the engine takes without a word is valid for an editor too."""
    document = json.loads(path.read_text(encoding="utf-8"))
    assert faults(kind_of(document), document) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_whole_documents_of_the_pages_are_valid(path):
    """Chain, endpoint and test documents that the documentation shows are valid."""
    for block in blocks(path, "json"):
        document = json.loads(block.text)
        if kind := kind_of(document):
            assert faults(kind, document) == [], f"{path}:{block.line}"


@pytest.mark.parametrize(
    "kind, document, place",
    [
        ("chain", {"metadata": {"nodes": [{"type": "exprFilter", "configuration": {"expr": []}}]}}, "expr"),
        ("chain", {"metadata": {"nodes": [{"type": "switch", "configuration": {"cases": {}}}]}}, "cases"),
        (
            "chain",
            {"metadata": {"endpoints": [{"type": "endpoint/redis/stream", "configuration": {"db": -1}}]}},
            "db",
        ),
        ("endpoint", {"type": "endpoint/redis/stream", "configuration": {"batchSize": 0}}, "batchSize"),
        ("endpoint", {"routers": [{"from": {"configuration": {"transform": {}}}}]}, "transform"),
        ("test", {"cases": [{"mesage": {}}]}, "$.cases[0]"),
        ("test", {"cases": [{"ends": [{"node": "a", "relaton": "True"}]}]}, "$.cases[0].ends[0]"),
        ("test", {"mocks": []}, "$"),
    ],
)
def test_slips_are_found_where_they_are(kind, document, place):
    """The settings of a node, an endpoint and a router are checked by their type; a test document has no other keys."""
    (found,) = faults(kind, document)
    assert found.endswith(place)


@pytest.mark.parametrize("kind", ["chain", "endpoint"])
def test_a_document_may_name_its_schema(tmp_path, kind):
    """`$schema` at the top of a document is nothing that `check` speaks about."""
    for name in ("orders.json", "endpoint.json"):
        document = json.loads((SAMPLES / "orders" / name).read_text(encoding="utf-8"))
        schema = {"$schema": VALIDATORS[kind].schema["$id"]} if kind_of(document) == kind else {}
        (tmp_path / name).write_text(json.dumps({**schema, **document}), encoding="utf-8")
    report = check_documents([tmp_path], Engine())
    assert list(report.diagnostics) == []


def test_a_test_document_may_name_its_schema():
    """`$schema` is no key that a test document gets a warning for, and other keys are."""
    named = read_mapping({"$schema": VALIDATORS["test"].schema["$id"], "cases": []}, "x.test.json")
    assert decode_case_file(named).diagnostics == ()
    slip = read_mapping({"case": [], "cases": []}, "x.test.json")
    assert [str(each.code) for each in decode_case_file(slip).diagnostics] == ["P303"]
