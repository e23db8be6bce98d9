"""Run durations: what is timed, for how many, and that nothing else changes."""

import asyncio

import pytest

import rulechain as rc
from rulechain.api import Run, TraceEvent
from rulechain.model import Message
from rulechain.observe.runs import NodeTimes, RunTimes
from rulechain.observe.taps import Tap
from support.documents import chain_document

MESSAGE = Message("{}")
DONE = Run(completed=True)
EVENT = TraceEvent("tax", "log", "", MESSAGE, "Success", MESSAGE, None, 2_000_000, "c", 1)
OTHERS = [EVENT._replace(relation="Failure"), EVENT._replace(chain_id="inner", node_id="sum")]


class Executor:
    """Answers with the run of a chain id, which may be an awaitable."""

    def __init__(self, **runs):
        self.runs = runs
        self.asked = []

    def execute(self, chain_id, message, start=None):
        self.asked.append((chain_id, message, start))
        return self.runs[chain_id]

    def execute_traced(self, chain_id, message, start, trace):
        trace.append(EVENT)
        trace.extend(OTHERS)
        return Run(completed=True, trace=trace)

    def component(self, type_, configuration, location):
        return type_, configuration, location


class Waiting:
    """A run that suspended."""

    def __init__(self):
        self.is_closed = False

    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        return DONE

    def close(self):
        self.is_closed = True


def test_a_run_is_handed_on_and_timed():
    """The timed executor gives what the other one gives, of the same arguments."""
    times, executor = RunTimes(), Executor(c=DONE)
    timed = times.around(executor)
    assert timed.execute("c", MESSAGE, "node") is DONE
    assert executor.asked == [("c", MESSAGE, "node")]
    assert timed.component("t", {}, None) == ("t", {}, None)
    histogram = times.snapshot()["c"]
    assert histogram.count == 1
    assert 0 < histogram.total < 1


def test_runs_in_close_succession_stand_for_each_other():
    """Under load few runs are timed, and their number comes out all the same, short of those that are to come."""
    times = RunTimes()
    timed = times.around(Executor(c=DONE))
    for _ in range(10_000):
        timed.execute("c", MESSAGE)
    assert 10_000 - 64 <= times.snapshot()["c"].count <= 10_000


async def test_a_run_that_waits_is_timed_to_its_end():
    """It counts when it has ended, not before."""
    times = RunTimes()
    pending = times.around(Executor(c=Waiting())).execute("c", MESSAGE)
    assert times.snapshot() == {}
    assert await pending is DONE
    assert times.snapshot()["c"].count == 1


def test_a_run_that_waits_can_be_given_up():
    """Closing it closes what it waits for, and it is not counted."""
    times, waiting = RunTimes(), Waiting()
    times.around(Executor(c=waiting)).execute("c", MESSAGE).close()
    assert waiting.is_closed
    assert times.snapshot() == {}


def test_an_unknown_chain_is_still_unknown():
    """What the other executor raises is raised, and not timed."""
    times = RunTimes()
    with pytest.raises(KeyError):
        times.around(Executor()).execute("nowhere", MESSAGE)
    assert times.snapshot() == {}


def test_nodes_are_timed_by_what_the_trace_says():
    """Each node has its time and its relations, in the chain it belongs to; a run that stands for others counts so."""
    times, executor = RunTimes(), Executor(c=DONE)
    times.around(executor, executor.execute_traced).execute("c", MESSAGE)
    times.add_node(EVENT, 3)
    assert times.nodes() == {
        ("c", "tax"): NodeTimes(pytest.approx(0.01), {"Success": 4, "Failure": 1}),
        ("inner", "sum"): NodeTimes(pytest.approx(0.002), {"Success": 1}),
    }


def test_while_somebody_looks_every_run_is_traced():
    """None is skipped then, each stands for itself, and the number of all runs comes out."""
    times, executor = RunTimes(), Executor(c=DONE)
    timed = times.around(executor, executor.execute_traced)
    for _ in range(1000):
        timed.execute("c", MESSAGE)
    skipped = 1000 - times.snapshot()["c"].count
    tap = Tap(node="sum", clock=lambda: 0.0)
    with times.taps.open(tap):
        for _ in range(100):
            timed.execute("c", MESSAGE)
    assert times.snapshot()["c"].count == 1100, f"{skipped} runs were waiting to be told"
    seen = asyncio.run(tap.look(0.001))
    assert (len(seen.events), seen.dropped) == (10, 90)


def test_the_trace_of_a_timed_run_keeps_nothing():
    """A run may have a million steps: they are counted as they happen, and not kept until it ends."""
    times, executor = RunTimes(), Executor(c=DONE)
    run = times.around(executor, executor.execute_traced).execute("c", MESSAGE)
    assert run.trace == []
    assert len(times.nodes()) == 2


@pytest.mark.parametrize("run_log", ["off", "detail"])
def test_an_engine_times_the_nodes_of_its_endpoints_runs(run_log):
    """Chains inside chains included, whatever else watches the runs."""
    inner = chain_document(("sum", "log"), chain_id="inner")
    outer = chain_document(
        ("call", "flow", {"targetId": "inner"}), ("fine", "log"), connections=["call -Success-> fine"]
    )
    times, runs = RunTimes(), []
    engine = rc.Engine(run_times=times, run_log=run_log, observer=Log(runs))
    for document in (inner, outer):
        engine.load(document)
    with engine:
        engine._endpoint_executor.execute("test", MESSAGE)
    counts = {key: (node.count, node.by_relation) for key, node in times.nodes().items()}
    once = (1, {"Success": 1})
    assert counts == {("inner", "sum"): once, ("test", "call"): once, ("test", "fine"): once}
    assert len(runs) == (0 if run_log == "off" else 2)


class Log:
    """Keeps the snapshots of runs."""

    def __init__(self, runs):
        self.run_completed = runs.append
