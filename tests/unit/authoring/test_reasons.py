"""Reasons: they agree with what the node did, and say so where they cannot."""

import pytest

import rulechain as rc
from rulechain.authoring.nearness import blamed, nearness
from rulechain.authoring.reasons import explain_trace
from rulechain.components.fields import _SCOPE
from rulechain.expr.explain import explain_expression
from rulechain.expr.functions import builtin_registry
from rulechain.values import string_map
from support.documents import chain_document
from support.samples import NAMES, SAMPLES, message_cases


def reasons_of(chain, message, properties=None, **options):
    """The run of a message, and the reasons of its steps."""
    run = chain.run(message, trace=True, **options)
    return run, explain_trace(chain.plan, run.trace, string_map(properties), builtin_registry())


def reason_of(*nodes, data="{}", connections=(), **message):
    """The reason of the first node of a chain."""
    chain = rc.Engine().load(chain_document(*nodes, connections=connections))
    return reasons_of(chain, rc.Message(data, **message))[1][0]


@pytest.mark.parametrize("name", NAMES)
def test_reasons_agree_with_the_samples(name):
    """On every case of the samples the clauses that hold are those of the relations that were taken."""
    engine = rc.Engine()
    engine.load_folder(SAMPLES / name)
    asked = 0
    for case in message_cases(name):
        data = case["message"]["data"]
        message = rc.Message(data if isinstance(data, str) else rc.to_json(data), type=case["message"].get("type", ""))
        run, reasons = reasons_of(engine.get(case["chain"]), message)
        for event, reason in zip(run.trace, reasons, strict=True):
            held = [clause.relation for clause in reason.clauses if clause.holds and clause.asked] if reason else []
            assert not held or held == list(reason.taken)
            assert not reason or reason.taken[0] == event.relation
            asked += len(held)
    assert asked


def test_explained_expressions_see_what_nodes_see():
    """Every name that a node's expression has is there when it is explained, with the same value."""
    for name in _SCOPE.roots:
        expression = f"string({name}) != 'x'"
        reason = reason_of(("a", "exprFilter", {"expr": expression}), data='{"a": 1}', type="T", metadata={"k": "v"})
        (part,) = reason.clauses[0].step.steps
        assert (reason.taken, part.evaluated, part.failure) == (("True",), True, None), name
        assert part.value


def test_a_decision_that_changes_when_asked_again_is_not_explained():
    """Where the clauses do not give what the node did, the reason says that instead of something untrue."""
    outcomes = {
        reason_of(("a", "exprFilter", {"expr": "now().UnixNano() % 2 == 0"})).sentence.partition(" ")[0]
        for _ in range(64)
    }
    assert outcomes == {"it", "now().UnixNano()"}


def test_a_switch_without_connections_has_its_cases_as_ways_out():
    """A case that leads nowhere is a route not taken all the same; a filter's other answer is not."""
    reason = reason_of(("a", "switch", {"cases": [{"case": "msg.t > 5", "then": "hot"}]}), data='{"t": 4}')
    assert (reason.nearest.relation, reason.nearest.targets) == ("hot", ())
    assert reason_of(("a", "exprFilter", {"expr": "msg.t > 5"}), data='{"t": 4}').nearest is None


def test_nodes_of_other_chains_are_not_explained_by_this_one():
    """The steps of a chain that another one runs have no reason, though a node of that id is here too."""
    engine = rc.Engine()
    engine.load(chain_document(("is-hot", "exprFilter", {"expr": "true"}), chain_id="inner"))
    flow = ("go", "flow", {"targetId": "inner"})
    chain = engine.load(chain_document(flow, ("is-hot", "exprFilter", {"expr": "false"}), chain_id="outer"))
    run, reasons = reasons_of(chain, rc.Message("{}"))
    assert [event.chain_id for event in run.trace] == ["inner", "outer"]
    assert reasons == [None, None]


@pytest.mark.parametrize(
    "expression, least, most",
    [
        ("msg.t > 30", 1, 1),
        ("msg.t > 41", 0.98, 0.999),
        ("msg.t > 82", 0.4, 0.5),
        ("msg.t > 42 && msg.x > 1", 0.4, 0.5),
        ("msg.t > 40 && msg.t > 1000 && msg.x", 0.33, 0.36),
        ("msg.t > 1000 || msg.t == 42", 0.9, 0.99),
        ("msg.name == 'x'", 0, 0),
        ("msg.t - 41 == 0.5", 0, 0),
        ("msg.x.y.z > 1", 0, 0),
        ("0 > msg.zero", 0.99, 0.99),
    ],
)
def test_nearness_orders_expressions(expression, least, most):
    """What holds is 1; what holds in part, or nearly, lies between; what does not compare is 0."""
    near = nearness(explain_expression(expression, {"msg": {"t": 41.0, "name": "y", "zero": 0.0}}))
    assert least <= near <= most


@pytest.mark.parametrize(
    "expression, clause",
    [
        ("a > 1 && b > 5 && c > 1", "b > 5"),
        ("a > 100 || b > 5", "b > 5"),
        ("a > 1 && (b > 900 || b > 5 && c > 1)", "b > 5"),
        ("not (a > 1)", "!(a > 1)"),
    ],
)
def test_the_smallest_clause_is_blamed(expression, clause):
    """Of a conjunction it is the first that fails, of alternatives the nearest."""
    assert blamed(explain_expression(expression, {"a": 2, "b": 4, "c": 0})).text == clause
