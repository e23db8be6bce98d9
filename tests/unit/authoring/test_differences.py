"""What two versions of a document do differently."""

import pytest

from rulechain.authoring import Difference, compare_chains, compare_endpoints
from rulechain.loader import load_chain, load_endpoint


def chain(nodes=None, connections=None, **rule_chain):
    """The definition of a chain with two nodes, unless other ones are given."""
    nodes = nodes or [
        {"id": "a", "type": "exprFilter", "configuration": {"expr": "true"}},
        {"id": "b", "type": "log", "configuration": {"jsScript": "return 'x';"}, "additionalInfo": {"layoutX": 1}},
    ]
    connections = [("a", "True", "b")] if connections is None else connections
    return load_chain(
        {
            "ruleChain": {"id": "c", **rule_chain},
            "metadata": {
                "nodes": nodes,
                "connections": [{"fromId": start, "type": kind, "toId": to} for start, kind, to in connections],
            },
        }
    ).definition


NODES = [
    {"id": "a", "type": "exprFilter", "configuration": {"expr": "true"}},
    {"id": "b", "type": "log", "configuration": {"jsScript": "return 'x';"}},
]


def test_layout_and_order_make_no_difference():
    """Where a node is drawn, and in which order keys and later nodes stand, changes nothing that runs."""
    moved = [{**NODES[0], "additionalInfo": {"layoutX": 300, "layoutY": 5}}, dict(reversed(NODES[1].items()))]
    assert compare_chains(chain(), chain(moved)) == []


@pytest.mark.parametrize(
    "after, expected",
    [
        (chain(name="New"), Difference("changed", "chain name", '""', '"New"')),
        (chain(debugMode=True), Difference("changed", "chain debugMode", "false", "true")),
        (
            chain([{**NODES[0], "configuration": {"expr": "false"}}, NODES[1]]),
            Difference("changed", 'node "a" configuration.expr', '"true"', '"false"'),
        ),
        (
            chain([{**NODES[0], "configuration": {"expr": "true", "more": [1]}}, NODES[1]]),
            Difference("added", 'node "a" configuration.more', None, "[1]"),
        ),
        (
            chain([{**NODES[0], "type": "jsFilter"}, NODES[1]]),
            Difference("changed", 'node "a" type', '"exprFilter"', '"jsFilter"'),
        ),
        (chain([*NODES, {"id": "e", "type": "end"}]), Difference("added", 'node "e"', None, '"end"')),
        (chain(connections=[]), Difference("removed", 'connection "a" -True-> "b"')),
        (
            chain(connections=[("a", "True", "b"), ("a", "Failure", "b")]),
            Difference("added", 'connection "a" -Failure-> "b"'),
        ),
    ],
)
def test_each_change_is_one_difference(after, expected):
    """A change of one thing is named once, with both versions of it."""
    assert compare_chains(chain(), after) == [expected]


def test_another_first_node_is_a_difference():
    """Changing the order of nodes matters when messages then enter elsewhere."""
    assert compare_chains(chain(), chain(NODES[::-1])) == [Difference("changed", "chain first node", '"a"', '"b"')]


def test_a_renamed_node_is_not_gone_and_come_back():
    """A node that is alike in all but its id was renamed; its connections went with it."""
    after = chain([{**NODES[0], "id": "first"}, NODES[1]], [("first", "True", "b")])
    assert compare_chains(chain(), after) == [Difference("renamed", 'node "a"', '"a"', '"first"')]


def test_a_removed_node_takes_its_connections_along():
    """A node that went is named with its type, and so is each connection that went."""
    assert compare_chains(chain(), chain(NODES[:1], [])) == [
        Difference("removed", 'node "b"', '"log"'),
        Difference("removed", 'connection "a" -True-> "b"'),
    ]


def test_a_number_and_a_truth_value_differ():
    """1 and true are equal in Python, and are two settings here."""
    before, after = (chain([{**NODES[0], "configuration": {"list": [value]}}], []) for value in (1, True))
    assert compare_chains(before, after) == [Difference("changed", 'node "a" configuration.list', "[1]", "[true]")]


def test_routers_are_compared_by_id():
    """Each router of an endpoint is compared with the one of its id."""

    def endpoint(path, topic):
        return load_endpoint(
            {
                "id": "e",
                "type": "endpoint/redis/stream",
                "configuration": {"server": "s"},
                "routers": [{"id": "r", "from": {"path": path}, "to": {"path": "x", "configuration": {"t": topic}}}],
            }
        ).definition

    assert compare_endpoints(endpoint("in", "t"), endpoint("in", "t")) == []
    assert compare_endpoints(endpoint("in", "t"), endpoint("other", "u")) == [
        Difference("changed", "endpoint router.r.from.path", '"in"', '"other"'),
        Difference("changed", "endpoint router.r.to.configuration.t", '"t"', '"u"'),
    ]
