"""Where messages go, in which order, and where branches end."""

import pytest

from rulechain import Engine, Message
from support.components import COMPONENTS
from support.documents import chain_document, ends_of

TEXT = Message("x", data_type="TEXT")


@pytest.fixture
def engine():
    return Engine(components=COMPONENTS)


def run(engine, *nodes, connections=(), message=TEXT, **options):
    return engine.load(chain_document(*nodes, connections=connections)).run(message, **options)


def test_a_relation_without_a_connection_ends_the_branch_under_its_own_name(engine):
    """Whatever its name, a relation that leads nowhere is an end."""
    result = run(engine, ("a", "t/many"), message=Message("Odd", data_type="TEXT"))
    assert ends_of(result) == [("a", "Odd", None)]
    assert result.completed


def test_fan_out_follows_the_order_of_the_connections_depth_first(engine):
    """Each target's whole branch comes before the next target's."""
    result = run(
        engine,
        ("a", "t/pass"),
        ("b", "t/pass"),
        ("c", "t/pass"),
        ("d", "t/pass"),
        connections=["a -Success-> b", "a -Success-> c", "b -Success-> d"],
    )
    assert ends_of(result) == [("d", "Success", None), ("c", "Success", None)]


def test_several_relations_of_one_outcome_list_are_followed_in_order(engine):
    """Relations A, B, C with connections for A and B alone end at their targets and, for C, at the node."""
    result = run(
        engine,
        ("a", "t/many"),
        ("b", "t/pass"),
        ("c", "t/pass"),
        connections=["a -A-> b", "a -B-> b", "a -B-> c"],
        message=Message("A,B,C", data_type="TEXT"),
    )
    assert sorted(ends_of(result)) == [
        ("a", "C", None),
        ("b", "Success", None),
        ("b", "Success", None),
        ("c", "Success", None),
    ]


def test_a_connection_written_twice_runs_its_target_twice(engine):
    """RuleGo does not merge equal connections."""
    result = run(engine, ("a", "t/pass"), ("b", "t/pass"), connections=["a -Success-> b", "a -Success-> b"])
    assert ends_of(result) == [("b", "Success", None)] * 2


def test_relations_are_compared_exactly(engine):
    """`success` is not `Success`."""
    result = run(engine, ("a", "t/pass"), ("b", "t/pass"), connections=["a -success-> b"])
    assert ends_of(result) == [("a", "Success", None)]


def test_branches_do_not_see_each_others_changes(engine):
    """Messages are values: what one branch makes of it stays in that branch."""
    result = run(
        engine, ("a", "t/pass"), ("b", "t/mark"), ("c", "t/pass"), connections=["a -Success-> b", "a -Success-> c"]
    )
    assert [end.message.data for end in result.ends] == ["x+", "x"]


def test_an_emission_without_relation_ends_the_branch(engine):
    """Relation "" follows no connection, not even one without a type."""
    document = chain_document(("a", "t/none"), ("b", "t/pass"), connections=["a -Success-> b"])
    document["metadata"]["connections"][0]["type"] = ""
    assert ends_of(engine.load(document).run(TEXT)) == [("a", "", None)]


def test_a_fallback_relation_is_taken_only_where_the_first_leads_nowhere(engine):
    """The branch keeps its own relation's name; without a fallback connection it ends under it."""
    nodes = (("a", "t/fallback"), ("b", "t/context"))
    known = run(engine, *nodes, connections=["a -Default-> b"], message=Message("ZZ", data_type="TEXT"))
    assert known.ends[0].message.data == "test/b from a by 'ZZ' (None)"
    assert ends_of(run(engine, *nodes, message=Message("ZZ", data_type="TEXT"))) == [("a", "ZZ", None)]
    empty = run(engine, *nodes, connections=["a -Default-> b"], message=Message("", data_type="TEXT"))
    assert [end.node_id for end in empty.ends] == ["b"]


def test_the_first_node_sees_itself_as_its_origin(engine):
    """As in RuleGo, a run's first node comes from itself by no relation."""
    assert run(engine, ("a", "t/context")).ends[0].message.data == "test/a from a by '' (None)"


def test_a_chain_without_nodes_fails_each_message():
    """It loads, and every message ends in a Failure that says why."""
    result = Engine().load("{}").run(TEXT)
    assert ends_of(result) == [("", "Failure", "the rule chain has no nodes")]
    assert result.completed
    assert result.failed


def test_a_run_can_start_elsewhere_and_stop_after_one_node(engine):
    """`start` and `only_first` are RuleGo's WithStartNode and WithSkipTellNext."""
    nodes = (("a", "t/mark"), ("b", "t/mark"), ("c", "t/mark"))
    connections = ["a -Success-> b", "b -Success-> c"]
    assert run(engine, *nodes, connections=connections, start="b").ends[0].message.data == "x++"
    only = run(engine, *nodes, connections=connections, start="b", only_first=True)
    assert (only.ends[0].node_id, only.ends[0].message.data) == ("b", "x+")
    assert [end.node_id for end in run(engine, *nodes, start=["c", "a"]).ends] == ["c", "a"]


def test_an_unknown_start_node_is_a_failure(engine):
    """It is named in the error, and the run completes."""
    result = run(engine, ("a", "t/pass"), start="nope")
    assert result.ends[0].error == "SetExecuteNodes node id=nope not found"
    assert result.failed


def test_the_callers_message_is_never_changed(engine):
    """A run works on its own values."""
    message = Message("x", data_type="TEXT", metadata={"k": "v"})
    run(engine, ("a", "t/mark"), ("b", "t/fail"), connections=["a -Success-> b"], message=message)
    assert (message.data, dict(message.metadata)) == ("x", {"k": "v"})


def test_a_cycle_runs_only_when_allowed_and_is_bounded():
    """With allow_cycles the chain loads; a loop without exit ends in a failure instead of never."""
    document = chain_document(("a", "t/pass"), ("b", "t/pass"), connections=["a -Success-> b", "b -Success-> a"])
    result = Engine(components=COMPONENTS, allow_cycles=True).load(document).run(TEXT)
    assert result.completed
    assert "more than 1000000 steps" in result.ends[0].error


def test_the_limit_counts_every_node_that_is_entered(monkeypatch):
    """A chain of as many nodes as a run may take steps completes, an end node counted; one more does not."""
    document = chain_document(
        ("a", "t/pass"), ("b", "t/pass"), ("e", "end"), connections=["a -Success-> b", "b -Success-> e"]
    )
    chain = Engine(components=COMPONENTS).load(document)
    for most, last in ((3, "e"), (2, "b"), (1, "a")):
        monkeypatch.setattr("rulechain.runtime.run.MAX_STEPS", most)
        result = chain.run(TEXT)
        assert [end.node_id for end in result.ends] == [last]
        assert result.failed == (last != "e")


def test_of_too_many_branches_some_stand_for_all(engine, monkeypatch):
    """A run over its limit ends with a hundred failures at most: a run around it would lead each of them on."""
    monkeypatch.setattr("rulechain.runtime.run.MAX_STEPS", 1)
    many = Message(",".join(["go"] * 500), data_type="TEXT")
    result = run(engine, ("a", "t/many"), ("b", "t/pass"), connections=["a -go-> b"], message=many)
    assert result.completed
    assert len(result.ends) == 100
    assert {end.error for end in result.ends} == {"the run took more than 1000000 steps"}


def test_a_whole_chain_can_follow_a_relation(engine):
    """`ruleChainConnections` hand the message to another chain; its ends are its own, its failures count here."""
    engine.load(chain_document(("x", "t/fail"), chain_id="other"))
    document = chain_document(("a", "t/pass"))
    document["metadata"]["ruleChainConnections"] = [{"fromId": "a", "toId": "other", "type": "Success"}]
    result = engine.load(document).run(TEXT)
    assert result.completed
    assert result.ends == []
    assert [(end.node_id, end.error) for end in result.failures] == [("x", "it broke")]


def test_chains_that_lead_into_each_other_share_one_limit(engine, monkeypatch):
    """Two connections to the chain itself double the runs at each depth; their steps are counted together."""
    monkeypatch.setattr("rulechain.runtime.run.MAX_STEPS", 1000)
    document = chain_document(("a", "t/pass"))
    document["metadata"]["ruleChainConnections"] = 2 * [{"fromId": "a", "toId": "test", "type": "Success"}]
    result = engine.load(document).run(TEXT)
    assert result.failed
    assert len(result.failures) <= 1001
