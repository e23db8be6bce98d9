"""One message's journey through a plan.

A run is plain function calls, depth first along the connections, so its order is that of the document. Only where a
node suspends does it become a coroutine: the other branches go on meanwhile, and each branch's ends keep their place.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Generator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from rulechain.api import Arrival, End, Outcome, Run, TraceEvent
from rulechain.model import FAILURE, Message, NodeOutputs
from rulechain.plan import ChainPlan, PlannedNode
from rulechain.plan.direct import ASKS, OTHER, DirectNode
from rulechain.runtime.context import ExecutionContext
from rulechain.runtime.direct import AHEAD, AT_END, DEAD_END, STOPPED, Hop, go_straight
from rulechain.runtime.failure import Forgotten, failed_run, failure_of
from rulechain.runtime.join import Gathering, ripe
from rulechain.runtime.limits import (
    DEADLINE,
    DEPTH_LIMIT,
    DEPTH_STEPS,
    LEFT_STEPS,
    MAX_DEPTH,
    STEP_LIMIT,
    Steps,
)
from rulechain.runtime.options import DEFAULT_OPTIONS, RunOptions, Start
from rulechain.runtime.watch import Watch, watch_over

_NOTHING_HELD = contextlib.nullcontext()
# What has to be a run before anything else happens.
_NEEDS_RUN = (ASKS, OTHER)


def execute(
    plan: ChainPlan,
    message: Message,
    options: RunOptions = DEFAULT_OPTIONS,
    outputs: NodeOutputs | None = None,
    trace: list[TraceEvent] | None = None,
) -> "Run | PendingRun":
    """Run a message through a plan.

    Args:
        plan: The chain.
        message: What enters.
        options: How the run differs from the default one.
        outputs: What nodes passed on already, for a run inside another of the same chain.
        trace: The trace of the run around it.

    Returns:
        The finished run; or, when a node suspends, an awaitable of it.
    """
    if outputs is None and plan.output_constants is not None:
        outputs = NodeOutputs(plan.output_constants)
    if message.outputs is not outputs:
        message = message.within(outputs)
    if plan.lease is None:
        return _execute(plan, message, options, outputs, trace)
    with plan.lease:
        return _execute(plan, message, options, outputs, trace)


def _execute(
    plan: ChainPlan,
    message: Message,
    options: RunOptions,
    outputs: NodeOutputs | None,
    trace: list[TraceEvent] | None,
) -> "Run | PendingRun":
    watch = None
    if options.trace or options.observer is not None:
        trace = [] if trace is None else trace
        watch = watch_over(plan, options, trace)
    muted = _is_muted(plan, options)
    deadline = None if options.timeout_s is None else time.monotonic() + options.timeout_s
    steps = options.steps or Steps()
    straight = None
    if watch is None and (first := _straight_from(plan, options)) is not None:
        hop = (first.index, message, "", None, first.index)
        straight = go_straight(first, hop, plan, outputs, steps, deadline, None)
        how, end, _ = straight
        if how == AT_END or (how == DEAD_END and not muted and end.relation != FAILURE):
            return Run([end], True) if trace is None else Run([end], True, trace)  # noqa: FBT003 - faster than by name
    result = Run() if trace is None else Run(trace=trace)
    run = _ChainRun(plan, options, result, result.ends, outputs, muted, watch, deadline, steps)
    if straight is None:
        run.begin(message)
    else:
        run.go_on(*straight)
    run.advance()
    return PendingRun(run) if run.waiting or run.sub_runs else run.finish()


def _straight_from(plan: ChainPlan, options: RunOptions) -> DirectNode | None:
    """Return the node from which an unwatched run goes straight on, None when it begins in any other way."""
    if options.only_first:
        return None
    index = plan.first
    if starts := options.start:
        index = plan.index_of.get(starts[0].node_id) if len(starts) == 1 and not starts[0].relations else None
    node = None if index is None else plan.direct[index]
    return None if node is None or node.kind in _NEEDS_RUN else node


class PendingRun:
    """A run some of whose nodes suspended: await it once, or close it."""

    __slots__ = ("_run",)

    def __init__(self, run: "_ChainRun") -> None:
        self._run = run

    def __await__(self) -> Generator[Any, None, Run]:
        return self._run.drive().__await__()

    def close(self) -> None:
        """Give the run up: what its nodes were about to do never happens."""
        for pending in (*(waiting.result for waiting in self._run.waiting), *self._run.sub_runs):
            if (close := getattr(pending, "close", None)) is not None:
                close()


class _Waiting(NamedTuple):
    """A node that suspended, and the slot where the ends of its branch belong."""

    hop: Hop
    result: Awaitable[Outcome | Sequence[Outcome]]
    slot: list[Any]
    started_ns: int


class _ChainRun(msgspec.Struct):
    plan: ChainPlan
    options: RunOptions
    run: Run
    # Where the ends of the branch at hand belong: the run's own list, or the slot of a branch that had suspended.
    ends: list[Any]
    # What nodes passed on; None where no node refers to another.
    outputs: NodeOutputs | None
    # Only `end` nodes, and unhandled failures, are ends.
    muted: bool
    watch: Watch | None
    deadline: float | None
    steps: Steps
    stack: list[Hop] = []
    waiting: list[_Waiting] = []
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
    def chain_id(self) -> str:
        return self.plan.chain_id

    @property
    def values(self) -> Mapping[str, Any]:
        return self.options.values

    def begin(self, message: Message) -> None:
        plan, starts = self.plan, self.options.start
        if starts and plan.nodes:
            for start in reversed(starts):
                self._begin_at(start, message)
        elif plan.first is None:
            self._fail("", message, plan.refusal)
        else:
            self._enter(plan.first, message)

    def _begin_at(self, start: Start, message: Message) -> None:
        index = self.plan.index_of.get(start.node_id)
        if index is None:
            reason = "SetExecuteNodes" if start.relations is None else "restore parent"
            self._fail("", message, f"{reason} node id={start.node_id} not found")
        elif start.relations:
            outcomes = [Outcome(relation, message) for relation in start.relations]
            hop = (index, message, "", None, index)
            self._emit(hop, self.plan.nodes[index], outcomes, time.perf_counter_ns())
        else:
            self._enter(index, message)

    def advance(self) -> None:
        """Run everything that needs no waiting."""
        self._drain()
        while self.gatherings and (gathering := ripe(self.gatherings.values(), self._busy())) is not None:
            self._join(gathering, timed_out=False)
            self._drain()

    async def drive(self) -> Run:
        """Finish a run some of whose nodes suspended."""
        with self.plan.lease or _NOTHING_HELD:
            return await self._drive()

    async def _drive(self) -> Run:
        pending: dict[asyncio.Future[Any], _Waiting | None] = {}
        try:
            while self.waiting or self.sub_runs or pending:
                pending |= {asyncio.ensure_future(waiting.result): waiting for waiting in self.waiting}
                pending |= {asyncio.ensure_future(_finished(sub_run)): None for sub_run in self.sub_runs}
                self.waiting.clear()
                self.sub_runs.clear()
                self.asleep = _nodes_of(pending)
                done, _ = await asyncio.wait(pending, timeout=self._patience(), return_when=asyncio.FIRST_COMPLETED)
                for task in [task for task in pending if task in done]:
                    waiting = pending.pop(task)
                    self.asleep = _nodes_of(pending)
                    self._resume(waiting, task)
                self._close_late_joins()
                if self.deadline is not None and time.monotonic() > self.deadline:
                    await self._time_out(pending)
        finally:
            await _cancel(pending)
        return self.finish()

    def finish(self) -> Run:
        if self.slotted:
            self.run.ends = _flatten(self.run.ends)
        self.run.completed = True
        return self.run

    def run_inside(self, caller: str, message: Message, node: str, chain: str, only: bool) -> "Run | Awaitable[Run]":  # noqa: FBT001 - the context's keyword arguments, handed on
        """Run a message through another chain, or from another node on, for the node `caller`."""
        options, plan = self.options, self.plan
        if options.depth >= MAX_DEPTH:
            self.steps.taken += DEPTH_STEPS
            return failed_run(message, caller, DEPTH_LIMIT)
        if chain and chain != plan.chain_id:
            found = options.find_chain(chain)
            if found is None:
                return failed_run(message, caller, f"ruleChain id={chain} not found")
            plan = found
        if node and node not in plan.index_of:
            return failed_run(message, caller, f"node id={node} not found")
        left = None if self.deadline is None else max(0.0, self.deadline - time.monotonic())
        inner = msgspec.structs.replace(
            options,
            start=(Start(node),) if node else (),
            # As in RuleGo, only an override that is on reaches other chains.
            debug=options.debug if plan is self.plan else options.debug or None,
            only_first=only,
            timeout_s=left,
            depth=options.depth + 1,
            steps=self.steps,
        )
        trace = self.run.trace if options.trace else None
        if plan is self.plan:
            return execute(plan, message, inner, self.outputs if node else None, trace)
        run: Run | Awaitable[Run] = (options.begin or execute)(plan, message, inner, None, trace)
        return run

    def leave(self, run: Awaitable[Run]) -> None:
        """Let a run go on by itself; this one has ended when it has."""
        self.steps.taken += LEFT_STEPS
        self.sub_runs.append(Forgotten(run))

    def _enter(self, index: int, message: Message) -> None:
        self.stack.append((index, message, "", None, index))
        node = self.plan.nodes[index]
        if node.keeps_output and self.outputs is not None and self.outputs.message(node.id) is None:
            self.outputs.keep(node.id, message)

    def go_on(self, how: int, what: Any, hop: Hop) -> None:
        """Go on where a branch no longer goes straight on."""
        if how == AHEAD:
            self.stack.append(hop)
        elif how == AT_END:
            self.ends.append(what)
        elif how == DEAD_END:
            self._end(what)
        elif how == STOPPED:
            self._stop(hop, what)
        else:
            self._take(hop, self.plan.nodes[hop[0]], what, 0)

    def _drain(self) -> None:
        stack, nodes, steps, deadline, watch = self.stack, self.plan.nodes, self.steps, self.deadline, self.watch
        direct = self.plan.direct if watch is None and not self.options.only_first else None
        while stack:
            hop = stack.pop()
            if direct is not None and (first := direct[hop[0]]).kind != OTHER:
                self.go_on(*go_straight(first, hop, self.plan, self.outputs, steps, deadline, self))
                continue
            node = nodes[hop[0]]
            steps.taken += 1
            if steps.taken > steps.limit or (deadline is not None and time.monotonic() > deadline):
                self._stop(hop, STEP_LIMIT if steps.taken > steps.limit else DEADLINE)
                return
            if node.is_end and not self.options.only_first:
                self._reach_end(node, hop)
                continue
            started_ns = 0 if watch is None else watch.enter(node, hop[2], hop[1], hop[3])
            if node.joins:
                self._gather(node, hop)
                continue
            result: Any
            try:
                result = node.run(hop[1], self._context(hop, node)) if node.uses_context else node.run(hop[1])
            except Exception as error:  # noqa: BLE001 - whatever a node raises is a Failure of that node, never a crash
                result = failure_of(error, hop[1], node, self.plan)
            self._take(hop, node, result, started_ns)

    def _take(self, hop: Hop, node: PlannedNode, result: Any, started_ns: int) -> None:
        """Take what a node's function gave: what it ended with, or what to wait for."""
        if node.suspends and _is_pending(result):
            self.waiting.append(_Waiting(hop, result, self._slot(), started_ns))
        else:
            self._emit(hop, node, result, started_ns)

    def _slot(self) -> list[Any]:
        """Keep a place in the ends for a branch that goes on later; ends of a run inside another stand as they come."""
        if self.options.depth:
            return self.run.ends
        slot: list[Any] = []
        self.ends.append(slot)
        self.slotted = True
        return slot

    def _resume(self, waiting: _Waiting | None, task: "asyncio.Future[Any]") -> None:
        if waiting is None:
            self.run.failures += task.result().failures
            return
        hop = waiting.hop
        node = self.plan.nodes[hop[0]]
        try:
            result = task.result()
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - as in _drain(); we did not cancel it
            result = failure_of(error, hop[1], node, self.plan)
        self.ends = waiting.slot
        self._emit(hop, node, result, waiting.started_ns)
        self.advance()

    def _patience(self) -> float | None:
        """How long to wait for the next thing to happen."""
        deadlines = [gathering.deadline for gathering in self.gatherings.values()]
        if self.deadline is not None:
            deadlines.append(self.deadline)
        soonest = min(deadlines, default=float("inf"))
        return None if soonest == float("inf") else max(0.0, soonest - time.monotonic())

    async def _time_out(self, pending: "dict[asyncio.Future[Any], _Waiting | None]") -> None:
        """Fail the nodes that still wait; the runs of other chains have the same deadline and end by themselves."""
        pending |= {asyncio.ensure_future(waiting.result): waiting for waiting in self.waiting}
        nodes = {task: waiting for task, waiting in pending.items() if waiting is not None}
        for waiting in nodes.values():
            self.ends = waiting.slot
            self._fail(self.plan.nodes[waiting.hop[0]].id, waiting.hop[1], DEADLINE)
        await _cancel(nodes)
        for sub_run in await asyncio.gather(*(task for task in pending if task not in nodes)):
            self.run.failures += sub_run.failures
        pending.clear()
        self.waiting, self.asleep = [], set()
        self.advance()

    def _busy(self) -> set[int]:
        return self.asleep.union(waiting.hop[0] for waiting in self.waiting)

    def _gather(self, node: PlannedNode, hop: Hop) -> None:
        if hop[0] in self.closed:
            return
        gathering = self.gatherings.get(hop[0])
        if gathering is None:
            gathering = self.gatherings[hop[0]] = Gathering(node, hop, self._slot())
        gathering.arrivals.append(Arrival(hop[1], self.plan.nodes[hop[4]].id, hop[3]))

    def _join(self, gathering: Gathering, *, timed_out: bool) -> None:
        node, hop = gathering.node, gathering.hop
        del self.gatherings[hop[0]]
        started_ns = 0 if self.watch is None else time.perf_counter_ns()
        result: Any
        try:
            if node.uses_context:
                result = node.run(gathering.arrivals, timed_out, self._context(hop, node))
            else:
                result = node.run(gathering.arrivals, timed_out)
        except Exception as error:  # noqa: BLE001 - as in _drain()
            result = failure_of(error, hop[1], node, self.plan)
        if node.suspends and _is_pending(result):
            self.waiting.append(_Waiting(hop, result, gathering.slot, started_ns))
            return
        self.ends = gathering.slot
        self._emit(hop, node, result, started_ns)

    def _close_late_joins(self) -> None:
        now = time.monotonic()
        for gathering in [each for each in self.gatherings.values() if each.deadline <= now]:
            self.closed.add(gathering.hop[0])
            self._join(gathering, timed_out=True)
            self.advance()

    def _context(self, hop: Hop, node: PlannedNode) -> ExecutionContext:
        return ExecutionContext(self, node, self.plan.nodes[hop[4]].id, hop[2], hop[3])

    def _emit(self, hop: Hop, node: PlannedNode, result: Any, started_ns: int) -> None:
        """Follow what a node ended with; the first outcome's branch runs first."""
        if type(result) is Outcome:
            self.stack += self._follow(hop, node, result, started_ns)
        elif isinstance(result, (list, tuple)) and all(isinstance(outcome, Outcome) for outcome in result):
            hops = [self._follow(hop, node, outcome, started_ns) for outcome in result]
            self.stack += [next_hop for branch in reversed(hops) for next_hop in branch]
        else:
            error = TypeError(f"a node ends with outcomes, got {type(result).__name__}")
            self.stack += self._follow(hop, node, failure_of(error, hop[1], node, self.plan), started_ns)

    def _follow(self, hop: Hop, node: PlannedNode, outcome: Outcome, started_ns: int) -> Sequence[Hop]:
        """Return the hops that an outcome leads to, last first; where there are none its branch has ended."""
        message, relation, error = outcome.message, outcome.relation, outcome.error
        if error is not None:
            error = self.plan.secrets.mask(error)
            message = message.with_metadata("errorMsg", error)
        if message.outputs is not self.outputs:
            message = message.within(self.outputs)
        if node.keeps_output and self.outputs is not None:
            self.outputs.keep(node.id, message)
        if self.watch is not None:
            self.watch.leave(node, hop[2], hop[1], outcome, message, started_ns)
        if (relation or outcome.fallback) and not self.options.only_first:
            targets = node.routes.get(relation)
            if targets is None and outcome.fallback is not None:
                targets = node.routes.get(outcome.fallback)
            entered = bool(node.chain_routes) and self._enter_chains(node, relation, message)
            if targets is not None:
                return [(target, message, relation, error, hop[0]) for target in reversed(targets)]
            if entered:
                return ()
        self._end(End(relation, message, error, node.id))
        return ()

    def _end(self, end: End) -> None:
        """End a branch to whose last outcome nothing connects."""
        failed = end.relation == FAILURE
        if failed:
            self.run.failures.append(end)
        if not self.muted or (failed and self.options.failure_ends):
            self.ends.append(end)
        elif not failed:
            self.run.silent.append(end)

    def _enter_chains(self, node: PlannedNode, relation: str, message: Message) -> bool:
        """Hand the message to the chains of a relation: their ends are their own, their failures count here."""
        ids = [id_ for id_ in node.chain_routes.get(relation, ()) if self.options.find_chain(id_) is not None]
        for id_ in ids:
            result = self.run_inside(node.id, message, "", id_, False)  # noqa: FBT003
            if isinstance(result, Run):
                self.run.failures += result.failures
            else:
                self.sub_runs.append(result)
        return bool(ids)

    def _reach_end(self, node: PlannedNode, hop: Hop) -> None:
        _, message, relation, error, _ = hop
        self.ends.append(End(relation, message, error, node.id))
        if self.watch is not None:
            started_ns = self.watch.enter(node, relation, message, error)
            self.watch.leave(node, relation, message, Outcome(relation, message, error), message, started_ns)

    def _fail(self, node_id: str, message: Message, error: str) -> None:
        end = End(FAILURE, message, error, node_id)
        self.run.failures.append(end)
        self.ends.append(end)

    def _stop(self, hop: Hop, reason: str) -> None:
        """End this branch and every other one that still has somewhere to go, at the nodes they come from."""
        for _, message, _, _, origin in (hop, *reversed(self.stack)):
            self._fail(self.plan.nodes[origin].id, message, reason)
        self.stack.clear()


def _is_pending(result: Any) -> bool:
    return not isinstance(result, (Outcome, list, tuple)) and hasattr(result, "__await__")


def _is_muted(plan: ChainPlan, options: RunOptions) -> bool:
    """Whether dead ends are silent: there is an `end` node; for a run inside another, one that its start leads to."""
    if options.only_first or not plan.has_end:
        return False
    if options.depth and options.start:
        return plan.nodes[plan.index_of[options.start[0].node_id]].leads_to_end
    return True


def _flatten(ends: list[Any]) -> list[End]:
    flat: list[End] = []
    # Not by recursion: a cycle that waits or joins puts a slot into a slot each time.
    ahead = [iter(ends)]
    while ahead:
        for end in ahead[-1]:
            if type(end) is not End:
                ahead.append(iter(end))
                break
            flat.append(end)
        else:
            ahead.pop()
    return flat


def _nodes_of(pending: "dict[asyncio.Future[Any], _Waiting | None]") -> set[int]:
    return {waiting.hop[0] for waiting in pending.values() if waiting is not None}


async def _finished(run: Awaitable[Run]) -> Run:
    return await run


async def _cancel(pending: "Mapping[asyncio.Future[Any], _Waiting | None]") -> None:
    for task in pending:
        task.cancel()
    if pending:
        await asyncio.gather(*pending, return_exceptions=True)
