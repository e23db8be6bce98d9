"""A compiled chain: flat tuples and integer indexes, shared by all its runs and never changed."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rulechain.diagnostics import Diagnostic
from rulechain.model import ChainDefinition
from rulechain.plan.lease import Lease
from rulechain.plan.linked import ASKS, LinkedNode, link_nodes
from rulechain.plan.planned import PlannedNode
from rulechain.plan.secrets import NO_SECRETS, Secrets
from rulechain.values import to_json

_log = logging.getLogger("rulechain.plan")


@dataclass(frozen=True, slots=True)
class ChainPlan:
    """What a run needs to know. `first` is None in a chain without an entry node: each message fails with `refusal`."""

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
    refusal: str = "the rule chain has no nodes"
    # Some node is in debug mode, or all are.
    has_debug: bool = False
    secrets: Secrets = NO_SECRETS
    # Counts the runs under way, where some node holds something, such as a connection.
    lease: Lease | None = field(default=None, compare=False, repr=False)
    # The nodes once more, as a run goes from one to the next.
    linked: tuple[LinkedNode, ...] = field(init=False, compare=False, repr=False)
    # The first node of a chain that is nothing but plain nodes: its runs need no books until one fails or waits. Else
    # None.
    plain_first: int | None = field(init=False, compare=False, repr=False)
    # The ids of nodes of an end type.
    end_ids: frozenset[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "end_ids", frozenset(node.id for node in self.nodes if node.is_end))
        object.__setattr__(self, "linked", link_nodes(self.nodes))
        is_plain = self.lease is None and all(node.kind < ASKS for node in self.linked)
        object.__setattr__(self, "plain_first", self.first if is_plain else None)

    def stopped(self, refusal: str) -> "ChainPlan":
        """Return a plan of the same chain that turns every message away."""
        return replace(self, nodes=(), first=None, index_of={}, has_end=False, refusal=refusal, lease=None)

    @property
    def is_stopped(self) -> bool:
        """Whether messages are turned away that the chain as written would take."""
        return not self.nodes and bool(self.definition.nodes)

    def keeping(self, old: "ChainPlan", *, but: str) -> "ChainPlan":
        """Return this plan with the nodes of an earlier version, but for one and those that borrow from it."""
        shared = f"ref://{but}"
        fresh = {node.id for node in self.definition.nodes if node.id == but or shared in to_json(node.configuration)}
        known = {node.id: node for node in old.nodes if node.id not in fresh}
        nodes = tuple(
            replace(node, run=known[node.id].run, closes=known[node.id].closes) if node.id in known else node
            for node in self.nodes
        )
        return replace(self, nodes=nodes, lease=Lease(old.lease) if any(node.closes for node in nodes) else None)

    async def close(self, successor: "ChainPlan | None" = None) -> None:
        """Let every node give back what it holds and the successor does not hold too; runs can still end."""
        kept = set() if successor is None else {close for node in successor.nodes for close in node.closes}
        closes = [(node.id, close()) for node in self.nodes for close in node.closes if close not in kept]
        results = await asyncio.gather(*(closing for _, closing in closes), return_exceptions=True)
        for (node_id, _), result in zip(closes, results, strict=True):
            if isinstance(result, Exception):
                _log.warning("node %r of chain %r failed to close", node_id, self.chain_id, exc_info=result)
