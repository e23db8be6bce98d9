"""Pictures and dumps of a graph."""

from rulechain.graph import build_graph, dump_graph, render_mermaid
from rulechain.loader import load_chain
from support.documents import chain_document, connection


def sample():
    """A chain of two nodes with both kinds of connection."""
    document = chain_document(("hot", "jsFilter"), ("note", "log"), connections=["hot -True-> note"], chain_id="alarm")
    document["metadata"]["nodes"][0]["name"] = "Is it hot?"
    document["metadata"]["ruleChainConnections"] = [connection("hot -False-> cold")]
    return build_graph(load_chain(document).definition)


def test_a_chain_is_drawn_as_a_flowchart():
    """Nodes show name and type, the first has round corners, connections show their relation, chains a double frame."""
    assert render_mermaid(sample()) == (
        "flowchart TD\n"
        '  n0(["Is it hot?<br/>jsFilter"])\n'
        '  n1["note<br/>log"]\n'
        '  n0 -->|"True"| n1\n'
        '  c0[["cold"]]\n'
        '  n0 -->|"False"| c0\n'
    )


def test_names_cannot_break_the_picture():
    """Quotes, brackets, markup and number signs in names and relations are written as references."""
    document = chain_document(('"] <b>#1', "log"), ("b", "log"))
    document["metadata"]["connections"] = [
        {"fromId": '"] <b>#1', "toId": "b", "type": '|"'},
        {"fromId": '"] <b>#1', "toId": "b"},
    ]
    assert render_mermaid(build_graph(load_chain(document).definition)).splitlines()[1:] == [
        '  n0(["#quot;] #lt;b#gt;#35;1<br/>log"])',
        '  n1["b<br/>log"]',
        '  n0 -->|"|#quot;"| n1',
        "  n0 --> n1",
    ]


def test_a_dump_is_plain_data():
    """The dump names nodes by id, keeps the order and can be written as JSON."""
    assert dump_graph(sample()) == {
        "chain": "alarm",
        "first": "hot",
        "nodes": [
            {"id": "hot", "type": "jsFilter", "name": "Is it hot?"},
            {"id": "note", "type": "log", "name": ""},
        ],
        "connections": [{"from": "hot", "relation": "True", "to": "note"}],
        "chain_connections": [{"from": "hot", "relation": "False", "to": "cold"}],
    }


def test_an_empty_chain_can_be_drawn():
    """A chain without nodes gives an empty picture and a dump without a first node."""
    graph = build_graph(load_chain("{}").definition)
    assert render_mermaid(graph) == "flowchart TD\n"
    assert dump_graph(graph)["first"] is None
