"""The rules of `end` nodes, and what becomes of failures."""

import pytest

from rulechain import Engine, Message, Outcome, component
from rulechain.api import ComponentSpec
from support.components import COMPONENTS
from support.documents import chain_document, ends_of

TEXT = Message("x", data_type="TEXT")
PLAIN_FAILURE = ComponentSpec(
    type="t/plain-failure",
    category="test",
    summary="Fails without a reason",
    build=lambda _settings, _node: lambda message: Outcome("Failure", message),
)


@pytest.fixture
def engine():
    return Engine(components=COMPONENTS)


def test_an_end_node_silences_the_other_dead_ends(engine):
    """a leads to b and on to the end node, and to c: only the end node ends."""
    document = chain_document(
        ("a", "t/pass"),
        ("b", "t/pass"),
        ("c", "t/pass"),
        ("e", "end"),
        connections=["a -Success-> b", "b -Success-> e", "a -Success-> c"],
    )
    assert ends_of(engine.load(document).run(TEXT)) == [("e", "Success", None)]


def test_an_unhandled_failure_ends_beside_an_end_node_unless_told_otherwise(engine):
    """`failure_ends=False` keeps it out of the ends, never out of the failures."""
    document = chain_document(
        ("a", "t/pass"), ("c", "t/fail"), ("e", "end"), connections=["a -Success-> e", "a -Success-> c"]
    )
    result = engine.load(document).run(TEXT)
    assert ends_of(result) == [("e", "Success", None), ("c", "Failure", "it broke")]
    muted = Engine(components=COMPONENTS, failure_ends=False).load(document).run(TEXT)
    assert ends_of(muted) == [("e", "Success", None)]
    assert muted.failed


def test_an_unreachable_end_node_mutes_the_chain_and_is_warned_of(engine):
    """Kept from RuleGo; the chain says so when it loads."""
    chain = engine.load(chain_document(("a", "t/pass"), ("e", "end")))
    assert chain.run(TEXT).ends == []
    assert "G210" in {warning.code for warning in chain.warnings}


def test_an_end_node_as_first_node_ends_at_once(engine):
    """The relation that led to it is then empty."""
    assert ends_of(engine.load(chain_document(("e", "end"))).run(TEXT)) == [("e", "", None)]


def test_connections_from_an_end_node_are_not_followed(engine):
    """An end is an end."""
    document = chain_document(("e", "end"), ("b", "t/pass"), connections=["e -Success-> b"])
    assert ends_of(engine.load(document).run(TEXT)) == [("e", "", None)]


def test_an_end_node_right_after_a_failure_carries_its_error(engine):
    """Behind another node it does not; and a failure that a connection handles is none for the run."""
    direct = engine.load(chain_document(("a", "t/fail"), ("e", "end"), connections=["a -Failure-> e"])).run(TEXT)
    assert ends_of(direct) == [("e", "Failure", "it broke")]
    assert not direct.failed
    document = chain_document(
        ("a", "t/fail"), ("b", "t/pass"), ("e", "end"), connections=["a -Failure-> b", "b -Success-> e"]
    )
    assert ends_of(engine.load(document).run(TEXT)) == [("e", "Success", None)]


def test_going_on_behind_an_end_node_is_a_dead_end(engine):
    """Only a message that enters the end node ends there: what leaves it by Failure is a failure of the run."""
    result = engine.load(chain_document(("e", "end"))).run(TEXT, start={"e": "Failure"})
    assert (result.ends, result.failed) == (result.failures, True)
    assert engine.load(chain_document(("e", "end"))).run(TEXT, start={"e": "Success"}).ends == []


def test_a_relation_named_failure_is_one(engine):
    """A branch that ends by Failure has failed, whether its node gives a reason or not."""
    load = Engine(components=[PLAIN_FAILURE]).load
    result = load(chain_document(("a", "t/plain-failure"))).run(TEXT)
    assert (result.ends, result.failed) == (result.failures, True)
    assert ends_of(result) == [("a", "Failure", None)]


def test_a_failure_puts_its_text_into_the_metadata_for_good(engine):
    """`errorMsg` is set by the failure and still there behind the node that handled it."""
    document = chain_document(("a", "t/fail"), ("b", "t/pass"), connections=["a -Failure-> b"])
    result = engine.load(document).run(TEXT)
    assert ends_of(result) == [("b", "Success", None)]
    assert result.ends[0].message.metadata["errorMsg"] == "it broke"
    assert not result.failed


def test_an_unhandled_failure_is_an_end_with_its_error(engine):
    """The run is completed, and failed."""
    result = engine.load(chain_document(("a", "t/fail"))).run(TEXT)
    assert ends_of(result) == [("a", "Failure", "it broke")]
    assert result.failed
    assert result.completed


def test_a_crash_in_a_component_is_a_failure_of_its_node(engine, caplog):
    """Nothing vanishes: the error text says what was raised, the log has the traceback."""
    result = engine.load(chain_document(("a", "t/crash"))).run(TEXT)
    assert ends_of(result) == [("a", "Failure", "KeyError: 'missing'")]
    assert "node 'a' (t/crash) raised" in caplog.text
    assert "Traceback" in caplog.text


@pytest.mark.parametrize(
    "returned, error",
    [
        (None, "got NoneType"),
        (("Success", TEXT), "got str in a list"),
        ([Outcome("Success", TEXT), TEXT], "got Message in a list"),
        (Outcome("Success", {"a": 1}), "an outcome has a relation's name and a Message"),
        ([Outcome(None, TEXT)], "an outcome has a relation's name and a Message"),
    ],
)
def test_a_component_that_returns_something_else_fails(returned, error):
    """It is said at that node, and not found out by a later one."""

    @component("t/returns", relations=None)
    def returns(message, settings):
        """What the case says."""
        return returned

    (end,) = Engine(components=[returns]).load(chain_document(("a", "t/returns"))).run(TEXT).ends
    assert (end.node_id, end.relation) == ("a", "Failure")
    assert error in end.error


@pytest.mark.parametrize("given", ["{}", {"a": 1}, None])
def test_only_messages_run(engine, given):
    """Anything else is a mistake of the caller, with a hint."""
    with pytest.raises(TypeError, match=r"make one with Message\(data\)"):
        engine.load(chain_document(("a", "t/pass"))).run(given)
