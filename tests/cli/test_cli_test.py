"""`rulechain test`."""

import json

import pytest

from support.documents import chain_document


@pytest.fixture
def folder(write):
    """A chain that sorts by heat and asks a service about what is hot, with the cases of its test document."""

    def make(*cases, **document):
        chain = chain_document(
            ("is-hot", "exprFilter", {"expr": "msg.t > 30"}),
            ("ask", "restApiCall", {"restEndpointUrlPattern": "http://127.0.0.1:1/never"}),
            ("mark", "metadataTransform", {"mapping": {"level": "'hot'"}}),
            connections=["is-hot -True-> ask", "ask -Success-> mark"],
            chain_id="heat",
        )
        write("chains/heat.json", chain)
        return write("chains/heat.test.json", {**document, "cases": list(cases)}).parent

    return make


COLD = {"name": "cold", "message": {"data": {"t": 3}}, "ends": [{"node": "is-hot", "relation": "False"}]}
HOT = {
    "name": "hot",
    "message": {"data": {"t": 41}, "metadata": {"site": "n"}},
    "mocks": [{"node": "ask", "data": {"known": True}, "metadata": {"code": "200"}}],
    "ends": [
        {"node": "mark", "relation": "Success", "data": {"known": True}, "metadata": {"level": "hot", "code": "200"}}
    ],
}


def test_cases_that_pass_are_listed(cli, folder):
    """Each case is one line, and exit code 0 says that all passed."""
    result = cli("test", folder(COLD, HOT))
    assert result.exit_code == 0
    assert [line.strip() for line in result.stdout.splitlines()[1:]] == ["* cold", "* hot"]
    assert result.stderr == "2 cases: 2 passed, 0 failed\n"


def test_a_case_that_fails_says_what_differs(cli, folder):
    """Each difference is a line below the case, with both values."""
    wrong = {**COLD, "ends": [{"node": "mark", "relation": "True"}]}
    result = cli("test", folder(wrong, HOT))
    assert result.exit_code == 1
    assert '      the end: node is "is-hot", expected "mark"\n' in result.stdout
    assert '      the end: relation is "False", expected "True"\n' in result.stdout
    assert result.stderr == "2 cases: 1 passed, 1 failed\n"


def test_a_node_that_reaches_out_needs_a_mock(cli, folder):
    """Without a stand-in nothing outside is asked, and the case says what it lacks."""
    result = cli("test", folder({**HOT, "mocks": []}))
    assert result.exit_code == 1
    assert "reaches out: give the test a mock for it" in result.stdout


def test_reaching_out_can_be_allowed(cli, folder):
    """With `--reach-out` the node really asks; here nobody answers."""
    case = {**HOT, "mocks": [], "ends": [{"node": "ask", "relation": "Failure"}]}
    assert cli("test", folder(case), "--reach-out").exit_code == 0


def test_mocks_of_the_document_serve_every_case(cli, folder):
    """A stand-in for all cases can be another one in a single case."""
    failing = {
        "name": "no answer",
        "message": {"data": {"t": 41}},
        "mocks": [{"node": "ask", "relation": "Failure", "error": "no answer"}],
        "ends": [{"node": "ask", "relation": "Failure", "error": "no answer"}],
    }
    path = folder({**HOT, "mocks": []}, failing, mocks=HOT["mocks"])
    assert cli("test", path).exit_code == 0


def test_one_case_does_not_see_what_another_left(cli, write):
    """Each case has an engine of its own, with an empty cache."""
    chain = chain_document(
        ("get", "cacheGet", {"keys": [{"key": "k"}], "outputMode": 2}),
        ("set", "cacheSet", {"items": [{"key": "k", "value": "1"}]}),
        connections=["get -Failure-> set"],
    )
    write("c/chain.json", chain)
    case = {"message": {"data": {}}, "ends": [{"node": "set"}]}
    assert cli("test", write("c/c.test.json", {"cases": [case, case]})).exit_code == 0


def test_coverage_names_what_no_case_goes_through(cli, folder):
    """Nodes and relations that were never taken are listed, and too little of them can fail the run."""
    path = folder(COLD)
    result = cli("test", path, "--coverage")
    assert result.exit_code == 0
    assert "coverage 20.0 %" in result.stdout
    assert 'never: node "ask"' in result.stdout
    assert 'never: "is-hot" -True->' in result.stdout
    assert cli("test", path, "--fail-under", "20").exit_code == 0
    low = cli("test", path, "--fail-under", "21")
    assert (low.exit_code, low.stderr.splitlines()[-1]) == (1, "coverage is 20.0 %, below 21 %")


def test_update_writes_what_came_out(cli, folder):
    """Failing cases get the ends of this run, the others stay; the next run passes."""
    path = folder({**COLD, "ends": []}, HOT)
    assert cli("test", path, "--update").exit_code == 1
    assert cli("test", path).exit_code == 0
    cases = json.loads((path / "heat.test.json").read_text())["cases"]
    assert cases[0]["ends"] == [{"node": "is-hot", "relation": "False", "data": {"t": 3}, "metadata": {}}]
    assert cases[1] == HOT


def test_cases_are_chosen_by_name(cli, folder):
    """`-k` runs the cases whose name has the text in it."""
    result = cli("test", folder({**COLD, "ends": []}, HOT), "-k", "hot")
    assert (result.exit_code, result.stderr) == (0, "1 case: 1 passed, 0 failed\n")


@pytest.fixture
def served(folder, write):
    """The chain of `folder` behind an endpoint that takes readings of the air and answers with what is hot."""

    def make(*cases, on_failure="deadLetter", **document):
        path = folder(*cases, **document)
        router = {
            "id": "air",
            "from": {
                "path": "readings",
                "configuration": {"when": "msg.kind == 'air'", "transform": "{t: to_number(t), chain: chain}"},
            },
            "to": {
                "path": "chain:${msg.chain ?? 'heat'}",
                "configuration": {"responseTopic": "hot", "transform": "{t: t, level: 'hot'}"},
            },
        }
        soil = {"id": "soil", "from": {"path": "readings", "configuration": {"when": "msg.kind == 'soil'"}}, "to": {}}
        configuration = {"server": "nobody.invalid:1", "groupId": "g", "onFailure": on_failure}
        endpoint = {"id": "e", "type": "endpoint/redis/stream", "configuration": configuration}
        write("chains/endpoint.json", {**endpoint, "routers": [router, soil]})
        return path

    return make


AIR = {
    "name": "hot air",
    "stream": "readings",
    "entry": {"t": "41", "kind": "air"},
    "mocks": [{"node": "ask"}],
    "responses": [{"stream": "hot", "equals": {"t": "41", "level": "hot"}, "holds": ["data.t == '41'"]}],
}


def test_an_entry_goes_through_its_router(cli, served):
    """`when`, both transforms, the target and the response are those of a served endpoint, and no server is asked."""
    soil = {"name": "soil", "stream": "readings", "entry": {"kind": "soil"}, "router": "soil", "responses": []}
    result = cli("test", served(AIR, soil, COLD))
    assert (result.exit_code, result.stderr) == (0, "3 cases: 3 passed, 0 failed\n")


def test_what_differs_in_a_response_is_told(cli, served):
    """Stream, fields, claims, router, error and the number of responses: each difference is a line."""
    wrong = {"stream": "cold", "data": {"t": 42, "level": "hot"}, "equals": {"t": "41"}, "holds": ["data.t > '9'"]}
    none = {**AIR, "name": "none", "responses": []}
    fails = {**AIR, "name": "fails", "error": "R602"}
    lines = cli("test", served({**AIR, "router": "soil", "responses": [wrong]}, none, fails)).stdout.splitlines()
    assert [line.strip() for line in lines[1:]] == [
        "x hot air",
        'router is "air", expected "soil"',
        'the response: stream is "hot", expected "cold"',
        'the response: data.t is "41", expected "42"',
        'the response: data.level is "hot", expected no such key',
        "the response: data.t > '9' is false",
        "x none",
        'expected 0 responses, got 1: hot {"level":"hot","t":"41"}',
        "x fails",
        "the entry does not fail, expected R602",
    ]


def test_an_entry_may_be_expected_to_fail(cli, served):
    """The code is that of its dead letter; one that is not expected fails the case with its reason."""
    unwanted = {"name": "unwanted", "stream": "readings", "entry": {"kind": "sea"}, "error": "E710"}
    lost = {"name": "lost", "stream": "readings", "entry": {"kind": "air", "chain": "none"}, "error": "E709"}
    result = cli("test", served(unwanted, lost, {**AIR, "name": "fails", "mocks": []}))
    assert result.stderr == "3 cases: 2 passed, 1 failed\n"
    assert 'error is R602, expected none: node "ask" reaches out: give the test a mock for it' in result.stdout


@pytest.mark.parametrize("on_failure, data", [("ack", ["hot", ""]), ("deadLetter", [""]), ("retry", [""])])
def test_a_failing_entry_is_answered_as_it_is_in_the_end(cli, served, write, on_failure, data):
    """With a dead letter, at once or after all retries, only the responses that tell of the error are written."""
    nodes = [("both", "comment"), ("well", "comment"), ("ask", "restApiCall", {"restEndpointUrlPattern": "http://x"})]
    connections = ["both -Success-> well", "both -Success-> ask"]
    write("chains/split.json", chain_document(*nodes, connections=connections, chain_id="split"))
    case = {
        "stream": "readings",
        "entry": {"kind": "air", "chain": "split"},
        "mocks": [{"node": "ask", "chain": "split", "relation": "Failure", "error": "away"}],
        "error": "R602",
        "responses": [{"data": {"level": level} if level else {"value": "away"}} for level in data],
    }
    result = cli("test", served(case, on_failure=on_failure))
    assert result.exit_code == 0, result.stdout


def test_a_router_reaches_out_to_no_component(cli, served, write):
    """A target that is a component and asks something outside fails and says so."""
    path = served({"name": "asks", "stream": "out", "entry": {"t": "1"}, "responses": []})
    router = {"id": "out", "from": {"path": "out"}, "to": {"path": "component:restApiCall"}}
    endpoint = {"id": "o", "type": "endpoint/redis/stream", "configuration": {"server": "x:1"}, "routers": [router]}
    write("chains/out.json", endpoint)
    result = cli("test", path)
    assert result.exit_code == 1
    assert 'router "out" leads to the component "restApiCall", which reaches out' in result.stdout


def test_entries_count_for_the_coverage(cli, served):
    """What a chain does for an entry is counted as what it does for a message."""
    assert "heat  5 of 5\n" in cli("test", served(AIR), "--coverage").stdout


def test_update_writes_responses_and_errors(cli, served):
    """A case with an entry gets the responses that came, and the code if it failed; the next run passes."""
    failing = {**AIR, "name": "failing", "mocks": []}
    path = served({**AIR, "responses": [], "error": "R602"}, failing)
    assert cli("test", path, "--update").exit_code == 1
    assert cli("test", path).exit_code == 0
    hot, failed = json.loads((path / "heat.test.json").read_text())["cases"]
    assert "error" not in hot
    assert hot["responses"] == [{"stream": "hot", "data": {"t": "41", "level": "hot"}}]
    assert failed["error"] == "R602"


def test_endpoints_may_be_named_and_may_stand_in_chains(cli, served, write):
    """`endpoints` names documents elsewhere; a chain's own endpoints are asked as well."""
    path = served(AIR)
    (path / "endpoint.json").rename(path.parent / "elsewhere.json")
    assert cli("test", path).exit_code == 1
    write("chains/heat.test.json", {"endpoints": ["../elsewhere.json"], "cases": [AIR]})
    assert cli("test", path).exit_code == 0
    chain = chain_document(("keep", "fieldFilter", {"dataNames": "t"}), chain_id="own")
    chain["ruleChain"]["root"] = True
    router = {"id": "own", "from": {"path": "own"}, "to": {"processors": ["responseToBody", "metadataToHeaders"]}}
    chain["metadata"]["endpoints"] = [{"id": "own", "type": "endpoint/redis/stream", "routers": [router]}]
    write("own/own.json", chain)
    case = {"name": "own", "stream": "own", "entry": {"t": "1"}, "responses": []}
    assert cli("test", write("own/own.test.json", {"cases": [case]})).exit_code == 0


def test_a_broken_endpoint_fails_its_tests(cli, served, write):
    """Findings about the endpoint are shown in place of results; documents without entries do not mind."""
    path = served(AIR)
    router = {"id": "r", "from": {"path": "readings"}, "to": {"path": "chain:heat", "processors": ["nonsense"]}}
    write("chains/endpoint.json", {"id": "e", "type": "endpoint/redis/stream", "routers": [router]})
    result = cli("test", path)
    assert result.exit_code == 1
    assert "error[E702]" in result.stderr
    assert "G212" not in result.stderr
    write("chains/heat.test.json", {"cases": [COLD]})
    assert cli("test", path).exit_code == 0


@pytest.mark.parametrize(
    "document, text",
    [
        ({"cases": [{**COLD, "chain": "haet"}]}, 'about the chain "haet", which is not there'),
        ({"cases": [{**COLD, "mocks": [{"node": "aks"}]}]}, 'there is no node "aks" to stand in for'),
        ({"cases": {}}, 'a test document is an object with a list of "cases"'),
        ({"cases": [], "mocks": [{"node": "ask", "chain": "other"}]}, 'there is no node "ask" to stand in for'),
    ],
)
def test_a_test_document_with_a_mistake_is_explained(cli, folder, write, document, text):
    """What keeps cases from running is a finding with its place, and fails the run."""
    folder()
    result = cli("test", write("chains/heat.test.json", document))
    assert result.exit_code == 1
    assert text in result.stderr
    assert "heat.test.json:" in result.stderr


def test_a_broken_chain_fails_its_tests(cli, folder, write):
    """Findings about the chain are shown in place of results."""
    path = folder(COLD)
    write("chains/heat.json", chain_document(("a", "nonsense"), chain_id="heat"))
    result = cli("test", path)
    assert result.exit_code == 1
    assert "P301" in result.stderr
    assert "1 document could not be run" in result.stderr


def test_where_there_are_no_tests_that_is_said(cli, tmp_path):
    """A folder without test documents is a mistake, not a success."""
    assert cli("test", tmp_path).exit_code == 2


def test_json_has_results_and_coverage(cli, folder):
    """Programs get the cases, their differences, and what was covered."""
    report = json.loads(cli("test", folder({**COLD, "ends": []}, HOT), "--format", "json").stdout)
    assert report["passed"] is False
    (document,) = report["documents"]
    assert [(case["name"], case["passed"]) for case in document["cases"]] == [("cold", False), ("hot", True)]
    assert report["chains"][0]["chain"] == "heat"
    assert report["coverage"] == 100


def test_yaml_is_read_and_left_alone(cli, folder, write):
    """A test document in YAML runs like one in JSON, a date in it as text; `--update` does not rewrite it."""
    folder(COLD)
    text = (
        "# what must stay true\n"
        "cases:\n"
        "  - name: in yaml\n"
        "    message: {data: {t: 3, day: 2026-01-01}}\n"
        '    ends: [{node: is-hot, data: {day: "2026-01-01"}}]\n'
        "  - {name: wrong, message: {data: {t: 3}}, ends: []}\n"
    )
    path = write("chains/more.test.yaml", text)
    result = cli("test", path.parent)
    assert (result.exit_code, "* in yaml" in result.stdout, "x wrong" in result.stdout) == (1, True, True)
    assert result.stderr == "3 cases: 2 passed, 1 failed\n"
    assert "is YAML, which --update leaves alone" in cli("test", path, "--update").stderr
    assert path.read_text(encoding="utf-8") == text


def test_yaml_that_is_none_is_a_finding(cli, folder, write):
    """What YAML says of itself is told, and no case runs."""
    folder(COLD)
    result = cli("test", write("chains/more.test.yaml", "cases: [\n"))
    assert result.exit_code == 1
    assert "error[L103]: the document is no YAML: while parsing" in result.stderr
