"""A plan's nodes linked to each other, for the branch of a run that goes straight on from node to node.

Which of a node's forms is called, and which node each relation leads to, is settled when the chain is compiled.
"""

from collections.abc import Callable, Sequence
from typing import Any

from rulechain.api import Choose, Decide, Make
from rulechain.plan.planned import PlannedNode

# What is called: the test of a `Decide`, the function in a `Make` or a `Choose`, or the node function itself.
DECIDES, MAKES, CHOOSES, RUNS = 0, 1, 2, 3
# Nothing: the branch ends here.
ENDS = 4
# The node function with its context, for which there has to be a run.
ASKS = 5
# Nothing: the run has more to do at this node than to call it.
OTHER = 6


class DirectNode:
    """A node, linked to the ones that follow it. `routes` has the relations that lead to one, `several` the others."""

    __slots__ = ("call", "fallback", "index", "kind", "node", "routes", "several")

    def __init__(self, index: int, node: PlannedNode) -> None:
        self.index = index
        self.node = node
        self.kind, self.call, self.fallback = _form(node)
        self.routes: dict[str, DirectNode] = {}
        self.several: set[str] = set()

    def link(self, nodes: "Sequence[DirectNode]") -> None:
        """Connect the node with its successors."""
        for relation, targets in self.node.routes.items():
            if not relation and self.fallback is None:
                # This relation names none.
                continue
            if len(targets) == 1:
                self.routes[relation] = nodes[targets[0]]
            else:
                self.several.add(relation)


def link_nodes(nodes: Sequence[PlannedNode]) -> tuple[DirectNode, ...]:
    """Return the nodes of a plan, linked."""
    linked = tuple(DirectNode(index, node) for index, node in enumerate(nodes))
    for node in linked:
        node.link(linked)
    return linked


def _form(node: PlannedNode) -> tuple[int, Callable[..., Any], str | None]:
    run = node.run
    if node.is_end:
        return ENDS, run, None
    if node.joins or node.keeps_output or node.chain_routes:
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
