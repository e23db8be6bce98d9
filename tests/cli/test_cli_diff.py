"""`rulechain diff`."""

import json

from support.documents import chain_document

BEFORE = chain_document(("a", "exprFilter", {"expr": "true"}), ("b", "end"), connections=["a -True-> b"])


def test_differences_are_listed_and_fail(cli, write):
    """Each difference is one line, and there being some is exit code 1."""
    nodes = ("a", "exprFilter", {"expr": "false"}), ("b", "end")
    before = write("before.json", BEFORE)
    after = write("after.json", chain_document(*nodes, connections=["a -True-> b", "a -False-> b"]))
    result = cli("diff", before, after)
    assert result.exit_code == 1
    assert result.stdout == (
        '~ node "a" configuration.expr: "true" -> "false"\n'
        '+ connection "a" -False-> "b"\n'
    )  # fmt: skip
    assert result.stderr == "2 differences\n"
    found = json.loads(cli("diff", before, after, "--format", "json").stdout)["differences"]
    assert found[1] == {"kind": "added", "subject": 'connection "a" -False-> "b"', "before": None, "after": None}


def test_the_same_chain_in_another_layout_has_none(cli, write):
    """Exit code 0 for documents that do the same."""
    before, after = write("before.json", BEFORE), write("after.json", json.dumps(BEFORE))
    result = cli("diff", before, after)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no differences\n")


def test_a_chain_is_not_compared_with_an_endpoint(cli, write):
    """Documents of two kinds have nothing to compare."""
    chain = write("chain.json", BEFORE)
    endpoint = write("endpoint.json", {"id": "e", "type": "endpoint/redis/stream", "routers": []})
    result = cli("diff", chain, endpoint)
    assert result.exit_code == 3
    assert "a chain and an endpoint cannot be compared" in result.stderr
