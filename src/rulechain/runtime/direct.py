"""The straight part of a branch: from node to node, as long as there is nothing to it but calling them.

Most of most runs is that, and it is done in one loop that keeps no books: no hop, no outcome, no context is made.
Where a branch forks, waits, joins, fails or is handed over to another chain, the loop says how far it came, and the run
goes on from there. Runs that are watched, or only of one node, never come here.
"""

import time
from typing import Any, cast

from rulechain.api import End, Outcome
from rulechain.model import FALSE, SUCCESS, TRUE, Message, NodeOutputs
from rulechain.plan import ChainPlan
from rulechain.plan.direct import ASKS, CHOOSES, DECIDES, ENDS, MAKES, OTHER, RUNS, DirectNode
from rulechain.runtime.context import ExecutionContext, Surroundings
from rulechain.runtime.failure import failure_of
from rulechain.runtime.limits import DEADLINE, STEP_LIMIT, Steps

# A message on its way into a node: the node's index, the message, the relation and error that led there, and the index
# of the node it comes from (the node itself where the run begins). A plain tuple, because one is made per hop.
Hop = tuple[int, Message, str, str | None, int]

# How the straight part of a branch came to its end, and what is said of it: nothing connects to the outcome (an `End`);
# the branch is at an `end` node (an `End`); a node is done (its result); one is still to be done (None); the run has to
# stop (the reason).
DEAD_END, AT_END, DONE, AHEAD, STOPPED = range(5)


def go_straight(
    node: DirectNode,
    hop: Hop,
    plan: ChainPlan,
    outputs: NodeOutputs | None,
    steps: Steps,
    deadline: float | None,
    around: Surroundings | None,
) -> tuple[int, Any, Hop]:
    """Follow a branch as far as it goes straight on.

    Args:
        node: Where it begins.
        hop: What leads there.
        plan: That of the run, as all that follows.
        outputs: See there.
        steps: Are counted.
        deadline: See there.
        around: The run; without it, the branch goes up to the first node that asks for its context.

    Returns:
        How that ended, what there is to say of it, and the hop into the last node.
    """
    _, message, relation, error, origin = hop
    furthest = ASKS if around is None else OTHER
    how, what = AHEAD, cast("Any", None)
    while (kind := node.kind) < furthest:
        steps.taken += 1
        if steps.taken > steps.limit or (deadline is not None and time.monotonic() > deadline):
            how, what = STOPPED, STEP_LIMIT if steps.taken > steps.limit else DEADLINE
            break
        if kind == ENDS:
            how, what = AT_END, End(relation, message, error, node.node.id)
            break
        try:
            if kind == DECIDES:
                leaves_by = TRUE if node.call(message) is True else FALSE
            elif kind == MAKES:
                message = node.call(message)
                leaves_by = SUCCESS
            elif kind == CHOOSES:
                leaves_by = node.call(message)
            elif kind == RUNS or around is None:
                result = node.call(message)
            else:
                came_from = plan.nodes[origin].id
                result = node.call(message, ExecutionContext(around, node.node, came_from, relation, error))
        except Exception as raised:  # noqa: BLE001 - whatever a node raises is a Failure of that node, never a crash
            how, what = DONE, failure_of(raised, message, node.node, plan)
            break
        if kind >= RUNS:
            result = result[0] if type(result) is list and len(result) == 1 else result
            if not _is_plain(result, outputs):
                how, what = DONE, result
                break
            message, leaves_by = result.message, result.relation
        following = node.routes.get(leaves_by)
        if following is None and (following := _instead(node, leaves_by)) is None:
            how, what = _beyond(node, leaves_by, message)
            break
        node, relation, error, origin = following, leaves_by, None, node.index
    return how, what, (node.index, message, relation, error, origin)


def _is_plain(result: Any, outputs: NodeOutputs | None) -> bool:
    return (
        type(result) is Outcome
        and result.error is None
        and result.fallback is None
        and result.message.outputs is outputs
    )


def _instead(node: DirectNode, relation: str) -> DirectNode | None:
    """Return the node that the fallback leads to, if there is one and nothing connects to the relation."""
    return None if node.fallback is None or relation in node.several else node.routes.get(node.fallback)


def _beyond(node: DirectNode, relation: str, message: Message) -> tuple[int, Any]:
    """Say what follows where no single node does."""
    if relation in node.several or node.fallback in node.several:
        return DONE, Outcome(relation, message, fallback=node.fallback)
    return DEAD_END, End(relation, message, None, node.node.id)
