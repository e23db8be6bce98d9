"""Telling a trace and an observer what happens in a run. Runs that nobody watches have none of this."""

import logging
import time

from rulechain.api import NodeEvent, Outcome, TraceEvent
from rulechain.model import Message
from rulechain.plan import ChainPlan, PlannedNode
from rulechain.runtime.options import RunOptions

_log = logging.getLogger("rulechain.run")


def is_watched(plan: ChainPlan, options: RunOptions) -> bool:
    """Whether somebody would be told something of a run of this plan."""
    debug = plan.has_debug if options.debug is None else options.debug
    return options.trace or (debug and options.observer is not None)


class Watch:
    """Notes what enters and leaves the nodes of one run; the chain's secrets are masked."""

    __slots__ = ("_options", "_plan", "_trace")

    def __init__(self, plan: ChainPlan, options: RunOptions, trace: list[TraceEvent]) -> None:
        self._plan = plan
        self._options = options
        self._trace = trace

    def enter(self, node: PlannedNode, relation: str, message: Message, error: str | None) -> int:
        """Note that a message enters a node, and return the time by which its work is measured."""
        self._notify(node, "IN", relation, message, error)
        return time.perf_counter_ns()

    def leave(
        self,
        node: PlannedNode,
        relation_in: str,
        message_in: Message,
        outcome: Outcome,
        message: Message,
        started_ns: int,
    ) -> None:
        """Note what a node emitted."""
        spent_ns = time.perf_counter_ns() - started_ns
        if self._options.trace:
            mask = self._plan.secrets.mask_message
            event = TraceEvent(
                node.id,
                node.type,
                relation_in,
                mask(message_in),
                outcome.relation,
                mask(message),
                self._plan.secrets.mask_error(outcome.error),
                spent_ns,
                self._plan.chain_id,
                time.time_ns(),
            )
            self._trace.append(event)
        self._notify(node, "OUT", outcome.relation, message, outcome.error)

    def _notify(self, node: PlannedNode, flow: str, relation: str, message: Message, error: str | None) -> None:
        observer, plan = self._options.observer, self._plan
        if observer is None or not (node.debug if self._options.debug is None else self._options.debug):
            return
        secrets = plan.secrets
        event = NodeEvent(
            plan.chain_id, node.id, flow, relation, secrets.mask_message(message), secrets.mask_error(error)
        )
        try:
            observer.node_event(event)
        except Exception:  # noqa: BLE001 - somebody else's code, and the run is none of its business
            _log.exception("an observer failed on node %r of chain %r", node.id, plan.chain_id)
