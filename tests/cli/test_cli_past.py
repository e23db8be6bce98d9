"""`rulechain replay` and `rulechain record`: what is on a stream already, through chains as they are now."""

import asyncio
import json
import re
import uuid

import pytest

from rulechain.connections.streams import StreamClient
from support.documents import chain_document

pytestmark = pytest.mark.redis

READINGS = [{"house": "north", "t": str(t), "kind": "air", "apiKey": f"k-{t}"} for t in (3, 18, 31, 36, 44)]
TRANSFORM = "{house: house, t: to_number(t), apiKey: apiKey}"


def ask(url, question):
    """Ask a server something, `question(client)`."""

    async def main():
        async with StreamClient(url) as client:
            return await question(client)

    return asyncio.run(main())


@pytest.fixture
def stream(server_url):
    """A stream of this test's own, with five readings and one entry of another kind."""
    name = f"cli-past-{uuid.uuid4().hex}"
    ask(server_url, lambda client: client.add_many(name, [*READINGS, {"kind": "soil"}]))
    yield name
    ask(server_url, lambda client: client.delete(name))


@pytest.fixture
def chain(write):
    """`chain("old.json", 30)`: a chain that asks a service about what is warmer than the limit, and marks it."""

    def make(name, limit, mark="hot"):
        document = chain_document(
            ("is-hot", "exprFilter", {"expr": f"msg.t > {limit}"}),
            ("wait", "delay", {"delayMs": "3600000"}),
            ("ask", "restApiCall", {"restEndpointUrlPattern": "http://127.0.0.1:1/never"}),
            ("mark", "metadataTransform", {"mapping": {"level": f"'{mark}'"}}),
            connections=["is-hot -True-> wait", "wait -Success-> ask", "ask -Success-> mark"],
            chain_id="heat",
        )
        return write(name, document)

    return make


@pytest.fixture
def mocks(write):
    """A test document with a stand-in for the service."""
    return write("heat.test.json", {"mocks": [{"node": "ask", "metadata": {"known": "yes"}}], "cases": []})


@pytest.fixture
def past(cli, server_url, stream):
    """Run a verb on the stream's readings."""

    def run(verb, *arguments):
        chosen = ("--server", server_url, "--transform", TRANSFORM, "--when", "msg.kind == 'air'")
        return cli(verb, stream, *arguments, *chosen)

    return run


def test_one_version_is_summed_up(past, chain, mocks):
    """With one chain its ends are counted; entries that the router would not take are left out and said so."""
    result = past("replay", chain("heat.json", 30), "--mocks", mocks)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1:] == ["          3  mark with Success", "          2  is-hot with False"]
    assert re.fullmatch(r"replayed 5 entries of \S+; 1 left out by --when or --transform\n", result.stderr)


def test_two_versions_are_compared(past, chain, mocks):
    """Outputs that differ are counted by what differs in them, with examples; that gives exit code 1."""
    result = past("replay", chain("old.json", 30), chain("new.json", 40, mark="very hot"), "--mocks", mocks)
    assert result.exit_code == 1
    shown = re.sub(r"\d{13}-\d+", "ID", result.stdout)
    assert shown[shown.index("3 of 5") :] == (
        "3 of 5 outputs differ, in 2 ways\n"
        "  2 entries:\n"
        "    ID\n"
        '      relation: "Success" -> "False"\n'
        '      metadata.known: "yes" -> (absent)\n'
        '      metadata.level: "hot" -> (absent)\n'
        "    ID\n"
        '      relation: "Success" -> "False"\n'
        '      metadata.known: "yes" -> (absent)\n'
        '      metadata.level: "hot" -> (absent)\n'
        "  1 entry:\n"
        "    ID\n"
        '      metadata.level: "hot" -> "very hot"\n'
    )


def test_versions_that_agree_give_0(past, chain, mocks):
    """A version that does the same differs in nothing, whatever its nodes are called."""
    old = chain("old.json", 30)
    new = old.parent / "new.json"
    new.write_text(old.read_text(encoding="utf-8").replace('"mark"', '"note"'), encoding="utf-8")
    result = past("replay", old, new, "--mocks", mocks)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "no output differs")


def test_programs_get_the_comparison_as_json(past, chain, mocks):
    """With `--format json` there are the same counts, and the examples with both values."""
    result = past("replay", chain("a.json", 30), chain("b.json", 35), "--mocks", mocks, "--format", "json")
    report = json.loads(result.stdout)
    assert (report["entries"], report["leftOut"], report["differing"]) == (5, 1, 1)
    assert report["ways"][0]["examples"][0]["changes"][0] == {
        "path": "relation",
        "before": '"Success"',
        "after": '"False"',
    }


def test_replaying_reaches_nothing_and_writes_nothing(past, chain, server_url, stream):
    """Without a stand-in a node that asks a service fails; the stream stays as it was, and has no group."""
    before = ask(server_url, lambda client: client.read(stream))
    result = past("replay", chain("heat.json", 30))
    assert result.exit_code == 1
    assert "          3  ask with Failure" in result.stdout
    assert "          3  failed" in result.stdout
    assert ask(server_url, lambda client: client.read(stream)) == before
    groups = ask(server_url, lambda client: client.link.call("XINFO", "GROUPS", stream))
    assert groups == []


def test_a_range_is_given_by_ids_and_times(past, chain, mocks, server_url, stream):
    """Both bounds belong to the range; a time long ago begins it, one long ago ends it, `--limit` cuts it."""
    ids = [id_ for id_, _ in ask(server_url, lambda client: client.read(stream))]
    path = chain("heat.json", 30)

    def replayed(*bounds):
        result = past("replay", path, "--mocks", mocks, "--format", "json", *bounds)
        report = json.loads(result.stdout)
        return report["entries"] + report["leftOut"]

    assert replayed("--from", ids[1], "--to", ids[3]) == 3
    assert replayed("--from", "1h") == 6
    assert replayed("--to", "2020-01-31T12:00Z") == 0
    assert replayed("--from", "2020-01-31T12:00", "--limit", "2") == 2


def test_a_bound_that_is_none_is_wrong_usage(past, chain):
    """What can be written is said."""
    result = past("replay", chain("heat.json", 30), "--from", "yesterday")
    assert result.exit_code == 2
    assert 'got "yesterday"' in result.stderr


def test_a_server_that_is_not_there_gives_4(cli, chain, tmp_path):
    """As with every verb."""
    url = f"unix://{tmp_path}/nobody.sock"
    assert cli("replay", "s", chain("heat.json", 30), "--server", url).exit_code == 4


def test_recorded_cases_pass(past, cli, chain, mocks):
    """What was recorded is a test document that passes on the same chain, and fails on another one."""
    path = chain("heat.json", 30)
    result = past("record", path, "-o", "heat.test.json", "--mocks", mocks)
    assert (result.exit_code, result.stderr) == (0, "recorded 5 cases of 6 entries, on 2 ways through the chain\n")
    assert cli("test", "heat.test.json").exit_code == 0
    chain("heat.json", 40)
    assert cli("test", "heat.test.json").exit_code == 1


def test_what_nobody_may_see_is_masked(past, chain, mocks):
    """Named fields and those called like secrets are masked before the chain runs; numbers stay numbers."""
    result = past("record", chain("heat.json", -1), "--mask", "house,T", "--mocks", mocks)
    assert "k-3" not in result.stdout
    assert "north" not in result.stdout
    case = json.loads(result.stdout)["cases"][0]
    assert case["message"]["data"] == {"house": "***", "t": 0, "apiKey": "***"}
    assert case["ends"][0]["data"] == case["message"]["data"]
    assert case["ends"][0]["metadata"] == {"known": "yes", "level": "hot"}


def test_one_case_for_each_way(past, chain, mocks):
    """With `--each-way` only the first message of each way through the chain is kept."""
    result = past("record", chain("heat.json", 30), "--each-way", "--mocks", mocks)
    assert [case["ends"][0]["relation"] for case in json.loads(result.stdout)["cases"]] == ["False", "Success"]
    assert result.stderr == "recorded 2 cases of 6 entries, on 2 ways through the chain\n"


def test_what_differs_from_run_to_run_is_not_expected(past, write):
    """Data with the time of day in it is left out of the expectation; where it ends stays in."""
    path = write("now.json", chain_document(("n", "exprTransform", {"mapping": {"at": "now().UnixNano()"}})))
    case = json.loads(past("record", path, "--limit", "1").stdout)["cases"][0]
    assert case["ends"] == [{"node": "n", "relation": "Success"}]


def test_only_test_documents_are_written(past, chain):
    """A name that `rulechain test` would not find is wrong usage."""
    assert past("record", chain("heat.json", 30), "-o", "cases.json").exit_code == 2
