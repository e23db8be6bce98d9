"""Node functions that say how little they do: the same for the runtime as ones that return an outcome."""

import pytest

from rulechain import Engine, Message, Outcome
from rulechain.api import Choose, ComponentSpec, Decide, Make
from support.documents import chain_document, ends_of

MESSAGE = Message("x", type="Hot", data_type="TEXT")


def spec(function):
    """A component of that function."""
    return ComponentSpec(
        type="t/it", category="test", summary="It", build=lambda _settings, _node: function, relations=None
    )


def run(function, *connections):
    """A run of the function in a chain where two nodes may follow it."""
    nodes = [("a", "t/it"), ("b", "comment"), ("c", "comment")]
    return Engine(components=[spec(function)]).load(chain_document(*nodes, connections=connections)).run(MESSAGE)


@pytest.mark.parametrize("given, relation", [(True, "True"), (False, "False"), (1, "False"), (None, "False")])
def test_a_decision_is_true_or_false(given, relation):
    """Only exactly True is true; the message leaves as it came."""
    decide = Decide(lambda _message: given)
    assert decide(MESSAGE) == Outcome(relation, MESSAGE)
    assert ends_of(run(decide)) == [("a", relation, None)]


def test_what_is_made_leaves_by_success():
    """The message that was made goes on."""
    make = Make(lambda message: message.replace(data="y"))
    assert make(MESSAGE) == Outcome("Success", MESSAGE.replace(data="y"))
    assert run(make, "a -Success-> b").ends[0].message.data == "y"


@pytest.mark.parametrize(
    "connections, node",
    [((), "a"), (("a -Other-> b",), "b"), (("a -Hot-> c", "a -Other-> b"), "c"), (("a -Other-> b",) * 2, "b")],
)
def test_a_chosen_relation_falls_back(connections, node):
    """The fallback is followed where nothing connects to the relation, whose name the branch keeps."""
    result = run(Choose(lambda message: message.type, fallback="Other"), *connections)
    assert {end.node_id for end in result.ends} == {node}
    assert len(result.ends) == max(1, connections.count("a -Other-> b") if node == "b" else 1)


@pytest.mark.parametrize("form", [Decide, Make, Choose])
def test_what_it_raises_is_a_failure(form):
    """A bug in any of the forms is a Failure of the node, with its type."""

    def crash(_message):
        return {}["missing"]

    assert ends_of(run(form(crash))) == [("a", "Failure", "KeyError: 'missing'")]


def test_nonsense_is_a_failure():
    """What is made but is no message, or an outcome without one, fails the node and not the run."""
    assert ends_of(run(Make(lambda _message: "text")))[0][:2] == ("a", "Failure")
    assert ends_of(run(lambda _message: Outcome("Success", "text")))[0][:2] == ("a", "Failure")
    assert ends_of(run(lambda _message: Outcome(["Success"], MESSAGE)))[0][:2] == ("a", "Failure")


@pytest.mark.parametrize("function", [Make(lambda _: MESSAGE), lambda _: Outcome("Success", MESSAGE)])
def test_a_message_from_elsewhere_joins_the_run(function):
    """Later nodes read what others passed on, though a node between them went on with a message of its own."""
    nodes = [("origin", "comment"), ("a", "t/it"), ("c", "exprFilter", {"expr": "origin.data == 'x'"})]
    document = chain_document(*nodes, connections=["origin -Success-> a", "a -Success-> c"])
    result = Engine(components=[spec(function)]).load(document).run(MESSAGE)
    assert ends_of(result) == [("c", "True", None)]


@pytest.mark.parametrize(
    "function",
    [
        *[Choose(lambda _message, no=no: no, fallback="Other") for no in (None, 5, [])],
        *[Make(lambda _message, no=no: no) for no in (None, "text", Outcome("Success", MESSAGE))],
    ],
    ids=["chosen None", "chosen 5", "chosen list", "made None", "made text", "made outcome"],
)
def test_what_is_no_relation_or_no_message_fails_the_node(function):
    """A form that gives the wrong thing ends as an outcome of it would: the message neither goes on nor just ends."""
    (end,) = run(function, "a -Other-> b", "a -Success-> c").failures
    assert (end.node_id, end.error) == ("a", f"TypeError: a node ends with outcomes, got {function(MESSAGE)!r}")


@pytest.mark.parametrize("relation", ["", "nowhere"])
def test_a_watched_run_falls_back_as_any_other(relation):
    """Whether a run is traced makes no difference to a fallback that is the empty relation."""
    document = chain_document(("a", "t/it"), ("b", "comment"), connections=["a --> b"])
    chain = Engine(components=[spec(Choose(lambda _message: relation, fallback=""))]).load(document)
    assert ends_of(chain.run(MESSAGE)) == ends_of(chain.run(MESSAGE, trace=True)) == [("b", "Success", None)]
