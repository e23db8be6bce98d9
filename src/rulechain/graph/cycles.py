"""Find the cycles of a chain, as the connections that form them."""

from collections.abc import Iterator

from rulechain.graph.build import ChainGraph
from rulechain.model import ConnectionDefinition

Cycle = tuple[ConnectionDefinition, ...]


def find_cycles(graph: ChainGraph) -> list[Cycle]:
    """Return cycles that have no node in common, at least one in every part of the chain that has any."""
    outgoing: list[list[tuple[int, ConnectionDefinition]]] = [[] for _ in graph.nodes]
    for connection in graph.definition.connections:
        start, target = graph.index.get(connection.from_id), graph.index.get(connection.to_id)
        if start is not None and target is not None:
            outgoing[start].append((target, connection))
    cycles: list[Cycle] = []
    done: set[int] = set()
    on_cycle: set[int] = set()
    for start in range(len(graph.nodes)):
        for nodes, cycle in _cycles_from(start, outgoing, done):
            if on_cycle.isdisjoint(nodes):
                on_cycle.update(nodes)
                cycles.append(cycle)
    return cycles


def _cycles_from(
    start: int, outgoing: list[list[tuple[int, ConnectionDefinition]]], done: set[int]
) -> Iterator[tuple[list[int], Cycle]]:
    """Walk depth first without recursion, and give the cycle that each connection back into the path closes."""
    if start in done:
        return
    path = [start]
    taken: list[ConnectionDefinition] = []
    position = {start: 0}
    rest = [iter(outgoing[start])]
    while path:
        step = next(rest[-1], None)
        if step is None:
            rest.pop()
            node = path.pop()
            del position[node]
            done.add(node)
            if taken:
                taken.pop()
            continue
        target, connection = step
        if target in position:
            first = position[target]
            yield path[first:], (*taken[first:], connection)
        elif target not in done:
            position[target] = len(path)
            path.append(target)
            taken.append(connection)
            rest.append(iter(outgoing[target]))
