"""Who can reach whom along the connections of a graph."""

from collections.abc import Iterable

from rulechain.graph import ChainGraph


def descendants(graph: ChainGraph, start: int) -> frozenset[int]:
    """Return the nodes that a message may come to after a node; the node itself only through a cycle."""
    return _closure(_targets(graph), start)


def ancestors(graph: ChainGraph, target: int) -> frozenset[int]:
    """Return the nodes from which a message may come to a node."""
    sources: list[list[int]] = [[] for _ in graph.nodes]
    for start, targets in enumerate(_targets(graph)):
        for reached in targets:
            sources[reached].append(start)
    return _closure(sources, target)


def _targets(graph: ChainGraph) -> list[list[int]]:
    return [[target for targets in routes.values() for target in targets] for routes in graph.routes]


def _closure(steps: list[list[int]], start: int) -> frozenset[int]:
    found: set[int] = set()
    ahead: list[int] = list(steps[start])
    while ahead:
        node = ahead.pop()
        if node not in found:
            found.add(node)
            ahead += _unseen(steps[node], found)
    return frozenset(found)


def _unseen(nodes: Iterable[int], found: set[int]) -> list[int]:
    return [node for node in nodes if node not in found]
