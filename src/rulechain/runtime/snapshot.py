"""Snapshots of runs for an observer: RuleGo's run log."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from rulechain.api import Run, RunObserver, RunSnapshot, Steps, TraceEvent, take_steps
from rulechain.model import ChainDefinition, Message, NodeOutputs
from rulechain.plan import ChainPlan
from rulechain.runtime.aspects import Begin
from rulechain.runtime.options import DEFAULT_OPTIONS, RunOptions
from rulechain.runtime.run import execute

_log = logging.getLogger("rulechain.run")

OFF, SUMMARY, DETAIL = MODES = ("off", "summary", "detail")
# The key of a chain's `additionalInfo` that overrides the engine's mode.
MODE_KEY = "runLogMode"
_NS_PER_MS = 1_000_000


class Snapshots:
    """Tells an observer of every run that has ended, of chains inside others too.

    Args:
        observer: Is told.
        mode: `off`, `summary` or `detail`, for chains that do not say it themselves.
        encode: Returns a chain as a document that may be shown.
        begin: What begins a run: `execute`, or something around it.
    """

    def __init__(
        self,
        observer: RunObserver,
        mode: str,
        encode: Callable[[ChainDefinition], Mapping[str, Any]],
        begin: Begin = execute,
    ) -> None:
        self._observer = observer
        self._mode = mode
        self._encode = encode
        self._begin = begin
        self._documents: dict[str, tuple[ChainPlan, Mapping[str, Any]]] = {}

    def begin(
        self,
        plan: ChainPlan,
        message: Message,
        options: RunOptions = DEFAULT_OPTIONS,
        outputs: NodeOutputs | None = None,
        trace: list[TraceEvent] | None = None,
    ) -> Run | Awaitable[Run]:
        """Run a message through a plan; as `execute`."""
        mode = plan.definition.additional_info.get(MODE_KEY) or self._mode
        if mode not in (SUMMARY, DETAIL):
            return self._begin(plan, message, options, outputs, trace)
        return take_steps(self._steps(plan, message, options, outputs, trace, detailed=mode == DETAIL))

    def _steps(
        self,
        plan: ChainPlan,
        message: Message,
        options: RunOptions,
        outputs: NodeOutputs | None,
        trace: list[TraceEvent] | None,
        *,
        detailed: bool,
    ) -> Steps[Run]:
        started_ms = time.time_ns() // _NS_PER_MS
        # A list of its own, so that the events of other runs do not stand between.
        own = msgspec.structs.replace(options, trace=True) if detailed else options
        begun = self._begin(plan, message, own, outputs, None if detailed else trace)
        run: Run = begun if isinstance(begun, Run) else (yield begun)
        logs = tuple(event for event in run.trace if event.chain_id == plan.chain_id) if detailed else ()
        snapshot = RunSnapshot(self._document(plan), message.id, started_ms, time.time_ns() // _NS_PER_MS, logs)
        try:
            self._observer.run_completed(snapshot)
        except Exception:  # noqa: BLE001 - somebody else's code, and the run is none of its business
            _log.exception("an observer failed on a run of chain %r", plan.chain_id)
        if detailed and trace is not None:
            trace.extend(run.trace)
            run.trace = trace
        elif not options.trace:
            run.trace = []
        return run

    def _document(self, plan: ChainPlan) -> Mapping[str, Any]:
        known = self._documents.get(plan.chain_id)
        if known is None or known[0] is not plan:
            known = self._documents[plan.chain_id] = (plan, self._encode(plan.definition))
        return known[1]
