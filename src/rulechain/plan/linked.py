"""A plan's nodes linked to each other: what a run that goes from node to node needs to know of each.

Which form of a node's function is called, and which node follows, is settled when the chain is compiled.
"""

from collections.abc import Callable, Sequence
from typing import Any

from rulechain.api import Choose, Decide, Make
from rulechain.model import FALSE, SUCCESS, TRUE
from rulechain.plan.planned import PlannedNode

# What is called: the test of a `Decide`, the function in a `Make` or a `Choose`, or the node function itself, without
# its context or with it; nothing where a branch ends. At the last kind of node a run has more to do than to call it and
# to go on to one other node.
DECIDES, MAKES, CHOOSES, RUNS, ENDS, ASKS, OTHER = range(7)


class LinkedNode:
    """A node, linked to those that follow it: by a relation, or `otherwise` by any that nothing connects to."""

    __slots__ = ("call", "fallback", "false", "index", "kind", "node", "otherwise", "routes", "success", "true")

    def __init__(self, index: int, node: PlannedNode) -> None:
        self.index = index
        self.node = node
        self.kind, self.call, self.fallback = _form(node)
        self.routes: dict[str, LinkedNode] = {}
        self.otherwise: LinkedNode | None = None
        # The commonest routes once more: there is nothing to look up.
        self.true: LinkedNode | None = None
        self.false: LinkedNode | None = None
        self.success: LinkedNode | None = None

    def link(self, nodes: "Sequence[LinkedNode]") -> None:
        """Connect the node with its successors."""
        if self.kind in (ENDS, OTHER):
            return
        # Relation "" names none, so nothing follows it; a switch takes it as the type of a message that has none.
        self.routes = {
            relation: nodes[index]
            for relation, (index,) in self.node.routes.items()
            if relation or self.fallback is not None
        }
        if self.fallback is not None:
            self.otherwise = self.routes.get(self.fallback)
        self.true, self.false, self.success = map(self.routes.get, (TRUE, FALSE, SUCCESS))


def link_nodes(nodes: Sequence[PlannedNode]) -> tuple[LinkedNode, ...]:
    """Return the nodes of a plan, linked."""
    linked = tuple(LinkedNode(index, node) for index, node in enumerate(nodes))
    for node in linked:
        node.link(linked)
    return linked


def _form(node: PlannedNode) -> tuple[int, Callable[..., Any], str | None]:
    run = node.run
    if node.is_end and not node.keeps_output:
        return ENDS, run, None
    forks = any(len(targets) > 1 for targets in node.routes.values())
    if forks or node.is_end or node.joins or node.keeps_output or node.chain_routes:
        return OTHER, run, None
    if node.uses_context:
        return ASKS, run, None
    if isinstance(run, Decide):
        return DECIDES, run.test, None
    if isinstance(run, Make):
        return MAKES, run.make, None
    if isinstance(run, Choose):
        return CHOOSES, run.choose, run.fallback
    return RUNS, run, None
