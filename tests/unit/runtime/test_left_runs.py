"""Runs that a node leaves to themselves are bounded by the limit on steps."""

import asyncio

from rulechain import Engine, Message, Outcome
from rulechain.api import ComponentSpec
from rulechain.runtime import execute
from rulechain.runtime.limits import LEFT_STEPS, Steps
from rulechain.runtime.options import RunOptions
from support.components import COMPONENTS
from support.documents import chain_document, ends_of

TEXT = Message("x", data_type="TEXT")
LOOP = {"range": "1..3", "do": "w", "mode": 3}


def leaving(_settings, _node):
    """Leave a run of node w to itself, and lead into oneself again."""

    def run(message, context):
        context.leave(context.run(message, node="w"))
        return Outcome("Success", message)

    return run


LEAVE = ComponentSpec(type="t/leave", category="test", summary="Leaves a run", build=leaving, uses_context=True)


def test_each_left_run_counts_as_many_steps():
    """The loop, the three nodes that its rounds enter, and fifty for each round that it leaves."""
    plan = Engine(components=COMPONENTS).load(chain_document(("l", "for", LOOP), ("w", "t/wait"))).plan
    steps = Steps()

    async def main():
        return await execute(plan, TEXT, RunOptions(steps=steps))

    assert asyncio.run(main()).completed
    assert steps.taken == 1 + 3 + 3 * LEFT_STEPS


def test_left_runs_cannot_pile_up(monkeypatch):
    """A chain that leaves runs for ever ends by the limit before there are more than a fiftieth of it."""
    monkeypatch.setattr("rulechain.runtime.run.MAX_STEPS", 1000)
    begun = 0

    def waiting(_settings, _node):
        async def run(message):
            nonlocal begun
            begun += 1
            await asyncio.sleep(0)
            return Outcome("Success", message)

        return run

    wait = ComponentSpec(type="t/count", category="test", summary="Counts", build=waiting, suspends=True)
    document = chain_document(("a", "t/leave"), ("w", "t/count"), connections=["a -Success-> a"])
    with Engine(components=[LEAVE, wait], allow_cycles=True) as engine:
        run = engine.load(document).run(TEXT)
    assert ends_of(run) == [("a", "Failure", "the run took more than 1000000 steps")]
    assert 10 < begun <= 1000 // LEFT_STEPS
