"""What a run waits for: nodes that suspended, messages that joins still lack, runs that no node waits for.

Runs that wait for nothing have none of this.
"""

import asyncio
import time
from collections.abc import Awaitable, Mapping
from typing import Any, NamedTuple, Protocol

import msgspec

from rulechain.api import Arrival, Run
from rulechain.model import Message
from rulechain.plan import ChainPlan, PlannedNode
from rulechain.runtime.context import ExecutionContext
from rulechain.runtime.failure import failure_of
from rulechain.runtime.hop import Hop
from rulechain.runtime.join import Gathering, ripe
from rulechain.runtime.limits import DEADLINE


class Suspended(NamedTuple):
    """A node that suspended, and the slot where the ends of its branch belong."""

    hop: Hop
    result: Awaitable[Any]
    slot: list[Any]
    started_ns: int


# What each task of a run waits for: a node, or a run that no node waits for.
_Pending = dict["asyncio.Future[Any]", Suspended | Awaitable[Run]]


class Waits(msgspec.Struct):
    """All that one run waits for."""

    suspended: list[Suspended] = []
    # Runs inside this one that no node waits for: it has ended when they have.
    sub_runs: list[Awaitable[Run]] = []
    gatherings: dict[int, Gathering] = {}
    # Joining nodes that gave up waiting: who comes later has missed it.
    closed: set[int] = set()
    # Nodes that have suspended and whose tasks run already.
    asleep: set[int] = set()
    # Some branch's ends stand in a slot of their own.
    slotted: bool = False

    @property
    def is_pending(self) -> bool:
        """Whether there is anything that only an event loop can wait for."""
        return bool(self.suspended or self.sub_runs)

    def give_up(self) -> None:
        """See to it that what was about to happen never does."""
        for pending in (*(suspended.result for suspended in self.suspended), *self.sub_runs):
            _give_up(pending)


class Waiting(Protocol):
    """A run, as far as what it waits for concerns it."""

    plan: ChainPlan
    run: Run
    ends: list[Any]
    deadline: float | None
    waits: Waits | None

    def advance(self) -> None:
        """Run everything that needs no waiting."""

    def take(self, hop: Hop, node: PlannedNode, result: Any, started_ns: int, slot: list[Any] | None = None) -> None:
        """Take what a node's function gave."""

    def emit(self, hop: Hop, node: PlannedNode, result: Any, started_ns: int) -> None:
        """Follow what a node ended with."""

    def fail(self, node_id: str, message: Message, error: str) -> None:
        """End a branch with a failure that no connection handles."""

    def slot(self) -> list[Any]:
        """Keep a place in the ends for a branch that goes on later."""

    def context(self, hop: Hop, node: PlannedNode) -> ExecutionContext:
        """Return the context of a node."""


async def drive(run: Waiting, waits: Waits) -> None:
    """Wait until there is nothing left to wait for."""
    pending: _Pending = {}
    try:
        while waits.is_pending or pending:
            pending |= {asyncio.ensure_future(suspended.result): suspended for suspended in waits.suspended}
            pending |= {asyncio.ensure_future(_finished(sub_run)): sub_run for sub_run in waits.sub_runs}
            waits.suspended.clear()
            waits.sub_runs.clear()
            waits.asleep = _nodes_of(pending)
            patience_s = _patience_s(run, waits)
            done, _ = await asyncio.wait(pending, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
            for task in [task for task in pending if task in done]:
                suspended = pending.pop(task)
                waits.asleep = _nodes_of(pending)
                _resume(run, suspended, task)
            _close_late_joins(run, waits)
            if run.deadline is not None and time.monotonic() > run.deadline:
                await _time_out(run, waits, pending)
    finally:
        await _cancel(pending)


def gather(run: Waiting, waits: Waits, node: PlannedNode, hop: Hop) -> None:
    """Keep a message that has reached a joining node."""
    if hop[0] in waits.closed:
        return
    gathering = waits.gatherings.get(hop[0])
    if gathering is None:
        gathering = waits.gatherings[hop[0]] = Gathering(node, hop, run.slot())
    gathering.arrivals.append(Arrival(hop[1], run.plan.nodes[hop[4]].id, hop[3]))


def join_ripe(run: Waiting, waits: Waits) -> bool:
    """Run the first joining node that nothing can reach any more, and say whether there was one."""
    busy = waits.asleep.union(suspended.hop[0] for suspended in waits.suspended)
    gathering = ripe(waits.gatherings.values(), busy)
    if gathering is None:
        return False
    _join(run, waits, gathering, timed_out=False)
    return True


def _join(run: Waiting, waits: Waits, gathering: Gathering, *, timed_out: bool) -> None:
    node, hop = gathering.node, gathering.hop
    del waits.gatherings[hop[0]]
    started_ns = time.perf_counter_ns()
    result: Any
    try:
        if node.uses_context:
            result = node.run(gathering.arrivals, timed_out, run.context(hop, node))
        else:
            result = node.run(gathering.arrivals, timed_out)
    except Exception as error:  # noqa: BLE001 - whatever a node raises is a Failure of that node, never a crash
        result = failure_of(error, hop[1], node, run.plan)
    run.ends = gathering.slot
    run.take(hop, node, result, started_ns, gathering.slot)


def _resume(run: Waiting, suspended: Suspended | Awaitable[Run], task: "asyncio.Future[Any]") -> None:
    if not isinstance(suspended, Suspended):
        run.run.failures += task.result().failures
        return
    hop = suspended.hop
    node = run.plan.nodes[hop[0]]
    try:
        result = task.result()
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - as in _join(); we did not cancel it
        result = failure_of(error, hop[1], node, run.plan)
    run.ends = suspended.slot
    run.emit(hop, node, result, suspended.started_ns)
    run.advance()


def _patience_s(run: Waiting, waits: Waits) -> float | None:
    """How long to wait for the next thing to happen."""
    deadlines = [gathering.deadline for gathering in waits.gatherings.values()]
    if run.deadline is not None:
        deadlines.append(run.deadline)
    soonest = min(deadlines, default=float("inf"))
    return None if soonest == float("inf") else max(0.0, soonest - time.monotonic())


def _close_late_joins(run: Waiting, waits: Waits) -> None:
    now = time.monotonic()
    for gathering in [each for each in waits.gatherings.values() if each.deadline <= now]:
        waits.closed.add(gathering.hop[0])
        _join(run, waits, gathering, timed_out=True)
        run.advance()


async def _time_out(run: Waiting, waits: Waits, pending: _Pending) -> None:
    """Fail the nodes that still wait; the runs of other chains have the same deadline and end by themselves."""
    pending |= {asyncio.ensure_future(suspended.result): suspended for suspended in waits.suspended}
    nodes = {task: suspended for task, suspended in pending.items() if isinstance(suspended, Suspended)}
    for suspended in nodes.values():
        run.ends = suspended.slot
        run.fail(run.plan.nodes[suspended.hop[0]].id, suspended.hop[1], DEADLINE)
    await _cancel(nodes)
    for sub_run in await asyncio.gather(*(task for task in pending if task not in nodes)):
        run.run.failures += sub_run.failures
    pending.clear()
    waits.suspended, waits.asleep = [], set()
    run.advance()


def _nodes_of(pending: _Pending) -> set[int]:
    return {suspended.hop[0] for suspended in pending.values() if isinstance(suspended, Suspended)}


async def _finished(run: Awaitable[Run]) -> Run:
    return await run


async def _cancel(pending: Mapping["asyncio.Future[Any]", Suspended | Awaitable[Run]]) -> None:
    for task in pending:
        task.cancel()
    if pending:
        await asyncio.gather(*pending, return_exceptions=True)
    # A task that was cancelled before it began has not touched what it was to wait for.
    for waited in pending.values():
        _give_up(waited.result if isinstance(waited, Suspended) else waited)


def _give_up(pending: Awaitable[Any]) -> None:
    """See to it that what has not begun never does; anything else is left alone by this."""
    if (close := getattr(pending, "close", None)) is not None:
        close()
