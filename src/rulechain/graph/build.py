"""Turn node ids into indexes and group connections by relation. Never fails: complaining is left to `validate`."""

from collections.abc import Mapping
from dataclasses import dataclass

from rulechain.model import ChainDefinition, NodeDefinition

Routes = Mapping[str, tuple[int, ...]]
ChainRoutes = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ChainGraph:
    """A chain whose nodes are numbers: the position of each in the document."""

    definition: ChainDefinition
    nodes: tuple[NodeDefinition, ...]
    # The number of each id; of an id that occurs twice, the last, as in RuleGo.
    index: Mapping[str, int]
    # Where messages enter; None when `firstNodeIndex` points at no node.
    first: int | None
    # Of each node: relation → the nodes it leads to, in the order of the connections.
    routes: tuple[Routes, ...]
    # Of each node: relation → the ids of the chains it leads to (RuleGo's legacy `ruleChainConnections`).
    chain_routes: tuple[ChainRoutes, ...]


def build_graph(definition: ChainDefinition) -> ChainGraph:
    """Index a chain's nodes and group its connections by node and relation.

    Connections with an end that the chain does not have are left out: a branch that takes one ends there.
    """
    nodes = definition.nodes
    index = {node.id: number for number, node in enumerate(nodes)}
    routes: list[dict[str, list[int]]] = [{} for _ in nodes]
    for connection in definition.connections:
        start, target = index.get(connection.from_id), index.get(connection.to_id)
        if start is not None and target is not None:
            routes[start].setdefault(connection.relation, []).append(target)
    chain_routes: list[dict[str, list[str]]] = [{} for _ in nodes]
    for connection in definition.chain_connections:
        start = index.get(connection.from_id)
        if start is not None:
            chain_routes[start].setdefault(connection.relation, []).append(connection.to_id)
    first = definition.first_node_index
    return ChainGraph(
        definition,
        nodes,
        index,
        first if 0 <= first < len(nodes) else None,
        tuple({relation: tuple(targets) for relation, targets in each.items()} for each in routes),
        tuple({relation: tuple(targets) for relation, targets in each.items()} for each in chain_routes),
    )
