"""Where to draw the nodes of a graph: in layers from left to right, with few crossings and short connections.

The layered method of Sugiyama: break cycles, give each node the layer after the last one that leads to it, pass long
connections through every layer between, order the layers by the middle of their neighbours, then let neighbours
pull each other straight. Pure and repeatable: the same graph has the same picture.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Final

Edge = tuple[int, int]

_SWEEPS: Final = 12
_ROW_SWEEPS: Final = 40
# How much a neighbour counts, by how many of the two are places that a long connection only passes.
_PULL: Final = (1.0, 2.0, 8.0)
# How far apart, in rows, the middles of two neighbours in a layer are at least; what only passes through needs less.
_NODE_ROOM, _PASSING_ROOM = 1.0, 0.5


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Of each node its column and row, and of each connection over several columns the rows it passes in between."""

    places: tuple[tuple[int, float], ...]
    bends: Mapping[Edge, tuple[tuple[int, float], ...]]


def arrange(count: int, edges: Sequence[Edge], first: int | None = None) -> Arrangement:
    """Place `count` nodes; columns count from 0, rows from 0 and need not be whole.

    Args:
        count: How many nodes there are; they are the numbers below it.
        edges: Connections from node to node; cycles and repetitions are fine.
        first: Where reading begins, if there is such a node.
    """
    forward = _without_cycles(count, edges, first)
    layer_of = _layers_of(count, forward)
    graph = _Layered(count, layer_of, forward)
    graph.order()
    rows = graph.rows()
    lowest = min(rows, default=0.0)
    places = tuple((layer_of[node], rows[node] - lowest) for node in range(count))
    known = set(edges)
    ways = {
        edge: tuple((graph.layer_of[node], rows[node] - lowest) for node in passing)
        for edge, passing in graph.passing.items()
        if passing
    }
    turned_back = {(to, start): way[::-1] for (start, to), way in ways.items()}
    return Arrangement(places, {edge: way for edge, way in {**turned_back, **ways}.items() if edge in known})


def _without_cycles(count: int, edges: Sequence[Edge], first: int | None) -> list[Edge]:
    """Return the connections, those that close a cycle turned round."""
    targets: list[list[int]] = [[] for _ in range(count)]
    for start, to in edges:
        if start != to and to not in targets[start]:
            targets[start].append(to)
    done: set[int] = set()
    found: dict[Edge, None] = {}
    for root in (*(() if first is None else (first,)), *range(count)):
        if root in done:
            continue
        path, rest = {root}, [(root, iter(targets[root]))]
        while rest:
            node, others = rest[-1]
            to = next(others, -1)
            if to < 0:
                rest.pop()
                path.discard(node)
                done.add(node)
                continue
            found[(to, node) if to in path else (node, to)] = None
            if to not in path and to not in done:
                path.add(to)
                rest.append((to, iter(targets[to])))
    return list(found)


def _layers_of(count: int, edges: Sequence[Edge]) -> list[int]:
    """Return each node's layer: one after the last of those that lead to it."""
    targets: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for start, to in edges:
        targets[start].append(to)
        waiting[to] += 1
    layers = [0] * count
    ready = [node for node in range(count) if not waiting[node]]
    for node in ready:
        for to in targets[node]:
            layers[to] = max(layers[to], layers[node] + 1)
            waiting[to] -= 1
            if not waiting[to]:
                ready.append(to)
    return layers


class _Layered:
    """The graph with a passing node in every layer that a connection crosses."""

    def __init__(self, count: int, layer_of: Sequence[int], edges: Sequence[Edge]) -> None:
        self.count = count
        self.layer_of = list(layer_of)
        self.passing: dict[Edge, list[int]] = {}
        self._before: list[list[int]] = [[] for _ in range(count)]
        self._after: list[list[int]] = [[] for _ in range(count)]
        for edge in edges:
            start, to = edge
            self.passing[edge] = [self._add(layer) for layer in range(layer_of[start] + 1, layer_of[to])]
            for left, right in pairwise((start, *self.passing[edge], to)):
                self._after[left].append(right)
                self._before[right].append(left)
        self.layers: list[list[int]] = [[] for _ in range(max(self.layer_of, default=-1) + 1)]
        for node, layer in enumerate(self.layer_of):
            self.layers[layer].append(node)

    def _add(self, layer: int) -> int:
        self.layer_of.append(layer)
        self._before.append([])
        self._after.append([])
        return len(self.layer_of) - 1

    def order(self) -> None:
        """Order each layer so that connections cross as little as can be had by sweeping to and fro."""
        best, fewest = self.layers, self._crossings()
        for sweep in range(_SWEEPS):
            is_forward = sweep % 2 == 0
            neighbours = self._before if is_forward else self._after
            rank = self._ranks()
            layers = self.layers if is_forward else self.layers[::-1]
            for layer in layers[1:]:
                middle = {
                    node: fmean(rank[other] for other in neighbours[node]) if neighbours[node] else float(rank[node])
                    for node in layer
                }
                layer.sort(key=middle.__getitem__)
                rank.update({node: place for place, node in enumerate(layer)})
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [list(layer) for layer in self.layers], crossings
        self.layers = [list(layer) for layer in best]

    def rows(self) -> list[float]:
        """Return each node's row: as near to its neighbours' as its layer's order allows."""
        rows = [0.0] * len(self.layer_of)
        for layer in self.layers:
            for node, row in zip(layer, self._spread(layer, [0.0] * len(layer)), strict=True):
                rows[node] = row
        for sweep in range(_ROW_SWEEPS):
            layers = self.layers if sweep % 2 == 0 else self.layers[::-1]
            for layer in layers:
                wanted = [self._wanted(node, rows) for node in layer]
                for node, row in zip(layer, self._spread(layer, wanted), strict=True):
                    rows[node] = row
        return rows

    def _wanted(self, node: int, rows: Sequence[float]) -> float:
        """Return the middle of a node's neighbours; long connections pull hardest, to be straight."""
        neighbours = [*self._before[node], *self._after[node]]
        if not neighbours:
            return rows[node]
        weights = [_PULL[(node >= self.count) + (other >= self.count)] for other in neighbours]
        return fmean((rows[other] for other in neighbours), weights)

    def _spread(self, layer: Sequence[int], wanted: Sequence[float]) -> list[float]:
        """Return the rows nearest to the wanted ones that keep order and room: a regression by pooling neighbours."""
        offsets = [0.0]
        for left, right in pairwise(layer):
            offsets.append(offsets[-1] + (self._room(left) + self._room(right)) / 2)
        pools: list[tuple[float, int]] = []
        for row, offset in zip(wanted, offsets, strict=True):
            mean, size = row - offset, 1
            while pools and pools[-1][0] > mean:
                other, more = pools.pop()
                mean, size = (mean * size + other * more) / (size + more), size + more
            pools.append((mean, size))
        means = (mean for mean, size in pools for _ in range(size))
        return [mean + offset for mean, offset in zip(means, offsets, strict=True)]

    def _room(self, node: int) -> float:
        return _NODE_ROOM if node < self.count else _PASSING_ROOM

    def _ranks(self) -> dict[int, int]:
        return {node: place for layer in self.layers for place, node in enumerate(layer)}

    def _crossings(self) -> int:
        rank = self._ranks()
        return sum(_inversions(self._pairs(layer, rank)) for layer in self.layers)

    def _pairs(self, layer: Sequence[int], rank: Mapping[int, int]) -> Iterator[int]:
        for node in layer:
            yield from sorted(rank[other] for other in self._after[node])


def _inversions(ranks: Iterable[int]) -> int:
    """Count the pairs that stand in the wrong order."""
    seen: list[int] = []
    count = 0
    for rank in ranks:
        place = bisect_right(seen, rank)
        count += len(seen) - place
        seen.insert(place, rank)
    return count
