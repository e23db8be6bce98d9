"""flow, ref and join: other chains, other nodes, and branches that come together."""

import json

import pytest

from rulechain import ChainError, Engine, Message, Outcome
from support.documents import chain_document, ends_of


def crash(_message, _context):
    raise ZeroDivisionError("a bug")


def none(message, _context):
    return Outcome("", message)


def silent(_message, _context):
    return []


SET = {"jsScript": "metadata.s = '1'; return { msg: { s: 1 }, metadata }"}
SUB_CHAINS = [
    chain_document(("s", "jsTransform", SET), ("t", "fork"), connections=["s -Success-> t"], chain_id="one"),
    chain_document(("s", "jsFilter", {"jsScript": "return false"}), chain_id="filter"),
    chain_document(
        ("s", "fork"),
        ("a", "jsTransform", SET),
        ("b", "jsTransform", {"jsScript": "throw 'no'"}),
        connections=["s -Success-> a", "s -Success-> b"],
        chain_id="half",
    ),
    chain_document(chain_id="empty"),
    chain_document(("s", "functions", {"functionName": "crash"}), chain_id="crash"),
    chain_document(("s", "functions", {"functionName": "silent"}), chain_id="silent"),
]


def run_of(*nodes, connections=(), data="{}"):
    """The run of a chain that may call the chains above."""
    engine = Engine(functions={"crash": crash, "none": none, "silent": silent})
    for document in SUB_CHAINS:
        engine.load(document)
    run = engine.load(chain_document(*nodes, connections=connections)).run(
        Message(data, metadata={"k": "v"}, id="m1", ts=1), timeout_s=5
    )
    assert run.completed
    return run


def wrapped(end):
    """The entries of a list of messages: node, payload and error."""
    return [(entry["nodeId"], entry["msg"]["data"], entry["err"]) for entry in json.loads(end.message.data)]


def test_flow_lists_the_ends_of_the_other_chain():
    """One entry for each end, with the metadata of all in the message that goes on."""
    (end,) = run_of(("f", "flow", {"targetId": "one"})).ends
    assert (end.relation, wrapped(end)) == ("Success", [("t", '{"s":1}', "")])
    assert dict(end.message.metadata) == {"k": "v", "s": "1"}


@pytest.mark.parametrize(
    "target, relation, error",
    [
        ("filter", "Success", None),
        ("half", "Failure", "no"),
        ("empty", "Failure", "the rule chain has no nodes"),
        ("nope", "Failure", "ruleChain id=nope not found"),
        ("crash", "Failure", "ZeroDivisionError: a bug"),
    ],
)
def test_flow_fails_when_a_branch_failed(target, relation, error):
    """Any other relation counts as Success; a bug in the other chain is its Failure, and nobody hangs."""
    (end,) = run_of(("f", "flow", {"targetId": target})).ends
    assert (end.relation, end.error) == (relation, error)


@pytest.mark.parametrize(
    "target, expected",
    [
        ("one", [("f", "Success", None)]),
        ("filter", [("f", "False", None)]),
        ("half", [("f", "Success", None), ("f", "Failure", "no")]),
        ("crash", [("f", "Failure", "ZeroDivisionError: a bug")]),
        ("silent", []),
        ("nope", [("f", "Failure", "ruleChain id=nope not found")]),
    ],
)
def test_flow_with_extend_ends_as_the_other_chain_does(target, expected):
    """Every end of it is one of the node, with its own relation; none at all ends the branch."""
    assert ends_of(run_of(("f", "flow", {"targetId": target, "extend": True}))) == expected


def test_ref_runs_a_node_or_from_a_node_on():
    """Alone, its connections are not followed; with tellChain they are."""
    nodes = (("r", "ref", {"targetId": "a"}), ("a", "fork"), ("b", "jsFilter", {"jsScript": "return true"}))
    assert ends_of(run_of(*nodes, connections=["a -Success-> b"])) == [("r", "Success", None)]
    nodes = (("r", "ref", {"targetId": "a", "tellChain": True}), *nodes[1:])
    assert ends_of(run_of(*nodes, connections=["a -Success-> b"])) == [("r", "True", None)]
    assert ends_of(run_of(("r", "ref", {"targetId": "filter:s"}))) == [("r", "False", None)]


@pytest.mark.parametrize(
    "target, error",
    [
        ("nope", "node id=nope not found"),
        ("nope:s", "ruleChain id=nope not found"),
        ("one:nope", "node id=nope not found"),
    ],
)
def test_ref_fails_where_nothing_is(target, error):
    """In RuleGo's words; the message is the one that came in."""
    (end,) = run_of(("r", "ref", {"targetId": target})).ends
    assert (end.relation, end.error, end.message.data) == ("Failure", error, "{}")


@pytest.mark.parametrize("target", ["", "a:b:c", ":a", "a:"])
def test_a_target_that_names_nothing_does_not_load(target):
    """The setting is wrong for every message."""
    with pytest.raises(ChainError):
        run_of(("r", "ref", {"targetId": target}))


def test_ref_completes_when_the_way_does_not_come_to_an_end_node():
    """RuleGo waits for ever where an end node can be reached and is not."""
    run = run_of(
        ("r", "ref", {"targetId": "a", "tellChain": True}),
        ("a", "jsFilter", {"jsScript": "return false"}),
        ("e", "end"),
        connections=["a -True-> e"],
    )
    assert ends_of(run) == []


def branches(configuration, *nodes, data='{"k":1}'):
    """The end of a join behind a fork to the given nodes."""
    run = run_of(
        ("f", "fork"),
        *nodes,
        ("j", "join", configuration),
        connections=[
            *(f"f -Success-> {node[0]}" for node in nodes),
            *(f"{node[0]} -{relation}-> j" for node in nodes for relation in ("Success", "Failure")),
        ],
        data=data,
    )
    return next(end for end in run.ends if end.node_id == "j")


A = ("a", "jsTransform", {"jsScript": "msg.a = 1; metadata.a = '1'; return { msg, metadata }"})
B = ("b", "jsTransform", {"jsScript": "metadata.b = '1'; return { msg: [1, 'x'], metadata }"})
FAILS = ("c", "jsTransform", {"jsScript": "throw 'no'"})
SLOW = ("d", "delay", {"delayMs": "1300"})


def test_join_lists_what_came():
    """In the order of arrival, with the metadata of all."""
    end = branches({}, A, B)
    assert (end.relation, wrapped(end)) == ("Success", [("a", '{"a":1,"k":1}', ""), ("b", '[1,"x"]', "")])
    assert dict(end.message.metadata) == {"k": "v", "a": "1", "b": "1"}


def test_join_merges_payloads():
    """Objects give their members, anything else stands under its node's id."""
    assert branches({"mergeToMap": True}, A, B).message.data == '{"a":1,"b":[1,"x"],"k":1}'


def test_join_fails_when_a_branch_failed():
    """The error names the node, in RuleGo's words; the list has the others as well."""
    end = branches({}, A, FAILS)
    assert (end.relation, end.error) == ("Failure", "NodeId=c,Err=no ")
    assert [entry[0] for entry in wrapped(end)] == ["a", "c"]


def test_join_gives_up_after_its_time():
    """The first message leaves as it came."""
    end = branches({"timeout": 1}, A, SLOW)
    assert (end.relation, end.error, end.message.data) == ("Failure", "context deadline exceeded", '{"a":1,"k":1}')
