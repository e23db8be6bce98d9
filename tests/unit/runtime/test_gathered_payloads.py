"""Payloads that nodes put together of several count as steps by their length."""

import pytest

from rulechain import Engine, Message
from rulechain.components.wrapped import MAX_LENGTH, TOO_LONG
from rulechain.runtime import execute
from rulechain.runtime.limits import CHARACTERS_PER_STEP, Steps
from rulechain.runtime.options import RunOptions
from support.components import COMPONENTS
from support.documents import chain_document

LENGTH = 40 * CHARACTERS_PER_STEP
FORK = ["f -Success-> a", "f -Success-> b", "a -Success-> j", "b -Success-> j"]
BRANCHES = [("f", "t/pass"), ("a", "t/pass"), ("b", "t/pass")]


@pytest.fixture
def engine():
    with Engine(components=COMPONENTS, allow_cycles=True) as engine:
        engine.load(chain_document(("x", "t/pass"), chain_id="other"))
        yield engine


def steps_of(engine, plan, payload):
    """How many steps a run takes."""
    steps = Steps()
    options = RunOptions(steps=steps, find_chain=lambda id_: engine.get(id_).plan)
    assert execute(plan, Message(payload, data_type="TEXT"), options).completed
    return steps.taken


@pytest.mark.parametrize(
    "document, times",
    [
        (chain_document(("f", "flow", {"targetId": "other"})), 1),
        (chain_document(("g", "groupAction", {"nodeIds": "a,b"}), ("a", "t/pass"), ("b", "t/pass")), 2),
        (chain_document(("g", "groupAction", {"nodeIds": "a", "mergeToMap": True}), ("a", "t/pass")), 1),
        (chain_document(("l", "for", {"range": "1..3", "do": "a", "mode": 1}), ("a", "t/pass")), 3),
        (
            chain_document(
                ("l", "while", {"condition": "true", "do": "a", "mode": 1, "maxRounds": 2}), ("a", "t/pass")
            ),
            2,
        ),
        (chain_document(*BRANCHES, ("j", "join"), connections=FORK), 2),
        # These only hand on what came.
        (chain_document(("f", "flow", {"targetId": "other", "extend": True})), 0),
        (chain_document(("l", "for", {"range": "1..3", "do": "a", "mode": 2}), ("a", "t/pass")), 0),
    ],
    ids=["flow", "group", "group to map", "for", "while", "join", "flow that extends", "for that replaces"],
)
def test_what_is_put_together_counts_by_its_length(engine, document, times):
    """A longer payload takes more steps wherever several become one, as often as it is part of that."""
    plan = engine.load(document).plan
    more = steps_of(engine, plan, "x" * LENGTH) - steps_of(engine, plan, "x")
    assert more in {40 * times, 40 * times + 1}


def test_payloads_that_double_end_a_run_by_its_limit(engine, monkeypatch):
    """A cycle that wraps its own payload twice each time ends by the limit on steps, not when a list is too long."""
    monkeypatch.setattr("rulechain.runtime.run.MAX_STEPS", 1000)
    document = chain_document(*BRANCHES, ("j", "join"), connections=[*FORK, "j -Success-> f"])
    (end, *_) = engine.load(document).run(Message("x", data_type="TEXT")).ends
    assert end.error == "the run took more than 1000000 steps"
    assert len(end.message.data) <= 2 * 1000 * CHARACTERS_PER_STEP


def test_a_loop_that_lists_its_own_lists_ends_when_one_is_too_long(engine):
    """As a text inside a text doubles in length at each depth, such a loop would soon fill the memory."""
    document = chain_document(
        ("l", "for", {"range": "1..1", "do": "l", "mode": 1}),
        ("m", "t/mark"),
        connections=["l -Failure-> m"],
    )
    (end,) = engine.load(document).run(Message("x", data_type="TEXT")).ends
    assert len(end.message.data) <= 2 * MAX_LENGTH
    assert TOO_LONG in end.message.metadata["errorMsg"]
