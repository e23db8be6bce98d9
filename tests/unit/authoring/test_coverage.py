"""How much of a chain was gone through."""

from rulechain.authoring.coverage import dump_coverage, measure, percentage
from rulechain.graph import build_graph
from rulechain.loader import load_chain
from support.documents import chain_document

GRAPH = build_graph(
    load_chain(
        chain_document(
            ("s", "switch", {"cases": [{"case": "true", "then": "hot"}, {"case": "false", "then": "cold"}]}),
            ("a", "log"),
            ("b", "log"),
            connections=["s -hot-> a", "s -Default-> b", "a -Success-> b"],
        )
    ).definition
)


def test_nodes_and_the_relations_that_lead_on_are_counted():
    """A case of a switch counts though nothing is connected to it; a relation without connection does not."""
    coverage = measure(GRAPH, [("s", "hot"), ("a", "Success"), ("b", "Success"), ("s", "hot")])
    assert coverage.nodes == {"s": 2, "a": 1, "b": 1}
    assert coverage.relations == {("s", "hot"): 2, ("s", "Default"): 0, ("s", "cold"): 0, ("a", "Success"): 1}
    assert (coverage.covered, coverage.total) == (5, 7)
    assert coverage.missed == ['"s" -Default->', '"s" -cold->']


def test_nothing_run_is_nothing_covered():
    """Without runs, everything is missed."""
    coverage = measure(GRAPH, [])
    assert (coverage.covered, len(coverage.missed)) == (0, 7)
    assert dump_coverage(coverage)["missed"] == coverage.missed


def test_percentages_count_each_thing_once():
    """Chains weigh by what there is in them; where there is nothing, all of it is covered."""
    full = measure(GRAPH, [("s", "hot"), ("s", "cold"), ("s", "Default"), ("a", "Success"), ("b", "Success")])
    assert percentage([full]) == 100
    assert percentage([full, measure(GRAPH, [])]) == 50
    assert percentage([]) == 100
