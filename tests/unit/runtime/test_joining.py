"""Joining nodes: what they wait for, and what they do not."""

import pytest

from rulechain import Engine, Message
from rulechain.runtime.run import MAX_DEPTH
from support.components import COMPONENTS
from support.documents import chain_document

TEXT = Message("x", data_type="TEXT")


@pytest.fixture
def engine():
    return Engine(components=COMPONENTS)


def joined(engine, *nodes, connections):
    """What each join of a chain put out, by node."""
    run = engine.load(chain_document(*nodes, connections=connections)).run(TEXT)
    assert run.completed
    return {end.node_id: (end.relation, end.message.data) for end in run.ends}


def test_a_join_waits_for_every_branch_that_can_still_reach_it(engine):
    """Branches of different depth, one of which suspends, arrive together and in the order they came."""
    found = joined(
        engine,
        ("f", "t/pass"),
        ("a", "t/mark"),
        ("w", "t/wait"),
        ("b", "t/mark"),
        ("j", "t/join"),
        connections=["f -Success-> a", "f -Success-> w", "w -Success-> b", "a -Success-> j", "b -Success-> j"],
    )
    assert found == {"j": ("Success", "a=x+,b=x+")}


def test_a_branch_that_ends_elsewhere_is_simply_absent(engine):
    """A join goes on with who has come once nobody else can."""
    found = joined(
        engine,
        ("f", "t/pass"),
        ("a", "t/mark"),
        ("b", "t/fail"),
        ("j", "t/join"),
        connections=["f -Success-> a", "f -Success-> b", "a -Success-> j", "b -Success-> j"],
    )
    assert found["j"] == ("Success", "a=x+")


def test_nested_joins_lose_nothing(engine):
    """The outer join waits for what the inner one delivers, which RuleGo drops."""
    found = joined(
        engine,
        ("f", "t/pass"),
        ("a", "t/mark"),
        ("g", "t/pass"),
        ("b", "t/mark"),
        ("c", "t/wait"),
        ("inner", "t/join"),
        ("outer", "t/join"),
        connections=[
            "f -Success-> a",
            "f -Success-> g",
            "g -Success-> b",
            "g -Success-> c",
            "a -Success-> outer",
            "b -Success-> inner",
            "c -Success-> inner",
            "inner -Success-> outer",
        ],
    )
    assert found == {"outer": ("Success", "a=x+,inner=b=x+,c=x")}


def test_a_join_gives_up_after_its_time_and_later_arrivals_have_missed_it(engine):
    """It goes on with who is there; the run still completes with the slow branch."""
    document = chain_document(
        ("f", "t/pass"),
        ("a", "t/mark"),
        ("slow", "t/forever"),
        ("j", "t/join"),
        connections=["f -Success-> a", "f -Success-> slow", "a -Success-> j", "slow -Success-> j"],
    )
    run = engine.load(document).run(TEXT, timeout_s=0.2)
    assert [(end.node_id, end.relation) for end in run.ends] == [("j", "Late"), ("slow", "Failure")]


@pytest.mark.parametrize("only,expected", [("1", "inner:Success:x+"), ("0", "after:Success:x+")])
def test_a_node_can_run_another_node_inside_its_own_run(engine, only, expected):
    """Alone, or with everything behind it; suspended or not."""
    message = Message("x", data_type="TEXT", metadata={"only": only})
    for kind in ("t/pass", "t/wait"):
        document = chain_document(
            ("a", "t/inside"), ("inner", "t/mark"), ("after", kind), connections=["inner -Success-> after"]
        )
        run = engine.load(document).run(message, trace=True)
        assert [end.message.data for end in run.ends] == [expected]
        assert [event.node_id for event in run.trace][-1] == "a"


def test_a_node_that_runs_itself_is_stopped(engine):
    """Runs inside each other are counted; at the limit the innermost fails."""
    document = chain_document(("inner", "t/inside"))
    run = engine.load(document).run(TEXT)
    assert run.completed
    assert run.ends[0].message.data == "inner:Success:" * MAX_DEPTH + "inner:Failure:x"


def test_a_later_node_sees_what_an_earlier_one_passed_on(engine):
    """By its id, in any spelling, also across branches; a node that has not run is nil."""
    document = chain_document(
        ("n1", "t/mark"),
        ("n2", "t/mark"),
        ("see", "exprTransform", {"expr": "n1.data + '/' + n2['data'] + '/' + string(n9?.data)"}),
        ("n9", "t/pass"),
        connections=["n1 -Success-> n2", "n2 -Success-> see"],
    )
    run = engine.load(document).run(TEXT)
    assert run.ends[0].message.data == "x+/x++/<nil>"
