"""One message's journey through a plan.

A run is plain function calls, depth first along the connections, so its order is that of the document. Only where a
node suspends does it become a coroutine: the other branches go on meanwhile, and each branch's ends keep their place.
"""

import contextlib
import itertools
import time
from collections.abc import Awaitable, Generator, Mapping, Sequence
from typing import Any

import msgspec

from rulechain.api import End, Outcome, Run, TraceEvent
from rulechain.model import FAILURE, FALSE, SUCCESS, TRUE, Message, NodeOutputs
from rulechain.plan import ChainPlan, PlannedNode
from rulechain.plan.linked import CHOOSES, DECIDES, MAKES, OTHER, RUNS, LinkedNode
from rulechain.runtime.context import ExecutionContext
from rulechain.runtime.failure import Forgotten, failed_run, failure_of, is_outcome, not_outcomes
from rulechain.runtime.hop import Hop
from rulechain.runtime.limits import (
    DEADLINE,
    DEPTH_LIMIT,
    DEPTH_STEPS,
    LEFT_STEPS,
    MAX_DEPTH,
    MOST_STOPPED,
    STEP_LIMIT,
    Steps,
)
from rulechain.runtime.options import DEFAULT_OPTIONS, RunOptions, Start
from rulechain.runtime.waiting import Suspended, Waits, drive, gather, join_ripe
from rulechain.runtime.watch import Watch, watch_over

_NOTHING_HELD = contextlib.nullcontext()


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
    result = Run() if trace is None else Run(trace=trace)
    run = _ChainRun(plan, options, result, result.ends, outputs, options.steps or Steps())
    if options.trace or options.observer is not None:
        run.watch = watch_over(plan, options, result.trace)
    if options.timeout_s is not None:
        run.deadline = time.monotonic() + options.timeout_s
    if plan.lease is None:
        run.begin(message)
    else:
        with plan.lease:
            run.begin(message)
    if run.waits is None:
        result.completed = True
        return result
    return PendingRun(run, run.waits) if run.waits.is_pending else run.finish()


class PendingRun:
    """A run some of whose nodes suspended: await it once, or close it."""

    __slots__ = ("_run", "_waits")

    def __init__(self, run: "_ChainRun", waits: Waits) -> None:
        self._run = run
        self._waits = waits

    def __await__(self) -> Generator[Any, None, Run]:
        return self._finished().__await__()

    async def _finished(self) -> Run:
        with self._run.plan.lease or _NOTHING_HELD:
            await drive(self._run, self._waits)
        return self._run.finish()

    def close(self) -> None:
        """Give the run up: what its nodes were about to do never happens."""
        self._waits.give_up()


class _ChainRun(msgspec.Struct):
    plan: ChainPlan
    options: RunOptions
    run: Run
    # Where the ends of the branch at hand belong: the run's own list, or the slot of a branch that had suspended.
    ends: list[Any]
    # What nodes passed on; None where no node refers to another.
    outputs: NodeOutputs | None
    steps: Steps
    watch: Watch | None = None
    deadline: float | None = None
    stack: list[Hop] = []
    waits: Waits | None = None

    @property
    def chain_id(self) -> str:
        return self.plan.chain_id

    @property
    def values(self) -> Mapping[str, Any]:
        return self.options.values

    def begin(self, message: Message) -> None:
        """Run everything that needs no waiting, from the first node or from the nodes that the options say."""
        plan, starts = self.plan, self.options.start
        if plan.entry is not None and not starts:
            self._walk(plan.entry, message, "", None, plan.entry)
            if not self.stack and self.waits is None:
                return
        elif starts and plan.nodes:
            for start in reversed(starts):
                self._begin_at(start, message)
        elif plan.first is None:
            self.fail("", message, plan.refusal)
        else:
            self._enter(plan.first, message)
        self.advance()

    def _begin_at(self, start: Start, message: Message) -> None:
        index = self.plan.index_of.get(start.node_id)
        if index is None:
            reason = "SetExecuteNodes" if start.relations is None else "restore parent"
            self.fail("", message, f"{reason} node id={start.node_id} not found")
        elif start.relations:
            outcomes = [Outcome(relation, message) for relation in start.relations]
            hop = (index, message, "", None, index)
            self.emit(hop, self.plan.nodes[index], outcomes, time.perf_counter_ns())
        else:
            self._enter(index, message)

    def _enter(self, index: int, message: Message) -> None:
        self.stack.append((index, message, "", None, index))
        node = self.plan.nodes[index]
        if node.keeps_output and self.outputs is not None and self.outputs.message(node.id) is None:
            self.outputs.keep(node.id, message)

    def advance(self) -> None:
        """Run everything that needs no waiting."""
        stack, linked = self.stack, self.plan.linked
        while stack or (self.waits is not None and join_ripe(self, self.waits)):
            while stack:
                index, message, relation, error, origin = stack.pop()
                self._walk(linked[index], message, relation, error, linked[origin])

    def finish(self) -> Run:
        """Return the run, every branch of which has ended."""
        if self.waits is not None and self.waits.slotted:
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
        self._waiting().sub_runs.append(Forgotten(run))

    def _waiting(self) -> Waits:
        if self.waits is None:
            self.waits = Waits()
        return self.waits

    def _walk(self, node: LinkedNode, message: Message, relation: str, error: str | None, origin: LinkedNode) -> None:
        """Follow a branch to where it ends, forks, fails or waits.

        As long as one node leads to one other there is nothing to it but calling them: no outcome, hop or context is
        made that nobody asks for. Where there is more to a node, or the run is watched, `_visit` does what is left.
        """
        plain = OTHER if self.watch is None and not self.options.only_first else DECIDES
        steps, deadline, outputs = self.steps, self.deadline, self.outputs
        most = steps.limit
        while True:
            steps.taken = taken = steps.taken + 1
            if taken > most or (deadline is not None and time.monotonic() > deadline):
                self._stop((node.index, message, relation, error, origin.index))
                return
            kind = node.kind
            if kind >= plain:
                self._visit((node.index, message, relation, error, origin.index), node.node)
                return
            try:
                if kind == DECIDES:
                    leaves_by = TRUE if node.call(message) is True else FALSE
                elif kind == MAKES:
                    made = node.call(message)
                    message = made if made.outputs is outputs else made.within(outputs)
                    leaves_by = SUCCESS
                elif kind == CHOOSES:
                    leaves_by = node.call(message)
                else:
                    hop = (node.index, message, relation, error, origin.index)
                    result = node.call(message) if kind == RUNS else node.call(message, self.context(hop, node.node))
            except Exception as raised:  # noqa: BLE001 - whatever a node raises is a Failure of that node, never a crash
                kind, result = RUNS, failure_of(raised, message, node.node, self.plan)
            if kind >= RUNS:
                if not _is_plain(result, outputs):
                    self.take((node.index, message, relation, error, origin.index), node.node, result, 0)
                    return
                message, leaves_by = result.message, result.relation
            following = node.routes.get(leaves_by, node.otherwise)
            if following is None:
                end = End(leaves_by, message, None, node.node.id)
                if leaves_by == FAILURE or self.plan.has_end:
                    self._end(end)
                else:
                    self.ends.append(end)
                return
            origin, node, relation, error = node, following, leaves_by, None

    def _visit(self, hop: Hop, node: PlannedNode) -> None:
        """Do all that there may be to a node; its step is counted already."""
        if node.is_end and not self.options.only_first:
            self._reach_end(node, hop)
            return
        started_ns = 0 if self.watch is None else self.watch.enter(node, hop[2], hop[1], hop[3])
        if node.joins:
            gather(self, self._waiting(), node, hop)
            return
        result: Any
        try:
            result = node.run(hop[1], self.context(hop, node)) if node.uses_context else node.run(hop[1])
        except Exception as error:  # noqa: BLE001 - as in _walk()
            result = failure_of(error, hop[1], node, self.plan)
        self.take(hop, node, result, started_ns)

    def take(self, hop: Hop, node: PlannedNode, result: Any, started_ns: int, slot: list[Any] | None = None) -> None:
        """Take what a node's function gave: what it ended with, or what to wait for.

        Args:
            hop: What led into the node.
            node: The node.
            result: What its function gave.
            started_ns: When it began.
            slot: Where the ends of the branch belong if it goes on later; None for a new slot.
        """
        if node.suspends and _is_pending(result):
            slot = self.slot() if slot is None else slot
            self._waiting().suspended.append(Suspended(hop, result, slot, started_ns))
        else:
            self.emit(hop, node, result, started_ns)

    def slot(self) -> list[Any]:
        """Keep a place in the ends for a branch that goes on later; ends of a run inside another stand as they come."""
        if self.options.depth:
            return self.run.ends
        slot: list[Any] = []
        self.ends.append(slot)
        self._waiting().slotted = True
        return slot

    def context(self, hop: Hop, node: PlannedNode) -> ExecutionContext:
        """Return the context of a node."""
        return ExecutionContext(self, node, self.plan.nodes[hop[4]].id, hop[2], hop[3])

    def emit(self, hop: Hop, node: PlannedNode, result: Any, started_ns: int) -> None:
        """Follow what a node ended with; the first outcome's branch runs first."""
        outcomes = (result,) if isinstance(result, Outcome) else result
        if not isinstance(outcomes, (list, tuple)) or not all(map(is_outcome, outcomes)):
            outcomes = (failure_of(not_outcomes(result), hop[1], node, self.plan),)
        hops = [self._follow(hop, node, outcome, started_ns) for outcome in outcomes]
        self.stack += [next_hop for branch in reversed(hops) for next_hop in branch]

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

    def _enter_chains(self, node: PlannedNode, relation: str, message: Message) -> bool:
        """Hand the message to the chains of a relation: their ends are their own, their failures count here."""
        ids = [id_ for id_ in node.chain_routes.get(relation, ()) if self.options.find_chain(id_) is not None]
        for id_ in ids:
            result = self.run_inside(node.id, message, "", id_, False)  # noqa: FBT003
            if isinstance(result, Run):
                self.run.failures += result.failures
            else:
                self._waiting().sub_runs.append(result)
        return bool(ids)

    def _reach_end(self, node: PlannedNode, hop: Hop) -> None:
        _, message, relation, error, _ = hop
        self.ends.append(End(relation, message, error, node.id))
        if self.watch is not None:
            started_ns = self.watch.enter(node, relation, message, error)
            self.watch.leave(node, relation, message, Outcome(relation, message, error), message, started_ns)

    def _end(self, end: End) -> None:
        """End a branch to whose last outcome nothing connects."""
        failed = end.relation == FAILURE
        if failed:
            self.run.failures.append(end)
        if (failed and self.options.failure_ends) or not _is_muted(self.plan, self.options):
            self.ends.append(end)
        elif not failed:
            self.run.silent.append(end)

    def fail(self, node_id: str, message: Message, error: str) -> None:
        """End a branch with a failure of the run itself."""
        end = End(FAILURE, message, error, node_id)
        self.run.failures.append(end)
        self.ends.append(end)

    def _stop(self, hop: Hop) -> None:
        """End this branch and every other one that still has somewhere to go, at the nodes they come from."""
        reason = STEP_LIMIT if self.steps.taken > self.steps.limit else DEADLINE
        others = itertools.islice(reversed(self.stack), MOST_STOPPED - 1)
        for _, message, _, _, origin in (hop, *others):
            self.fail(self.plan.nodes[origin].id, message, reason)
        self.stack.clear()


def _is_plain(result: Any, outputs: NodeOutputs | None) -> bool:
    """Whether all there is to a result is a message that leaves by a relation."""
    return is_outcome(result) and result.error is None and result.fallback is None and result.message.outputs is outputs


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
