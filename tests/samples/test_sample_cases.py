"""Every sample's chains do what its cases say, and its documents are what they claim to be."""

import json

import pytest

import rulechain as rc
from rulechain.app.cases import run_case_file
from rulechain.app.check import check_documents
from rulechain.authoring import format_document
from support.samples import (
    NAMES,
    SAMPLES,
    chain_documents,
    endpoint_document,
    entry_cases,
    is_part,
    message_cases,
    messages,
)

CASES = [pytest.param(name, case, id=f"{name}: {case['name']}") for name in NAMES for case in message_cases(name)]
ENDPOINT_KEYS = {"id", "type", "name", "debugMode", "additionalInfo", "configuration", "processors", "routers"}
ROUTER_KEYS = {"id", "params", "from", "to", "additionalInfo"}
SIDE_KEYS = {"path", "configuration", "processors", "wait"}
NODE_KEYS = {"id", "type", "name", "debugMode", "configuration", "additionalInfo"}


def run_case(sample, case, **options):
    """The run of a case's message through its chain, the whole sample loaded."""
    engine = rc.Engine()
    engine.load_folder(SAMPLES / sample)
    given = dict(case["message"])
    data, data_type = given.pop("data"), given.pop("dataType", "JSON")
    text = data if isinstance(data, str) else json.dumps(data)
    return engine.get(case["chain"]).run(rc.Message(text, data_type=data_type, **given), **options)


def facts_of(end, wanted):
    """The parts of an end that a case speaks of, in the case's form."""
    data = end.message.value if isinstance(wanted.get("data"), dict) else end.message.data
    return {"node": end.node_id, "relation": end.relation, "data": data, "metadata": dict(end.message.metadata)}


@pytest.mark.parametrize("sample, case", CASES)
def test_a_case_ends_as_its_sample_says(sample, case):
    """A case's message leads to exactly the ends that the sample lists, in their order."""
    run = run_case(sample, case)
    assert run.completed
    assert [(end.node_id, end.relation) for end in run.ends] == [(end["node"], end["relation"]) for end in case["ends"]]
    for end, wanted in zip(run.ends, case["ends"], strict=True):
        facts = facts_of(end, wanted)
        assert is_part(wanted, facts), f"wanted {wanted}, got {facts}"


@pytest.mark.parametrize("sample", NAMES)
def test_the_cases_reach_every_node(sample):
    """Each node of each chain is executed by at least one case, so nothing in a sample is there for show."""
    documents = chain_documents(sample).values()
    nodes = {
        (document["ruleChain"]["id"], node["id"]) for document in documents for node in document["metadata"]["nodes"]
    }
    reached = {
        (case["chain"], event.node_id)
        for case in message_cases(sample)
        for event in run_case(sample, case, trace=True).trace
    }
    assert nodes == reached


@pytest.mark.parametrize("sample", NAMES)
def test_each_message_is_a_case(sample):
    """What the sample sends is what its cases say responses to, so that neither goes stale."""
    assert [case["entry"] for case in entry_cases(sample)] == messages(sample)


@pytest.mark.parametrize("sample", NAMES)
def test_a_sample_passes_its_own_tests(sample):
    """Messages and entries alike give what the cases say, with no server."""
    report = run_case_file(SAMPLES / sample / "cases.test.json")
    assert report.diagnostics == ()
    assert {result.name: result.differences for result in report.results if not result.passed} == {}


@pytest.mark.parametrize("sample", NAMES)
def test_a_sample_is_without_fault(sample):
    """`check` finds nothing at all in a sample, not even a warning."""
    report = check_documents([SAMPLES / sample], rc.Engine())
    assert report.documents == len(chain_documents(sample)) + 2
    assert [str(found.message) for found in report.diagnostics] == []


@pytest.mark.parametrize("sample", NAMES)
def test_a_sample_is_a_valid_rulego_document(sample):
    """Outside of `configuration` a sample has no key that RuleGo does not have."""
    endpoint = endpoint_document(sample)
    assert endpoint.keys() <= ENDPOINT_KEYS
    for router in endpoint["routers"]:
        assert router.keys() <= ROUTER_KEYS
        assert router["from"].keys() | router["to"].keys() <= SIDE_KEYS
    for document in chain_documents(sample).values():
        assert document.keys() == {"ruleChain", "metadata"}
        assert all(node.keys() <= NODE_KEYS for node in document["metadata"]["nodes"])


@pytest.mark.parametrize("sample", NAMES)
def test_a_sample_is_complete(sample):
    """A sample has a README that names each of its files, and messages with request ids of their own."""
    readme = (SAMPLES / sample / "README.md").read_text(encoding="utf-8")
    others = [path.name for path in (SAMPLES / sample).iterdir() if path.name != "README.md"]
    assert [name for name in others if f"]({name})" not in readme] == []
    ids = [message["requestId"] for message in messages(sample)]
    assert ids
    assert len(set(ids)) == len(ids)


def test_the_plain_sample_uses_rulegos_format_alone():
    """The request-response sample has neither components nor configuration keys of ours, so RuleGo can run it."""
    endpoint = endpoint_document("request-response")
    assert endpoint["configuration"].keys() <= {"server", "password", "db", "groupId"}
    for router in endpoint["routers"]:
        assert "configuration" not in router["from"]
        assert "configuration" not in router["to"]
    (document,) = chain_documents("request-response").values()
    assert [node["type"] for node in document["metadata"]["nodes"] if node["type"].startswith("x/")] == []


def test_the_demo_sample_keeps_its_contract():
    """The demo counts on three kinds of devices, two streams, and one answer that carries the request's id."""
    router = endpoint_document("device-alarms")["routers"][0]
    assert router["from"]["path"] == "device.telemetry"
    assert router["to"]["configuration"]["responseTopic"] == "device.alarms"
    kinds = {message["kind"] for message in messages("device-alarms")}
    ids = {document["ruleChain"]["id"] for document in chain_documents("device-alarms").values()}
    assert ids == {f"{kind}-alarms" for kind in kinds}
    assert len(ids) == 3


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_laid_out_as_fmt_does(name):
    """`rulechain fmt` has nothing to change in a sample's documents."""
    for path in sorted((SAMPLES / name).glob("*.json")):
        text = path.read_text(encoding="utf-8")
        assert path.name == "cases.test.json" or text == format_document(text), path.name
