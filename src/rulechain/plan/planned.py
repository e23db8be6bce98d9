"""A node of a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rulechain.api import Close, NodeFunction


@dataclass(frozen=True, slots=True)
class PlannedNode:
    """A node ready to run. `routes` maps a relation to the indexes of the nodes it leads to, in order."""

    id: str
    type: str
    run: NodeFunction
    routes: Mapping[str, tuple[int, ...]]
    # Relation to ids of whole chains: RuleGo's legacy `ruleChainConnections`.
    chain_routes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    uses_context: bool = False
    suspends: bool = False
    is_end: bool = False
    joins: bool = False
    debug: bool = False
    # The names whose outputs the function may look at; None where its settings have to tell.
    reads: frozenset[str] | None = None
    # Some node refers to this one's output.
    keeps_output: bool = False
    # An `end` node can be reached from here: it silences the dead ends of a run that begins at this node.
    leads_to_end: bool = False
    # Of a joining node: the nodes whose messages may still reach it.
    before: frozenset[int] = frozenset()
    # Gives back what the node holds.
    closes: tuple[Close, ...] = ()
