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
from rulechain.model import FAILURE, Message, NodeOutputs
from rulechain.plan import ChainPlan, PlannedNode
from rulechain.plan.linked import DECIDES, OTHER
from rulechain.runtime.context import ExecutionContext
from rulechain.runtime.failure import Forgotten, failed_run, failure_of, is_outcome, not_outcomes
from rulechain.runtime.hop import Hop
from rulechain.runtime.limits import (
    CHARACTERS_PER_STEP,
    DEADLINE,
    DEPTH_LIMIT,
    DEPTH_STEPS,
    LEFT_STEPS,
    MAX_DEPTH,
    MAX_STEPS,
    MOST_STOPPED,
    STEP_LIMIT,
    Steps,
)
from rulechain.runtime.options import DEFAULT_OPTIONS, RunOptions, Start
from rulechain.runtime.waiting import Suspended, Waits, drive, gather, join_ripe
from rulechain.runtime.walk import Halt, walk
from rulechain.runtime.watch import Watch, is_watched

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
    watched = (options.trace or options.observer is not None) and is_watched(plan, options)
    timeout_s, steps = options.timeout_s, options.steps or Steps(0, MAX_STEPS)
    stop = None
    if plan.plain_first is not None and timeout_s is None and not (watched or options.start or options.only_first):
        stop = walk(plan, (plan.plain_first, message, "", None, plan.plain_first), outputs, steps)
        # In a chain with `end` nodes, what becomes of any other end is for the books to say.
        if type(stop) is End and (not plan.has_end or stop.node_id in plan.end_ids):
            failed = stop.relation == FAILURE and not plan.has_end
            return Run([stop], True, failures=[stop]) if failed else Run([stop], True)  # noqa: FBT003
    result = Run() if trace is None else Run(trace=trace)
    watch = Watch(plan, options, result.trace) if watched else None
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    run = _ChainRun(plan, options, result, result.ends, outputs, steps, watch, deadline)
    if plan.lease is None:
        run.begin(message, stop)
    else:
        with plan.lease:
            run.begin(message, stop)
    return run.finish() if run.waits is None or not run.waits.is_pending else PendingRun(run, run.waits)


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
    """The books of a run."""

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

    def begin(self, message: Message, stop: End | Halt | None) -> None:
        """Begin, and run everything that needs no waiting.

        Args:
            message: What enters the first node, or the nodes that the options say.
            stop: Where a walk from the first node has come to already.
        """
        plan, starts = self.plan, self.options.start
        if stop is not None:
            self._go_on(stop)
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
        plan, stack = self.plan, self.stack
        # A run that is watched, or goes no further, has more to do at every node.
        more = OTHER if self.watch is None and not self.options.only_first else DECIDES
        while stack or (self.waits is not None and join_ripe(self, self.waits)):
            while stack:
                hop = stack.pop()
                if plan.linked[hop[0]].kind < more:
                    self._go_on(walk(plan, hop, self.outputs, self.steps, self))
                else:
                    self._visit(hop)

    def _go_on(self, stop: End | Halt) -> None:
        """Go on from where a walk has come to."""
        if isinstance(stop, End):
            if stop.node_id in self.plan.end_ids:
                self.ends.append(stop)
            else:
                self._end(stop)
        elif stop.called:
            self.take(stop.hop, self.plan.nodes[stop.hop[0]], stop.result, 0)
        else:
            self._visit(stop.hop)

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

    def count(self, characters: int) -> None:
        """Count a payload that a node puts together of several."""
        self.steps.taken += characters // CHARACTERS_PER_STEP

    def _waiting(self) -> Waits:
        if self.waits is None:
            self.waits = Waits()
        return self.waits

    def _visit(self, hop: Hop) -> None:
        """Enter a node, and do all that there may be to it."""
        node = self.plan.nodes[hop[0]]
        self.steps.taken += 1
        if self.steps.taken > self.steps.limit or (self.deadline is not None and time.monotonic() > self.deadline):
            self._stop(hop)
            return
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
        except Exception as error:  # noqa: BLE001 - as in walk()
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
        if is_outcome(result):
            self.stack += self._follow(hop, node, result, started_ns)
            return
        several = isinstance(result, (list, tuple)) and all(map(is_outcome, result))
        outcomes = result if several else (failure_of(not_outcomes(result), hop[1], node, self.plan),)
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
        if (relation or outcome.fallback is not None) and not self.options.only_first:
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
        if not (self.plan.has_end and _is_muted(self.plan, self.options)) or (failed and self.options.failure_ends):
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


def _is_pending(result: Any) -> bool:
    return not isinstance(result, (Outcome, list, tuple)) and hasattr(result, "__await__")


def _is_muted(plan: ChainPlan, options: RunOptions) -> bool:
    """Whether the `end` nodes of a plan silence dead ends; in a run inside another, those that its start leads to."""
    if options.only_first:
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
