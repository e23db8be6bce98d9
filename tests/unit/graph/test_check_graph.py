"""What is wrong or doubtful about a chain's shape. Complete texts are in tests/golden/invalid."""

import pytest

from rulechain.diagnostics import Code, Severity
from rulechain.graph import build_graph, check_graph
from rulechain.loader import load_chain
from support.documents import chain_document, connection


def check(*nodes, connections=(), allow_cycles=False, **body):
    """The findings about a chain of nodes written `"id"` or `("id", "type", configuration)`."""
    nodes = [node if isinstance(node, tuple) else (node, "log") for node in nodes]
    document = chain_document(*nodes, connections=connections)
    document["metadata"].update(body)
    loaded = load_chain(document)
    assert loaded.definition is not None
    return check_graph(build_graph(loaded.definition), allow_cycles=allow_cycles)


def places(found):
    """Code and pointer of every finding."""
    return [(each.code, each.location.pointer) for each in found]


def test_a_sound_chain_has_no_findings():
    """Fan-out, joining branches and several ends are nothing to complain about."""
    connections = ["a -True-> b", "a -True-> c", "a -False-> c", "b -Success-> d", "c -Success-> d"]
    assert check("a", "b", "c", "d", connections=connections) == []


def test_each_repeated_id_is_an_error_that_shows_the_first():
    """Three equal ids are two errors, and nothing is said about what the connections might mean."""
    found = check("a", "b", "a", "a", connections=["a -x-> b"])
    assert places(found) == [
        (Code.DUPLICATE_NODE_ID, "/metadata/nodes/2/id"),
        (Code.DUPLICATE_NODE_ID, "/metadata/nodes/3/id"),
    ]
    assert {each.labels[0][0].pointer for each in found} == {"/metadata/nodes/0/id"}


def test_a_generated_id_can_clash_too():
    """A node without an id is called by its position, which another may already be called."""
    assert places(check(("", "log"), "node0"))[0] == (Code.DUPLICATE_NODE_ID, "/metadata/nodes/1/id")


CYCLES = [
    (["a -x-> a"], ['"a" -> "a"']),
    (["a -x-> b", "b -Failure-> a"], ['"a" -> "b" -> "a"']),
    (["a -x-> b", "b -x-> c", "c -x-> b"], ['"b" -> "c" -> "b"']),
    (["b -x-> c", "c -x-> b"], ['"b" -> "c" -> "b"']),
    (["a -x-> zz", "a -x-> b", "b -x-> a"], ['"a" -> "b" -> "a"']),
    (["a -x-> b", "b -x-> a", "c -x-> d", "d -x-> c"], ['"a" -> "b" -> "a"', '"c" -> "d" -> "c"']),
    (["a -x-> b", "b -x-> a", "b -y-> a", "b -x-> b"], ['"a" -> "b" -> "a"']),
    (["a -x-> b", "a -x-> c", "b -x-> d", "c -x-> d"], []),
    (["a -x-> zz", "zz -x-> a"], []),
]


@pytest.mark.parametrize("connections, expected", CYCLES, ids=[" ".join(each[0]) for each in CYCLES])
def test_a_cycle_names_its_nodes(connections, expected):
    """Each cycle is an error that goes round it, reachable or not; what merely joins again is none."""
    found = [each for each in check("a", "b", "c", "d", connections=connections) if each.code == Code.CYCLE]
    assert [each.message for each in found] == [f"the connections form a cycle: {names}" for names in expected]
    assert all(each.severity is Severity.ERROR for each in found)


def test_a_cycle_shows_each_of_its_connections():
    """The error stands at the connection that closes the cycle, the others are labels."""
    (found,) = check("a", "b", "c", connections=["a -x-> b", "b -x-> c", "c -x-> a"])
    assert found.location.pointer == "/metadata/connections/2/toId"
    assert [location.pointer for location, _ in found.labels] == [
        "/metadata/connections/0/toId",
        "/metadata/connections/1/toId",
    ]


def test_cycles_can_be_allowed():
    """With allow_cycles a cycle is no finding."""
    assert check("a", "b", connections=["a -x-> b", "b -x-> a"], allow_cycles=True) == []


def test_a_long_chain_is_walked_without_recursion():
    """Twenty thousand nodes in a row, closed to a ring, are one cycle."""
    count = 20_000
    connections = [f"{number} -x-> {(number + 1) % count}" for number in range(count)]
    (found,) = check(*map(str, range(count)), connections=connections)
    assert len(found.labels) == count - 1


@pytest.mark.parametrize(
    "ends, pointer, message, hint",
    [
        (
            {"fromId": "alarm", "toId": "alrm2", "type": "x"},
            "/metadata/connections/0/toId",
            'the connection goes to node "alrm2", which this chain does not have',
            'did you mean "alarm2"?',
        ),
        (
            {"fromId": "alrm", "toId": "alarm2", "type": "x"},
            "/metadata/connections/0/fromId",
            'the connection comes from node "alrm", which this chain does not have',
            'did you mean "alarm"?',
        ),
        (
            {"fromId": "alarm", "type": "x"},
            "/metadata/connections/0/toId",
            'the connection goes to no node: "toId" is missing',
            'write the id of a node as "toId"',
        ),
        (
            {"toId": "alarm", "type": "x"},
            "/metadata/connections/0/fromId",
            'the connection comes from no node: "fromId" is missing',
            'write the id of a node as "fromId"',
        ),
    ],
)
def test_an_unknown_end_is_a_warning(ends, pointer, message, hint):
    """A connection to or from a node that is not there is ignored, and told with what was probably meant."""
    document = chain_document(("alarm", "log"), ("alarm2", "comment"))
    document["metadata"]["connections"] = [ends]
    (found,) = check_graph(build_graph(load_chain(document).definition))
    assert (found.code, found.severity) == (Code.UNKNOWN_NODE, Severity.WARNING)
    assert (found.location.pointer, found.message, found.hint) == (pointer, message, hint)


def test_a_connection_to_a_chain_needs_only_a_node_to_come_from():
    """The chain that a legacy connection names may be loaded later."""
    found = check("a", ruleChainConnections=[connection("a -x-> other"), connection("b -x-> other")])
    assert places(found) == [(Code.UNKNOWN_NODE, "/metadata/ruleChainConnections/1/fromId")]


@pytest.mark.parametrize("index, severity", [(-1, Severity.ERROR), (1, Severity.WARNING), (10**30, Severity.WARNING)])
def test_a_first_node_that_does_not_exist(index, severity):
    """RuleGo crashes on a negative index and loads one that is too large, so that every message fails."""
    (found,) = check("a", firstNodeIndex=index)
    assert (found.code, found.severity) == (Code.FIRST_NODE_OUT_OF_RANGE, severity)


def test_an_empty_chain_is_a_warning():
    """A chain without nodes loads, as in RuleGo; no further finding repeats that."""
    assert places(check()) == [(Code.NO_NODES, "/metadata/nodes")]


def test_unreachable_nodes_are_warnings():
    """A node that neither the first node nor a reached one leads to gets no message."""
    found = check("a", "b", "c", "d", connections=["a -x-> b", "c -x-> d"])
    assert places(found) == [
        (Code.UNREACHABLE_NODE, "/metadata/nodes/2/id"),
        (Code.UNREACHABLE_NODE, "/metadata/nodes/3/id"),
    ]


@pytest.mark.parametrize(
    "configuration",
    [
        {"nodeIds": "x, b ,y"},
        {"nodeIds": ["x", "b"]},
        {"do": "b"},
        {"targetId": "chain:b"},
        {"cases": [None, 1.5, {"then": {"node": "b"}}]},
    ],
)
def test_a_node_that_a_setting_names_is_reachable(configuration):
    """Groups, loops and references reach nodes without a connection, and so what follows those."""
    assert check(("a", "groupAction", configuration), "b", "c", connections=["b -x-> c"]) == []


def test_a_node_with_a_number_for_its_id_can_be_named_by_a_number():
    """RuleGo turns numbers in lists of ids into text."""
    assert check(("a", "groupFilter", {"nodeIds": [1]}), "1") == []


def test_only_reached_nodes_name_others():
    """Two leftovers that name each other are still left over."""
    assert [each.code for each in check("a", ("b", "for", {"do": "c"}), ("c", "for", {"do": "b"}))] == [
        Code.UNREACHABLE_NODE,
        Code.UNREACHABLE_NODE,
    ]


def test_a_node_that_a_router_names_is_reachable():
    """A router of the chain's own endpoint may start at a node."""
    endpoints = [{"id": "e", "type": "x", "routers": [{"to": {"path": "chain:test:b"}}]}]
    assert check("a", "b", endpoints=endpoints) == []


def test_comments_need_no_connection():
    """A comment node is a note on the canvas."""
    assert check("a", ("note", "comment")) == []


def test_a_repeated_connection_is_a_warning_with_its_first_place():
    """The target runs once for each, so the later ones are told; other relations are other connections."""
    found = check("a", "b", connections=["a -x-> b", "a -y-> b", "a -x-> b"])
    assert places(found) == [(Code.DUPLICATE_CONNECTION, "/metadata/connections/2/toId")]
    assert found[0].labels[0][0].pointer == "/metadata/connections/0/toId"


def test_a_connection_without_a_relation_is_a_warning():
    """Only an outcome without a relation takes it, which is hardly ever meant."""
    found = check("a", ("b", "comment"), connections=(), ruleChainConnections=[{"fromId": "a", "toId": "other"}])
    assert places(found) == [(Code.MISSING_RELATION, "/metadata/ruleChainConnections/0/type")]


def test_an_unreachable_end_node_mutes_the_chain():
    """A chain with an end node reports only what reaches one; that none can be reached has its own code."""
    assert places(check("a", ("z", "end"))) == [(Code.UNREACHABLE_END, "/metadata/nodes/1/id")]


def test_a_second_end_node_that_cannot_be_reached_is_only_unreachable():
    """As long as one end node can be reached, the chain has outcomes."""
    found = check("a", ("z", "end"), ("y", "end"), connections=["a -x-> z"])
    assert places(found) == [(Code.UNREACHABLE_NODE, "/metadata/nodes/2/id")]


def test_a_connection_from_an_end_node_is_a_warning():
    """An end node never continues, so the connection is dead and what it leads to unreachable."""
    found = check(("z", "end"), "a", connections=["z -x-> a"])
    assert places(found) == [
        (Code.CONNECTION_FROM_END, "/metadata/connections/0/fromId"),
        (Code.UNREACHABLE_NODE, "/metadata/nodes/1/id"),
    ]


def test_all_findings_come_at_once():
    """Errors and warnings of every kind are in one list."""
    found = check("a", "b", "b", connections=["a -x-> a", "a -x-> zz", "a --> b"], firstNodeIndex=-1)
    assert {each.code for each in found} >= {
        Code.DUPLICATE_NODE_ID,
        Code.CYCLE,
        Code.UNKNOWN_NODE,
        Code.FIRST_NODE_OUT_OF_RANGE,
        Code.MISSING_RELATION,
    }
