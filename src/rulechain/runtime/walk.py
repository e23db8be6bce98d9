"""The loop that goes from node to node: as long as one leads to one other, there is nothing to it but calling them.

A run that neither forks nor waits nor fails is one walk from its first node to its end, and keeps no books.
"""

import time
from typing import Any, Protocol

import msgspec

from rulechain.api import End, Outcome
from rulechain.model import FALSE, SUCCESS, TRUE, Message, NodeOutputs
from rulechain.plan import ChainPlan
from rulechain.plan.linked import ASKS, CHOOSES, DECIDES, MAKES, OTHER, RUNS
from rulechain.runtime.context import ExecutionContext, Surroundings
from rulechain.runtime.failure import failure_of
from rulechain.runtime.hop import Hop
from rulechain.runtime.limits import Steps


class Halt(msgspec.Struct, gc=False):
    """Where a walk cannot simply go on.

    Either the node that `hop` leads to is yet to be entered: there is more to it than a call, or the run is over a
    limit. Or it was called, and `result` is not simply a message that leaves by a relation.
    """

    hop: Hop
    called: bool = False
    result: Any = None


class Books(Surroundings, Protocol):
    """A run that keeps books, as far as a walk needs them."""

    deadline: float | None


def walk(
    plan: ChainPlan, hop: Hop, outputs: NodeOutputs | None, steps: Steps, books: Books | None = None
) -> End | Halt:
    """Follow a branch to its end, or to where it forks, fails, waits or has to stop.

    No outcome, hop or context is made that nobody asks for.

    Args:
        plan: The chain.
        hop: What leads into the first node.
        outputs: What nodes passed on; None where no node refers to another.
        steps: What the run has taken, and may take.
        books: The run's, where it keeps some; a node that asks for its context is not called without.

    Returns:
        The end, of an `end` node or a dead one; or where the walk has come to.
    """
    index, message, relation, error, origin = hop
    node, limit = plan.linked[index], steps.limit
    deadline, more = (None, ASKS) if books is None else (books.deadline, OTHER)
    while True:
        kind, taken = node.kind, steps.taken
        if kind >= more or taken >= limit or (deadline is not None and time.monotonic() > deadline):
            return Halt((node.index, message, relation, error, origin))
        steps.taken = taken + 1
        try:
            if kind == DECIDES:
                if node.call(message) is True:
                    leaves_by, following = TRUE, node.true
                else:
                    leaves_by, following = FALSE, node.false
            elif kind == MAKES:
                made = node.call(message)
                if type(made) is Message:
                    message = made if made.outputs is outputs else made.within(outputs)
                    leaves_by, following = SUCCESS, node.success
                else:
                    kind, result = RUNS, Outcome(SUCCESS, made)
            elif kind == CHOOSES:
                leaves_by = node.call(message)
                if type(leaves_by) is str:
                    following = node.routes.get(leaves_by, node.otherwise)
                else:
                    kind, result = RUNS, Outcome(leaves_by, message, None, node.fallback)
            elif kind == RUNS:
                result = node.call(message)
            elif kind == ASKS and books is not None:
                result = node.call(message, ExecutionContext(books, node.node, plan.nodes[origin].id, relation, error))
            else:
                return End(relation, message, error, node.node.id)
        except Exception as raised:  # noqa: BLE001 - whatever a node raises is a Failure of that node, never a crash
            kind, result = RUNS, failure_of(raised, message, node.node, plan)
        if kind >= RUNS:
            if not _is_plain(result, outputs):
                return Halt((node.index, message, relation, error, origin), True, result)  # noqa: FBT003
            message, leaves_by = result.message, result.relation
            following = node.routes.get(leaves_by)
        if following is None:
            return End(leaves_by, message, None, node.node.id)
        relation, error, origin, node = leaves_by, None, node.index, following


def _is_plain(result: Any, outputs: NodeOutputs | None) -> bool:
    """Whether all there is to a result is a message that leaves by a relation."""
    return (
        type(result) is Outcome
        and type(result.message) is Message
        and type(result.relation) is str
        and result.error is None
        and result.fallback is None
        and result.message.outputs is outputs
    )
