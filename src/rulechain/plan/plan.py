"""A compiled chain: flat tuples and integer indexes, shared by all its runs and never changed."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rulechain.api import Close, NodeFunction
from rulechain.diagnostics import Diagnostic
from rulechain.model import ChainDefinition

_log = logging.getLogger("rulechain.plan")


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
    # Some node refers to this one's output.
    keeps_output: bool = False
    # An `end` node can be reached from here: it silences the dead ends of a run that begins at this node.
    leads_to_end: bool = False
    # Of a joining node: the nodes whose messages may still reach it.
    before: frozenset[int] = frozenset()
    # Gives back what the node holds.
    closes: tuple[Close, ...] = ()


@dataclass(frozen=True, slots=True)
class ChainPlan:
    """What a run needs to know. `first` is None in a chain without an entry node: each message fails there."""

    chain_id: str
    nodes: tuple[PlannedNode, ...]
    first: int | None
    index_of: Mapping[str, int]
    # Some node is of an end type, reachable or not: other dead ends are then silent, as in RuleGo.
    has_end: bool
    # What the view of a node's output holds besides its message; None when no node refers to another.
    output_constants: Mapping[str, Any] | None
    definition: ChainDefinition
    warnings: tuple[Diagnostic, ...] = field(default=(), compare=False)

    @property
    def needs_closing(self) -> bool:
        """Whether some node holds something, such as a connection."""
        return any(node.closes for node in self.nodes)

    async def close(self) -> None:
        """Let every node give back what it holds; runs under way can still end."""
        closes = [(node.id, close()) for node in self.nodes for close in node.closes]
        results = await asyncio.gather(*(closing for _, closing in closes), return_exceptions=True)
        for (node_id, _), result in zip(closes, results, strict=True):
            if isinstance(result, Exception):
                _log.warning("node %r of chain %r failed to close", node_id, self.chain_id, exc_info=result)
