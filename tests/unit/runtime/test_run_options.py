"""How a run may differ from the default one."""

import asyncio

import pytest

from rulechain import Engine, Message, Outcome
from support.components import COMPONENTS
from support.documents import chain_document, ends_of

TEXT = Message("", data_type="TEXT")
THREE = chain_document(
    ("a", "t/mark"), ("b", "t/mark"), ("c", "t/mark"), connections=["a -Success-> b", "b -Success-> c"]
)


@pytest.fixture
def engine():
    with Engine(components=COMPONENTS) as engine:
        yield engine


def test_a_run_may_begin_anywhere(engine):
    """At one node or several, in their order."""
    chain = engine.load(THREE)
    assert [end.message.data for end in chain.run(TEXT, start="b").ends] == ["++"]
    assert [end.message.data for end in chain.run(TEXT, start=["c", "a"]).ends] == ["+", "+++"]


def test_a_run_may_go_on_behind_a_node(engine):
    """As if the node had ended with that relation: it does not run, and has its event all the same."""
    run = engine.load(THREE).run(TEXT, start={"a": "Success"}, trace=True)
    assert [end.message.data for end in run.ends] == ["++"]
    assert [(event.node_id, event.relation) for event in run.trace] == [
        ("a", "Success"),
        ("b", "Success"),
        ("c", "Success"),
    ]


def test_a_run_may_go_on_behind_several_nodes_and_relations(engine):
    """Relations without a connection end there; a node without a relation runs."""
    run = engine.load(THREE).run(TEXT, start={"b": ["Success", "Other"], "a": []})
    assert [(end.node_id, end.relation, end.message.data) for end in run.ends] == [
        ("b", "Other", ""),
        ("c", "Success", "+"),
        ("c", "Success", "+++"),
    ]


def test_branches_that_are_gone_on_with_meet_at_a_join(engine):
    """Restoring a run behind its parallel nodes gathers them as the run would have."""
    document = chain_document(
        ("a", "t/pass"), ("b", "t/pass"), ("j", "t/join"), connections=["a -Success-> j", "b -Success-> j"]
    )
    run = engine.load(document).run(TEXT, start={"a": ["Success"], "b": ["Success"]})
    assert ends_of(run) == [("j", "Success", None)]
    assert run.ends[0].message.data == "a=,b="


def test_a_chain_without_a_first_node_can_be_begun_at_a_node(engine):
    """Its first node does not exist, but others do."""
    document = chain_document(("a", "t/mark"))
    document["metadata"]["firstNodeIndex"] = 5
    chain = engine.load(document)
    assert ends_of(chain.run(TEXT)) == [("", "Failure", "the rule chain has no nodes")]
    assert ends_of(chain.run(TEXT, start="a")) == [("a", "Success", None)]


@pytest.mark.parametrize(
    "start, error",
    [("x", "SetExecuteNodes node id=x not found"), ({"x": ["Success"]}, "restore parent node id=x not found")],
)
def test_an_unknown_start_is_a_failure(engine, start, error):
    """The run completes and says so."""
    assert ends_of(engine.load(THREE).run(TEXT, start=start)) == [("", "Failure", error)]


def test_only_the_first_node(engine):
    """Its outcome ends the run, and an `end` node mutes nothing."""
    document = chain_document(("a", "t/mark"), ("e", "end"), connections=["a -Success-> e"])
    assert ends_of(engine.load(document).run(TEXT, only_first=True)) == [("a", "Success", None)]


def test_values_reach_nodes_of_all_chains():
    """Host functions find them in their context, also in a chain inside the chain; without any there are none."""
    seen = []

    def look(message, context):
        seen.append(dict(context.values))
        return Outcome("Success", message)

    engine = Engine(functions={"look": look})
    engine.load(chain_document(("f", "functions", {"functionName": "look"}), chain_id="inner"))
    chain = engine.load(chain_document(("x", "flow", {"targetId": "inner"}), chain_id="outer"))
    chain.run(TEXT, values={"user": "ann"})
    chain.run(TEXT)
    assert seen == [{"user": "ann"}, {}]


def test_a_time_limit_counts_for_all_that_a_node_runs(engine):
    """A node that runs another chain, which waits, ends as both do: once."""
    engine.load(chain_document(("w", "t/forever"), chain_id="inner"))
    document = chain_document(
        ("a", "flow", {"targetId": "inner"}),
        ("b", "t/wait"),
        ("c", "t/forever"),
        ("s", "fork"),
        connections=["s -Success-> a", "s -Success-> b", "s -Success-> c"],
    )
    document["metadata"]["firstNodeIndex"] = 3
    run = engine.load(document, chain_id="outer").run(TEXT, timeout_s=0.03)
    deadline = "processing cancelled: context deadline exceeded"
    assert sorted(ends_of(run)) == [("a", "Failure", deadline), ("b", "Success", None), ("c", "Failure", deadline)]
    assert run.completed


def test_nothing_of_a_run_goes_on_after_its_time(engine):
    """What waited is cancelled, and its task is gone when the run comes back."""

    async def main():
        chain = engine.load(chain_document(("a", "t/forever")))
        run = await chain.arun(TEXT, timeout_s=0.01)
        return run.failed, len(asyncio.all_tasks())

    assert asyncio.run(main()) == (True, 1)


def test_a_time_limit_of_zero(engine):
    """Even the first node does not run any more."""
    run = engine.load(THREE).run(TEXT, timeout_s=-1)
    assert ends_of(run) == [("a", "Failure", "processing cancelled: context deadline exceeded")]
