"""Aspects put around the nodes of a plan and around runs: `api.Aspect`.

A plan gets them when it is compiled, so runs of an engine without aspects know nothing of them.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

import msgspec

from rulechain.api import Arrival, Aspect, End, NodeContext, NodeFunction, Run, Steps, TraceEvent, take_steps
from rulechain.model import FAILURE, Message, NodeOutputs
from rulechain.plan import ChainPlan, PlannedNode
from rulechain.runtime.failure import error_text, failed_run, failure_of, is_outcome, not_outcomes
from rulechain.runtime.limits import DEADLINE
from rulechain.runtime.options import DEFAULT_OPTIONS, RunOptions
from rulechain.runtime.run import execute

Begin = Callable[..., Run | Awaitable[Run]]
# Calls a node, or what is around it, with a message and its context.
_Call = Callable[[Message, NodeContext], Any]


def with_aspects(plan: ChainPlan, chosen: Sequence[tuple[Aspect, AbstractSet[str]]]) -> ChainPlan:
    """Return the plan with aspects around its nodes; `end` nodes do nothing, and have none.

    Args:
        plan: The chain.
        chosen: The aspects in order, each with the ids of the nodes that it is about.
    """
    nodes = []
    for node in plan.nodes:
        around = [] if node.is_end else [aspect for aspect, ids in chosen if node.id in ids]
        nodes.append(_Around(node, plan, around).planned())
    return replace(plan, nodes=tuple(nodes)) if chosen else plan


class _Around:
    """The aspects around one node."""

    def __init__(self, node: PlannedNode, plan: ChainPlan, aspects: Sequence[Aspect]) -> None:
        self._node = node
        self._plan = plan
        self._before = _points(aspects, "before_node")
        self._around = _points(aspects, "around_node")
        self._after = _points(aspects, "after_node")

    def planned(self) -> PlannedNode:
        """Return the node with its aspects; the node itself if there are none."""
        node = self._node
        if not (self._before or self._around or self._after):
            return node
        run = self._joining() if node.joins else self._function()
        return replace(node, run=run, uses_context=True, suspends=True)

    def _function(self) -> NodeFunction:
        node = self._node

        def run(message: Message, context: NodeContext) -> Any:
            return node.run(message, context) if node.uses_context else node.run(message)

        call = self._surrounded(run)
        return lambda message, context: take_steps(self._steps(message, context, call))

    def _joining(self) -> NodeFunction:
        """Return the function of a joining node, which aspects see with the first message that reached it."""
        node = self._node

        def run_joined(arrivals: list[Arrival], timed_out: bool, context: NodeContext) -> Any:  # noqa: FBT001 - as the runtime calls it
            first, *others = arrivals

            def run(message: Message, context: NodeContext) -> Any:
                arguments = ([first._replace(message=message), *others], timed_out)
                return node.run(*arguments, context) if node.uses_context else node.run(*arguments)

            return take_steps(self._steps(first.message, context, self._surrounded(run)))

        if (timeout_s := getattr(node.run, "timeout_s", None)) is not None:
            run_joined.timeout_s = timeout_s  # type: ignore[attr-defined]
        return run_joined

    def _surrounded(self, run: _Call) -> _Call:
        """Return a call of the node with what stands around it."""

        def guarded(message: Message, context: NodeContext) -> Any:
            return take_steps(self._guarded(run, message, context))

        call: _Call = guarded
        for around in reversed(self._around):
            call = _bound(around, call)
        return call

    def _guarded(self, run: _Call, message: Message, context: NodeContext) -> Steps[Any]:
        """Run the node; what it raises is its Failure."""
        try:
            return (yield from _finished(run(message, context)))
        except Exception as error:  # noqa: BLE001 - as the runtime does
            return failure_of(error, message, self._node, self._plan)

    def _steps(self, message: Message, context: NodeContext, call: _Call) -> Steps[Any]:
        try:
            for before in self._before:
                message = (yield from _finished(before(message, context))) or message
            result = yield from _finished(call(message, context))
        except Exception as error:  # noqa: BLE001 - an aspect's bug must not lose a message either
            result = failure_of(error, message, self._node, self._plan)
        if not self._after:
            return result
        outcomes = []
        for outcome in result if isinstance(result, (list, tuple)) else (result,):
            outcomes.append((yield from self._afterwards(message, context, outcome)))  # noqa: PERF401 - it yields
        return outcomes

    def _afterwards(self, message: Message, context: NodeContext, outcome: Any) -> Steps[Any]:
        if not is_outcome(outcome):
            outcome = failure_of(not_outcomes(outcome), message, self._node, self._plan)
        for after in self._after:
            try:
                outcome = (yield from _finished(after(outcome, context))) or outcome
            except Exception as error:  # noqa: BLE001 - as in _steps()
                outcome = failure_of(error, outcome.message, self._node, self._plan)
        return outcome


class RunAspects:
    """The aspects around whole runs, of chains inside others too.

    Args:
        aspects: All of the engine's.
        begin: What begins a run: `execute`, or something around it.
    """

    def __init__(self, aspects: Sequence[Aspect], begin: Begin = execute) -> None:
        self._begin = begin
        self._start = _points(aspects, "on_start")
        self._end = _points(aspects, "on_end")
        self._completed = _points(aspects, "on_completed")

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to do around a run."""
        return bool(self._start or self._end or self._completed)

    def begin(
        self,
        plan: ChainPlan,
        message: Message,
        options: RunOptions = DEFAULT_OPTIONS,
        outputs: NodeOutputs | None = None,
        trace: list[TraceEvent] | None = None,
    ) -> Run | Awaitable[Run]:
        """Run a message through a plan; as `execute`."""
        return take_steps(self._steps(plan, message, options, outputs, trace))

    def _steps(
        self,
        plan: ChainPlan,
        message: Message,
        options: RunOptions,
        outputs: NodeOutputs | None,
        trace: list[TraceEvent] | None,
    ) -> Steps[Run]:
        chain = plan.definition
        deadline = None if options.timeout_s is None else time.monotonic() + options.timeout_s
        try:
            for start in self._start:
                message = (yield from _finished(start(message, chain), deadline)) or message
        except TimeoutError:
            return failed_run(message, "", DEADLINE)
        except Exception as error:  # noqa: BLE001 - an aspect turned the message away
            return failed_run(message, "", plan.secrets.mask(error_text(error)))
        if deadline is not None:
            options = msgspec.structs.replace(options, timeout_s=max(0.0, deadline - time.monotonic()))
        run: Run = yield from _finished(self._begin(plan, message, options, outputs, trace))
        if self._end:
            ends = []
            for end in run.ends:
                ends.append((yield from self._ended(run, end, plan)))  # noqa: PERF401 - it yields
            run.ends = ends
        for completed in self._completed:
            try:
                yield from _finished(completed(run, chain))
            except Exception as error:  # noqa: BLE001 - what it was to do was not done: the run has failed
                run.ends.append(_failed(run, message, plan.secrets.mask(error_text(error)), ""))
        return run

    def _ended(self, run: Run, end: End, plan: ChainPlan) -> Steps[End]:
        message = end.message
        try:
            for ended in self._end:
                seen = End(end.relation, message, end.error, end.node_id)
                message = (yield from _finished(ended(seen, plan.definition))) or message
        except Exception as error:  # noqa: BLE001 - an aspect's bug must not lose an end
            return _failed(run, message, plan.secrets.mask(error_text(error)), end.node_id)
        if message is end.message:
            return end
        changed = End(end.relation, message, end.error, end.node_id)
        run.failures = [changed if failure is end else failure for failure in run.failures]
        return changed


def _failed(run: Run, message: Message, error: str, node_id: str) -> End:
    end = End(FAILURE, message, error, node_id)
    run.failures.append(end)
    return end


def _points(aspects: Iterable[Aspect], name: str) -> list[Callable[..., Any]]:
    """Return a method of those aspects that override it."""
    return [getattr(each, name) for each in aspects if getattr(type(each), name) is not getattr(Aspect, name)]


def _bound(around: Callable[..., Any], inner: _Call) -> _Call:
    """Return the call of an aspect around another call."""
    if inspect.iscoroutinefunction(around):

        def call(message: Message, context: NodeContext) -> Any:
            async def proceed(message: Message) -> Any:
                result = inner(message, context)
                return await result if _is_awaitable(result) else result

            return around(message, context, proceed)

        return call
    return lambda message, context: around(message, context, lambda message: inner(message, context))


def _finished(result: Any, deadline: float | None = None) -> Steps[Any]:
    """Wait for what may be an awaitable, as one of the steps."""
    if not _is_awaitable(result):
        return result
    if deadline is not None:
        result = asyncio.wait_for(result, max(0.0, deadline - time.monotonic()))
    return (yield result)


def _is_awaitable(result: Any) -> bool:
    return hasattr(result, "__await__")
