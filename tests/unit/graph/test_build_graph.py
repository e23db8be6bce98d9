"""Indexing nodes and grouping connections."""

import pytest

from rulechain.graph import build_graph
from rulechain.loader import load_chain
from support.documents import chain_document, connection


def graph_of(*nodes, **parts):
    """The graph of a chain of nodes that all are of type log."""
    return build_graph(load_chain(chain_document(*((node, "log") for node in nodes), **parts)).definition)


def test_connections_are_grouped_by_relation_in_their_order():
    """Each node maps a relation to its targets as the document lists them, duplicates included."""
    graph = graph_of("a", "b", "c", connections=["a -True-> c", "a -False-> b", "a -True-> b", "a -True-> c"])
    assert graph.routes == ({"True": (2, 1, 2), "False": (1,)}, {}, {})
    assert list(graph.routes[0]) == ["True", "False"]


def test_connections_with_an_unknown_end_are_left_out():
    """RuleGo ignores them, so a branch that takes one ends."""
    graph = graph_of("a", "b", connections=["a -True-> zz", "zz -True-> b", "a -True-> b"])
    assert graph.routes == ({"True": (1,)}, {})


def test_relations_are_taken_as_written():
    """Case and blanks count, and a connection without a type has the relation ""."""
    document = chain_document(("a", "log"), connections=["a -success-> a"])
    document["metadata"]["connections"] += [
        {"fromId": "a", "toId": "a", "type": " Success"},
        {"fromId": "a", "toId": "a"},
    ]
    assert build_graph(load_chain(document).definition).routes == ({"success": (0,), " Success": (0,), "": (0,)},)


@pytest.mark.parametrize("index, first", [(None, 0), (1, 1), (2, None), (-1, None)])
def test_the_first_node_is_the_one_at_its_index(index, first):
    """FirstNodeIndex counts from 0, is 0 when absent, and may point at nothing."""
    document = chain_document(("a", "log"), ("b", "log"), connections=["b -x-> a"])
    document["metadata"]["firstNodeIndex"] = index
    assert build_graph(load_chain(document).definition).first == first


def test_an_empty_chain_has_no_first_node():
    """A chain without nodes builds, and messages have nowhere to enter."""
    graph = build_graph(load_chain("{}").definition)
    assert (graph.nodes, graph.first, graph.routes, graph.chain_routes) == ((), None, (), ())


def test_of_two_equal_ids_the_last_is_reached():
    """As in RuleGo where cycles are allowed, a connection to a repeated id leads to its last node."""
    graph = graph_of("a", "b", "b", connections=["a -x-> b"])
    assert graph.routes[0] == {"x": (2,)}
    assert graph.index == {"a": 0, "b": 2}


def test_connections_to_chains_keep_the_chains_id():
    """RuleGo's older ruleChainConnections name chains, which are found when the message comes."""
    document = chain_document(("a", "log"))
    document["metadata"]["ruleChainConnections"] = [connection("a -Success-> other"), connection("zz -Success-> other")]
    assert build_graph(load_chain(document).definition).chain_routes == ({"Success": ("other",)},)
