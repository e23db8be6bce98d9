"""Nodes that wait: the run becomes a coroutine there and nowhere else."""

import asyncio
import gc
import time
import warnings

import pytest

from rulechain import Engine, Message, RunError, component
from rulechain.api import ComponentSpec, take_steps
from rulechain.components.inner_runs import finished
from support.components import COMPONENTS
from support.documents import chain_document, ends_of

TEXT = Message("x", data_type="TEXT")
WAITING = chain_document(
    ("a", "t/pass"),
    ("b", "t/wait"),
    ("c", "t/pass"),
    ("d", "t/pass"),
    connections=["a -Success-> b", "b -Success-> c", "a -Success-> d"],
)


@pytest.fixture
def engine():
    return Engine(components=COMPONENTS)


def test_ends_keep_the_order_of_the_document_when_a_branch_waits(engine):
    """The branch through b finishes last and still comes first."""
    assert ends_of(engine.load(WAITING).run(TEXT)) == [("c", "Success", None), ("d", "Success", None)]


def test_a_chain_that_waits_runs_inside_a_loop_with_arun_only(engine):
    """`run` there raises and names `arun`; a chain that never waits may use either."""

    async def main():
        chain = engine.load(WAITING)
        with pytest.raises(RunError, match="arun"):
            chain.run(TEXT)
        plain = engine.load(chain_document(("a", "t/pass"), chain_id="plain"))
        assert plain.run(TEXT).completed
        return await chain.arun(TEXT)

    assert len(asyncio.run(main()).ends) == 2


def test_a_time_out_ends_what_still_waits(engine):
    """The run completes with a failure at the node that did not come back; the other branch's end stays."""
    document = chain_document(
        ("a", "t/pass"), ("b", "t/forever"), ("c", "t/pass"), connections=["a -Success-> b", "a -Success-> c"]
    )
    result = engine.load(document).run(TEXT, timeout_s=0.05)
    assert ends_of(result) == [
        ("b", "Failure", "processing cancelled: context deadline exceeded"),
        ("c", "Success", None),
    ]
    assert result.failed


def test_a_time_out_also_stops_nodes_that_do_not_wait():
    """A loop of synchronous nodes is ended between two nodes."""
    document = chain_document(("a", "t/pass"), connections=["a -Success-> a"])
    result = Engine(components=COMPONENTS, allow_cycles=True).load(document).run(TEXT, timeout_s=0.01)
    assert ends_of(result) == [("a", "Failure", "processing cancelled: context deadline exceeded")]


def test_cancelling_a_run_cancels_its_nodes(engine):
    """Cancellation passes through: nothing goes on behind the caller's back."""

    async def main():
        task = asyncio.create_task(engine.load(chain_document(("a", "t/forever"))).arun(TEXT))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return len(asyncio.all_tasks())

    assert asyncio.run(main()) == 1


def test_a_node_whose_work_was_cancelled_fails():
    """A cancellation that comes from within a node is its Failure and does not end the run."""

    @component("t/cancelled", relations=("Success", "Failure"))
    async def cancelled(message, settings):
        raise asyncio.CancelledError

    chain = Engine(components=[cancelled]).load(chain_document(("a", "t/cancelled")))
    assert ends_of(chain.run(TEXT)) == [("a", "Failure", "CancelledError")]


def test_a_time_out_inside_a_chain_that_was_led_into_is_a_failure(engine):
    """The outer run waits for no longer than its own time, and does not pass for a success."""
    engine.load(chain_document(("b", "t/forever"), chain_id="inner"))
    outer = chain_document(("a", "t/pass"), chain_id="outer")
    outer["metadata"]["ruleChainConnections"] = [{"fromId": "a", "toId": "inner", "type": "Success"}]
    result = engine.load(outer).run(TEXT, timeout_s=0.05)
    assert [(end.node_id, end.error) for end in result.failures] == [
        ("b", "processing cancelled: context deadline exceeded")
    ]


def test_what_has_not_begun_when_time_runs_out_is_given_up():
    """A run inside that was started too late to wait for is closed: no coroutine is left that nobody awaits."""

    def late(_settings, _node):
        def run(message, context):
            started = context.run(message, node="b", only=True)
            end = time.monotonic() + 0.1
            while time.monotonic() < end:
                pass
            return take_steps(finished(started))

        return run

    facts = {"uses_context": True, "suspends": True}
    late_spec = ComponentSpec(type="t/late", category="test", summary="Takes long", build=late, **facts)
    document = chain_document(("w", "t/wait"), ("l", "t/late"), ("b", "t/wait"), connections=["w -Success-> l"])
    with Engine(components=[*COMPONENTS, late_spec]) as engine, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run = engine.load(document).run(TEXT, timeout_s=0.09)
        gc.collect()
    assert run.failed
    assert not [str(each.message) for each in caught]
