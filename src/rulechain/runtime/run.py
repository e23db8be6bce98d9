"""One message's journey through a plan.

A run is plain function calls, depth first along the connections, so its order is that of the document. Only where a
node suspends does it become a coroutine: the other branches go on meanwhile, and each branch's ends keep their place.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import msgspec

from rulechain.api import End, NodeEvent, Observer, Outcome, Run, TraceEvent
from rulechain.diagnostics.errors import RuleChainError
from rulechain.model import FAILURE, Message
from rulechain.plan import ChainPlan, PlannedNode
from rulechain.runtime.context import ExecutionContext

_log = logging.getLogger("rulechain.run")

NO_NODES = "the rule chain has no nodes"
DEADLINE = "processing cancelled: context deadline exceeded"
# RuleGo has no such limit; a chain with cycles (`allow_cycles`) would otherwise never come back.
MAX_STEPS = 1_000_000
STEP_LIMIT = f"the run took more than {MAX_STEPS} steps"
MAX_DEPTH = 100
DEPTH_LIMIT = f"chains lead into each other more than {MAX_DEPTH} deep"


def _find_none(_: str) -> ChainPlan | None:
    return None


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run differs from the default one; see `Chain.run`."""

    start: tuple[str, ...] = ()
    only_first: bool = False
    timeout_s: float | None = None
    debug: bool | None = None
    trace: bool = False
    failure_ends: bool = True
    observer: Observer | None = None
    find_chain: Callable[[str], ChainPlan | None] = field(default=_find_none)
    # How many chains lead here.
    depth: int = 0


DEFAULT_OPTIONS = RunOptions()


def execute(plan: ChainPlan, message: Message, options: RunOptions = DEFAULT_OPTIONS) -> "Run | PendingRun":
    """Run a message through a plan.

    Returns:
        The finished run; or, when a node suspends, an awaitable of it.
    """
    return _execute(plan, message, options, _Budget(options.timeout_s))


def _execute(plan: ChainPlan, message: Message, options: RunOptions, budget: "_Budget") -> "Run | PendingRun":
    result = Run()
    watched = options.trace or options.observer is not None
    run = _ChainRun(plan, options, result, result.ends, watched, budget)
    run.begin(message)
    run.advance()
    return PendingRun(run) if run.waiting or run.sub_runs else run.finish()


class PendingRun:
    """A run some of whose nodes suspended: await it once, or close it."""

    __slots__ = ("_run",)

    def __init__(self, run: "_ChainRun") -> None:
        self._run = run

    def __await__(self) -> Generator[Any, None, Run]:
        return self._run.drive().__await__()

    def close(self) -> None:
        """Give the run up: what its nodes were about to do never happens."""
        for waiting in self._run.waiting:
            if asyncio.iscoroutine(waiting.result):
                waiting.result.close()
        for sub_run in self._run.sub_runs:
            sub_run.close()


# A message on its way into a node: the node's index, the message, the relation and error that led there, and the index
# of the node it comes from (the node itself where the run begins). A plain tuple, because one is made per hop.
_Hop = tuple[int, Message, str, str | None, int]


class _Waiting(NamedTuple):
    """A node that suspended, and the slot where the ends of its branch belong."""

    hop: _Hop
    result: Awaitable[Outcome | Sequence[Outcome]]
    slot: list[Any]
    started_ns: int


class _Budget:
    """The steps and the time that a run has, together with the runs of the chains it leads into."""

    __slots__ = ("deadline", "steps")

    def __init__(self, timeout_s: float | None) -> None:
        self.steps = 0
        self.deadline = None if timeout_s is None else time.monotonic() + timeout_s


class _ChainRun(msgspec.Struct):
    plan: ChainPlan
    options: RunOptions
    run: Run
    # Where the ends of the branch at hand belong: the run's own list, or the slot of a branch that had suspended.
    ends: list[Any]
    # Some observer or trace wants to know.
    watched: bool
    budget: _Budget
    stack: list[_Hop] = []
    waiting: list[_Waiting] = []
    sub_runs: list[PendingRun] = []
    suspended: bool = False

    def begin(self, message: Message) -> None:
        plan = self.plan
        if not self.options.start:
            if plan.first is None:
                self._fail("", message, NO_NODES)
            else:
                self.stack.append((plan.first, message, "", None, plan.first))
            return
        for node_id in reversed(self.options.start):
            start = plan.index_of.get(node_id)
            if start is None:
                self._fail("", message, f"SetExecuteNodes node id={node_id} not found")
            else:
                self.stack.append((start, message, "", None, start))

    def advance(self) -> None:
        """Run everything that needs no waiting."""
        stack, nodes, budget = self.stack, self.plan.nodes, self.budget
        while stack:
            hop = stack.pop()
            node = nodes[hop[0]]
            budget.steps += 1
            if budget.steps > MAX_STEPS or (budget.deadline is not None and time.monotonic() > budget.deadline):
                self._stop(hop, STEP_LIMIT if budget.steps > MAX_STEPS else DEADLINE)
                return
            if node.is_end and not self.options.only_first:
                self._reach_end(node, hop)
                continue
            started_ns = self._note_entry(node, hop) if self.watched else 0
            result: Any
            try:
                result = node.run(hop[1], self._context(hop, node)) if node.uses_context else node.run(hop[1])
            except Exception as error:  # noqa: BLE001 - whatever a node raises is a Failure of that node, never a crash
                result = failure_of(error, hop[1], node)
            if node.suspends and not isinstance(result, Outcome):
                slot: list[Any] = []
                self.ends.append(slot)
                self.waiting.append(_Waiting(hop, result, slot, started_ns))
            else:
                self._emit(hop, node, result, started_ns)

    async def drive(self) -> Run:
        """Finish a run some of whose nodes suspended."""
        self.suspended = True
        deadline = self.budget.deadline
        pending: dict[asyncio.Future[Any], _Waiting | None] = {}
        try:
            while self.waiting or self.sub_runs or pending:
                pending |= {asyncio.ensure_future(waiting.result): waiting for waiting in self.waiting}
                pending |= {asyncio.ensure_future(_finished(sub_run)): None for sub_run in self.sub_runs}
                self.waiting, self.sub_runs = [], []
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                done, _ = await asyncio.wait(pending, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                if not done:
                    await self._time_out(pending)
                for task in [task for task in pending if task in done]:
                    self._resume(pending.pop(task), task)
        finally:
            await _cancel(pending)
        return self.finish()

    def finish(self) -> Run:
        if self.suspended:
            self.run.ends = _flatten(self.run.ends)
        self.run.completed = True
        return self.run

    def _resume(self, waiting: _Waiting | None, task: "asyncio.Future[Any]") -> None:
        if waiting is None:
            self.run.failures += task.result().failures
            return
        hop = waiting.hop
        node = self.plan.nodes[hop[0]]
        try:
            result = task.result()
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - as in advance(); we did not cancel it
            result = failure_of(error, hop[1], node)
        self.ends = waiting.slot
        self._emit(hop, node, result, waiting.started_ns)
        self.advance()

    async def _time_out(self, pending: "dict[asyncio.Future[Any], _Waiting | None]") -> None:
        """Fail the nodes that still wait; the runs of other chains have the same deadline and end by themselves."""
        nodes = {task: waiting for task, waiting in pending.items() if waiting is not None}
        for waiting in nodes.values():
            self.ends = waiting.slot
            self._fail(self.plan.nodes[waiting.hop[0]].id, waiting.hop[1], DEADLINE)
        await _cancel(nodes)
        for sub_run in await asyncio.gather(*(task for task in pending if task not in nodes)):
            self.run.failures += sub_run.failures
        pending.clear()

    def _context(self, hop: _Hop, node: PlannedNode) -> ExecutionContext:
        return ExecutionContext(self.plan.chain_id, node.id, self.plan.nodes[hop[4]].id, hop[2], hop[3])

    def _emit(self, hop: _Hop, node: PlannedNode, result: Any, started_ns: int) -> None:
        """Follow what a node ended with; the first outcome's branch runs first."""
        if type(result) is Outcome:
            self.stack += self._follow(hop, node, result, started_ns)
        elif isinstance(result, (list, tuple)) and all(isinstance(outcome, Outcome) for outcome in result):
            hops = [self._follow(hop, node, outcome, started_ns) for outcome in result]
            self.stack += [next_hop for branch in reversed(hops) for next_hop in branch]
        else:
            error = TypeError(f"a node ends with outcomes, got {type(result).__name__}")
            self.stack += self._follow(hop, node, failure_of(error, hop[1], node), started_ns)

    def _follow(self, hop: _Hop, node: PlannedNode, outcome: Outcome, started_ns: int) -> Sequence[_Hop]:
        """Return the hops that an outcome leads to, last first; where there are none its branch has ended."""
        message, relation, error = outcome.message, outcome.relation, outcome.error
        if error is not None:
            message = message.with_metadata("errorMsg", error)
        if self.watched:
            self._note_outcome(hop, node, outcome, message, started_ns)
        if (relation or outcome.fallback) and not self.options.only_first:
            targets = node.routes.get(relation)
            if targets is None and outcome.fallback is not None:
                targets = node.routes.get(outcome.fallback)
            entered = bool(node.chain_routes) and self._enter_chains(node, relation, message)
            if targets is not None:
                return [(target, message, relation, error, hop[0]) for target in reversed(targets)]
            if entered:
                return ()
        end = End(relation, message, error, node.id)
        if relation == FAILURE:
            self.run.failures.append(end)
        if not self.plan.has_end or self.options.only_first or (relation == FAILURE and self.options.failure_ends):
            self.ends.append(end)
        return ()

    def _enter_chains(self, node: PlannedNode, relation: str, message: Message) -> bool:
        """Hand the message to the chains of a relation: their ends are their own, their failures count here."""
        options = self.options
        plans = [plan for id_ in node.chain_routes.get(relation, ()) if (plan := options.find_chain(id_)) is not None]
        for plan in plans:
            if options.depth >= MAX_DEPTH:
                self._fail(node.id, message, DEPTH_LIMIT)
                continue
            inner = replace(options, start=(), only_first=False, depth=options.depth + 1)
            result = _execute(plan, message, inner, self.budget)
            if isinstance(result, PendingRun):
                self.sub_runs.append(result)
            else:
                self.run.failures += result.failures
        return bool(plans)

    def _reach_end(self, node: PlannedNode, hop: _Hop) -> None:
        _, message, relation, error, _ = hop
        self.ends.append(End(relation, message, error, node.id))
        if self.watched:
            self._note_outcome(hop, node, Outcome(relation, message, error), message, self._note_entry(node, hop))

    def _fail(self, node_id: str, message: Message, error: str) -> None:
        end = End(FAILURE, message, error, node_id)
        self.run.failures.append(end)
        self.ends.append(end)

    def _stop(self, hop: _Hop, reason: str) -> None:
        """End this branch and every other one that still has somewhere to go, at the nodes they come from."""
        for _, message, _, _, origin in (hop, *reversed(self.stack)):
            self._fail(self.plan.nodes[origin].id, message, reason)
        self.stack.clear()

    def _note_entry(self, node: PlannedNode, hop: _Hop) -> int:
        self._notify(node, "IN", hop[2], hop[1], hop[3])
        return time.perf_counter_ns()

    def _note_outcome(self, hop: _Hop, node: PlannedNode, outcome: Outcome, message: Message, started_ns: int) -> None:
        spent_ns = time.perf_counter_ns() - started_ns
        if self.options.trace:
            event = TraceEvent(node.id, node.type, hop[2], hop[1], outcome.relation, message, outcome.error, spent_ns)
            self.run.trace.append(event)
        self._notify(node, "OUT", outcome.relation, message, outcome.error)

    def _notify(self, node: PlannedNode, flow: str, relation: str, message: Message, error: str | None) -> None:
        observer = self.options.observer
        if observer is None or not (node.debug if self.options.debug is None else self.options.debug):
            return
        try:
            observer.node_event(NodeEvent(self.plan.chain_id, node.id, flow, relation, message, error))
        except Exception:  # noqa: BLE001 - somebody else's code, and the run is none of its business
            _log.exception("an observer failed on node %r of chain %r", node.id, self.plan.chain_id)


def failure_of(error: BaseException, message: Message, node: PlannedNode) -> Outcome:
    """Return the Failure that an exception of a node stands for."""
    if isinstance(error, RuleChainError):
        return Outcome(FAILURE, message, str(error))
    _log.warning("node %r (%s) raised", node.id, node.type, exc_info=error)
    return Outcome(FAILURE, message, f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)


def _flatten(ends: list[Any]) -> list[End]:
    flat: list[End] = []
    for end in ends:
        if type(end) is End:
            flat.append(end)
        else:
            flat += _flatten(end)
    return flat


async def _finished(run: PendingRun) -> Run:
    return await run


async def _cancel(pending: "Mapping[asyncio.Future[Any], _Waiting | None]") -> None:
    for task in pending:
        task.cancel()
    if pending:
        await asyncio.gather(*pending, return_exceptions=True)
