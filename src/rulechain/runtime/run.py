"""One message's journey through a plan.

A run is plain function calls, depth first along the connections, so its order is that of the document. Only where a node
suspends does it become a coroutine: the other branches go on meanwhile, and each branch's ends keep their place.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

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
    run = _ChainRun(plan, options)
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


class _Hop(NamedTuple):
    """A message on its way into a node."""

    node: int
    message: Message
    relation: str
    error: str | None
    # Index of the node it comes from, or of the node itself where the run begins.
    origin: int


class _Waiting(NamedTuple):
    """A node that suspended, and the slot where the ends of its branch belong."""

    hop: _Hop
    result: Awaitable[Outcome | Sequence[Outcome]]
    slot: list[Any]
    started_ns: int


class _ChainRun:
    __slots__ = ("deadline", "ends", "options", "plan", "run", "stack", "steps", "sub_runs", "waiting", "watched")

    def __init__(self, plan: ChainPlan, options: RunOptions) -> None:
        self.plan = plan
        self.options = options
        self.run = Run()
        self.ends: list[Any] = self.run.ends
        self.stack: list[_Hop] = []
        self.waiting: list[_Waiting] = []
        self.sub_runs: list[PendingRun] = []
        self.steps = 0
        self.deadline = None if options.timeout_s is None else time.monotonic() + options.timeout_s
        self.watched = options.trace or options.observer is not None

    def begin(self, message: Message) -> None:
        plan = self.plan
        starts = [plan.index_of.get(node_id) for node_id in self.options.start] or [plan.first]
        for position, start in reversed(list(enumerate(starts))):
            if start is not None:
                self.stack.append(_Hop(start, message, "", None, start))
            elif self.options.start:
                name = self.options.start[position]
                self._fail("", message, f"SetExecuteNodes node id={name} not found")
            else:
                self._fail("", message, NO_NODES)

    def advance(self) -> None:
        """Run everything that needs no waiting."""
        stack, nodes = self.stack, self.plan.nodes
        while stack:
            hop = stack.pop()
            node = nodes[hop.node]
            self.steps += 1
            if self.steps > MAX_STEPS:
                self._stop(hop, STEP_LIMIT)
                return
            if self.deadline is not None and time.monotonic() > self.deadline:
                self._stop(hop, DEADLINE)
                return
            if node.is_end and not self.options.only_first:
                self._reach_end(node, hop)
                continue
            started = time.perf_counter_ns() if self.watched else 0
            if self.watched:
                self._notify(node, "IN", hop.relation, hop.message, hop.error)
            try:
                result = node.run(hop.message, self._context(hop, node)) if node.uses_context else node.run(hop.message)
            except Exception as error:  # noqa: BLE001 - whatever a node raises is a Failure of that node, never a crash
                result = failure_of(error, hop.message, node)
            if node.suspends and not isinstance(result, Outcome):
                slot: list[Any] = []
                self.ends.append(slot)
                self.waiting.append(_Waiting(hop, result, slot, started))  # type: ignore[arg-type]
                continue
            self._emit(hop, node, result, started)  # type: ignore[arg-type]

    async def drive(self) -> Run:
        """Finish a run some of whose nodes suspended."""
        pending: dict[asyncio.Future[Any], _Waiting | None] = {}
        try:
            while self.waiting or self.sub_runs or pending:
                pending |= {asyncio.ensure_future(waiting.result): waiting for waiting in self.waiting}
                pending |= {asyncio.ensure_future(_finished(sub_run)): None for sub_run in self.sub_runs}
                self.waiting, self.sub_runs = [], []
                left = None if self.deadline is None else max(0.0, self.deadline - time.monotonic())
                done, _ = await asyncio.wait(pending, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                if not done:
                    self._time_out(pending)
                for task in [task for task in pending if task in done]:
                    self._resume(pending.pop(task), task)
        finally:
            await _cancel(pending)
        return self.finish()

    def finish(self) -> Run:
        self.run.ends = _flatten(self.run.ends)
        self.run.completed = True
        return self.run

    def _resume(self, waiting: _Waiting | None, task: "asyncio.Future[Any]") -> None:
        if waiting is None:
            self.run.failures += task.result().failures
            return
        hop = waiting.hop
        node = self.plan.nodes[hop.node]
        try:
            result = task.result()
        except Exception as error:  # noqa: BLE001 - as in advance()
            result = failure_of(error, hop.message, node)
        self.ends = waiting.slot
        self._emit(hop, node, result, waiting.started_ns)
        self.advance()

    def _time_out(self, pending: "dict[asyncio.Future[Any], _Waiting | None]") -> None:
        for waiting in filter(None, pending.values()):
            self.ends = waiting.slot
            self._fail(self.plan.nodes[waiting.hop.node].id, waiting.hop.message, DEADLINE)
        for task in pending:
            task.cancel()
        pending.clear()

    def _context(self, hop: _Hop, node: PlannedNode) -> ExecutionContext:
        nodes = self.plan.nodes
        return ExecutionContext(self.plan.chain_id, node.id, nodes[hop.origin].id, hop.relation, hop.error)

    def _emit(self, hop: _Hop, node: PlannedNode, result: Outcome | Sequence[Outcome], started_ns: int) -> None:
        outcomes = (result,) if isinstance(result, Outcome) else result
        hops: list[_Hop] = []
        for outcome in outcomes:
            message = outcome.message
            if outcome.error is not None:
                message = message.with_metadata("errorMsg", outcome.error)
            if self.watched:
                self._record(hop, node, outcome, message, started_ns)
            self._follow(hop, node, outcome, message, hops)
        if hops:
            hops.reverse()
            self.stack += hops

    def _follow(self, hop: _Hop, node: PlannedNode, outcome: Outcome, message: Message, hops: list[_Hop]) -> None:
        relation = outcome.relation
        if not self.options.only_first and relation:
            targets = node.routes.get(relation)
            if targets is None and outcome.fallback is not None:
                targets = node.routes.get(outcome.fallback)
            if targets is not None:
                hops += [_Hop(target, message, relation, outcome.error, hop.node) for target in targets]
            if (node.chain_routes and self._enter_chains(node, relation, message)) or targets is not None:
                return
        end = End(relation, message, outcome.error, node.id)
        if relation == FAILURE:
            self.run.failures.append(end)
        if not self.plan.has_end or self.options.only_first or (relation == FAILURE and self.options.failure_ends):
            self.ends.append(end)

    def _enter_chains(self, node: PlannedNode, relation: str, message: Message) -> bool:
        """Hand the message to the chains that a relation leads to. Their ends are their own; their failures count here."""
        options = self.options
        plans = [plan for id_ in node.chain_routes.get(relation, ()) if (plan := options.find_chain(id_)) is not None]
        for plan in plans:
            if options.depth >= MAX_DEPTH:
                self._fail(node.id, message, DEPTH_LIMIT)
                continue
            result = execute(plan, message, replace(options, start=(), only_first=False, depth=options.depth + 1))
            if isinstance(result, PendingRun):
                self.sub_runs.append(result)
            else:
                self.run.failures += result.failures
        return bool(plans)

    def _reach_end(self, node: PlannedNode, hop: _Hop) -> None:
        self.ends.append(End(hop.relation, hop.message, hop.error, node.id))
        if self.watched:
            self._notify(node, "IN", hop.relation, hop.message, hop.error)
            self._record(hop, node, Outcome(hop.relation, hop.message, hop.error), hop.message, time.perf_counter_ns())

    def _fail(self, node_id: str, message: Message, error: str) -> None:
        end = End(FAILURE, message, error, node_id)
        self.run.failures.append(end)
        self.ends.append(end)

    def _stop(self, hop: _Hop, reason: str) -> None:
        """End this branch and every other one that still has somewhere to go, at the nodes they come from."""
        for left in (hop, *reversed(self.stack)):
            self._fail(self.plan.nodes[left.origin].id, left.message, reason)
        self.stack.clear()

    def _record(self, hop: _Hop, node: PlannedNode, outcome: Outcome, message: Message, started_ns: int) -> None:
        spent = time.perf_counter_ns() - started_ns
        if self.options.trace:
            self.run.trace.append(
                TraceEvent(
                    node.id, node.type, hop.relation, hop.message, outcome.relation, message, outcome.error, spent
                )
            )
        self._notify(node, "OUT", outcome.relation, message, outcome.error)

    def _notify(self, node: PlannedNode, flow: str, relation: str, message: Message, error: str | None) -> None:
        observer = self.options.observer
        if observer is None or not (node.debug if self.options.debug is None else self.options.debug):
            return
        try:
            observer.node_event(NodeEvent(self.plan.chain_id, node.id, flow, relation, message, error))
        except Exception:
            _log.exception("an observer failed on node %r of chain %r", node.id, self.plan.chain_id)


def failure_of(error: Exception, message: Message, node: PlannedNode) -> Outcome:
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


async def _cancel(pending: "dict[asyncio.Future[Any], _Waiting | None]") -> None:
    for task in pending:
        task.cancel()
    if pending:
        await asyncio.gather(*pending, return_exceptions=True)
