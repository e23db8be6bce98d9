"""A chain as a picture: boxes and lines with their places, before anything is drawn."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean
from typing import Any, Final

from rulechain.authoring.arrange import Arrangement, arrange
from rulechain.graph import ChainGraph
from rulechain.model import NodeDefinition

BOX_WIDTH: Final = 190.0
BOX_HEIGHT: Final = 52.0
_SPACE: Final = 30.0
_MARGIN: Final = 24.0
_LETTER: Final = 6.4
_GAP_FROM, _GAP_TO = 70.0, 230.0
# A chain that would be wider than this from left to right is drawn from top to bottom, if that makes it narrower.
_WIDE: Final = 2000.0
# How far apart the lines at one side of a box are, at most.
_PORT: Final = 11.0
_CHAIN_TYPE: Final = "chain"

Point = tuple[float, float]
Edge = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Flow:
    """Which way lines run. Along them first, across them second: to the right and down, or down and to the right."""

    is_down: bool
    gap: float

    @property
    def box(self) -> Point:
        """A box's size along and across the flow."""
        return (BOX_HEIGHT, BOX_WIDTH) if self.is_down else (BOX_WIDTH, BOX_HEIGHT)

    def turned(self, point: Point) -> Point:
        """Turn (along, across) into (x, y), and the other way round."""
        return point[::-1] if self.is_down else point

    def corner(self, place: tuple[int, float]) -> Point:
        """Return the left upper corner of a box at a column and row of an arrangement."""
        along, across = self.box
        return self.turned((_MARGIN + place[0] * (along + self.gap), _MARGIN + place[1] * (across + _SPACE)))


@dataclass(frozen=True, slots=True)
class Box:
    """A node, or a chain that connections lead to."""

    id: str
    title: str
    type: str
    category: str
    x: float
    y: float
    is_first: bool = False
    # How often it ran, where that is known; and whether it failed.
    count: int | None = None
    has_failed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """The connections from one box to another: a curve through its points, which come in threes after the first."""

    start: str
    to: str
    relations: tuple[str, ...]
    points: tuple[Point, ...]
    label_at: Point
    # How often a message took it, where that is known.
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn, in pixels from the left upper corner."""

    title: str
    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Paint:
    """How often nodes ran and relations were taken, in a run (a trace) or in tests (coverage)."""

    nodes: Mapping[str, int] = field(default_factory=dict)
    relations: Mapping[tuple[str, str], int] = field(default_factory=dict)
    failed: frozenset[str] = frozenset()


def make_picture(graph: ChainGraph, categories: Mapping[str, str], paint: Paint | None = None) -> Picture:
    """Lay a chain out: where its editor put the nodes (`layoutX`, `layoutY`), or by itself where it did not.

    Args:
        graph: The chain.
        categories: Component type → its category, which has a colour; other types have none.
        paint: What ran, to be shown on the nodes and connections.
    """
    chains = list(dict.fromkeys(id_ for routes in graph.chain_routes for ids in routes.values() for id_ in ids))
    edges = _edges(graph, chains)
    corners, bends, flow = _places(graph, len(graph.nodes) + len(chains), edges)
    boxes = [
        _box(node, corners[number], categories, is_first=number == graph.first, paint=paint)
        for number, node in enumerate(graph.nodes)
    ]
    boxes += [
        Box(f"chain:{id_}", id_, _CHAIN_TYPE, _CHAIN_TYPE, *corner)
        for id_, corner in zip(chains, corners[len(boxes) :], strict=True)
    ]
    lines = tuple(_lines(boxes, edges, bends, flow, paint))
    points = [point for line in lines for point in line.points]
    return Picture(
        graph.definition.name or graph.definition.id,
        max((*(box.x + BOX_WIDTH for box in boxes), *(x for x, _ in points), 0.0)) + _MARGIN,
        max((*(box.y + BOX_HEIGHT for box in boxes), *(y for _, y in points), 0.0)) + _MARGIN,
        tuple(boxes),
        lines,
    )


def _box(
    node: NodeDefinition, corner: Point, categories: Mapping[str, str], *, is_first: bool, paint: Paint | None
) -> Box:
    return Box(
        node.id,
        node.name or node.id,
        node.type,
        categories.get(node.type, ""),
        *corner,
        is_first,
        None if paint is None else paint.nodes.get(node.id, 0),
        paint is not None and node.id in paint.failed,
    )


def _edges(graph: ChainGraph, chains: Sequence[str]) -> dict[Edge, list[str]]:
    """Return the relations of each pair of boxes that is connected; boxes of chains come after those of nodes."""
    edges: dict[Edge, list[str]] = {}
    for start, (routes, chain_routes) in enumerate(zip(graph.routes, graph.chain_routes, strict=True)):
        for relation, targets in routes.items():
            for to in targets:
                edges.setdefault((start, to), []).append(relation)
        for relation, ids in chain_routes.items():
            for id_ in ids:
                edges.setdefault((start, len(graph.nodes) + chains.index(id_)), []).append(relation)
    return edges


def _places(
    graph: ChainGraph, count: int, edges: Mapping[Edge, list[str]]
) -> tuple[list[Point], Mapping[Edge, Sequence[Point]], _Flow]:
    """Return the left upper corner of every box, the corners that long lines pass, and which way lines run."""
    drawn = _drawn_places(graph) if count == len(graph.nodes) else None
    if drawn is not None:
        return drawn, {}, _Flow(is_down=False, gap=0)
    arrangement = arrange(count, list(edges), graph.first)
    flow = _flow(arrangement, edges.values())
    corners = [flow.corner(place) for place in arrangement.places]
    return corners, {edge: [*map(flow.corner, places)] for edge, places in arrangement.bends.items()}, flow


def _flow(arrangement: Arrangement, relations: Iterable[Sequence[str]]) -> _Flow:
    """Choose the way lines run, and leave room for the longest label between two columns."""
    longest = max((len(_label(names)) for names in relations), default=0)
    right = _Flow(is_down=False, gap=min(max(_GAP_FROM, longest * _LETTER + 36), _GAP_TO))
    down = _Flow(is_down=True, gap=_GAP_FROM)
    width_right, width_down = (
        max((flow.corner(place)[0] for place in arrangement.places), default=0.0) + BOX_WIDTH for flow in (right, down)
    )
    return down if width_right > _WIDE and width_down < width_right else right


def _drawn_places(graph: ChainGraph) -> list[Point] | None:
    """Return where the editor put the nodes, unless it left one out or put two on one another."""
    places: list[tuple[Any, Any]] = [
        (node.additional_info.get("layoutX"), node.additional_info.get("layoutY")) for node in graph.nodes
    ]
    if not places or not all(_is_number(x) and _is_number(y) for x, y in places):
        return None
    left, top = min(x for x, _ in places), min(y for _, y in places)
    found = [(float(x - left) + _MARGIN, float(y - top) + _MARGIN) for x, y in places]
    for number, (x, y) in enumerate(found):
        if any(abs(x - other) < BOX_WIDTH and abs(y - below) < BOX_HEIGHT for other, below in found[:number]):
            return None
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _label(relations: Sequence[str]) -> str:
    return ", ".join(relations)


def _lines(
    boxes: Sequence[Box],
    edges: Mapping[Edge, list[str]],
    bends: Mapping[Edge, Sequence[Point]],
    flow: _Flow,
    paint: Paint | None,
) -> Iterator[Line]:
    along, across = flow.box
    corners = [flow.turned((box.x, box.y)) for box in boxes]
    ways = {edge: [corners[edge[0]], *map(flow.turned, bends.get(edge, ())), corners[edge[1]]] for edge in edges}
    leaving = _ports({edge: (edge[0], way[1][1]) for edge, way in ways.items()}, across)
    arriving = _ports({edge: (edge[1], way[-2][1]) for edge, way in ways.items()}, across)
    for edge, relations in edges.items():
        (x1, y1), (x2, y2) = corners[edge[0]], corners[edge[1]]
        tail = x1 + along, y1 + across / 2 + leaving[edge]
        head = x2, y2 + across / 2 + arriving[edge]
        # Where it passes between boxes a line is straight for as long as they are, and so stays clear of them.
        passed = [(x + step, y + across / 2) for x, y in map(flow.turned, bends.get(edge, ())) for step in (0.0, along)]
        points = tuple(map(flow.turned, _curve([tail, *passed, head])))
        label_at = fmean((points[0][0], points[3][0])), fmean((points[0][1], points[3][1]))
        start, to = boxes[edge[0]].id, boxes[edge[1]].id
        count = None if paint is None else sum(paint.relations.get((start, name), 0) for name in relations)
        yield Line(start, to, tuple(relations), points, label_at, count)


def _ports(meetings: Mapping[Edge, tuple[int, float]], across: float) -> dict[Edge, float]:
    """Return how far from the middle of its side each line meets a box, so that neighbours do not cross.

    Args:
        meetings: Of each line, the box and how far across it goes on.
        across: How long the side is.
    """
    by_box: dict[int, list[Edge]] = {}
    for edge, (box, _) in meetings.items():
        by_box.setdefault(box, []).append(edge)
    offsets = {}
    for group in by_box.values():
        group.sort(key=lambda edge: meetings[edge][1])
        step = min(_PORT, (across - 12) / len(group))
        for place, edge in enumerate(group):
            offsets[edge] = (place - (len(group) - 1) / 2) * step
    return offsets


def _curve(points: Sequence[Point]) -> list[Point]:
    """Return the points of a curve that leaves and meets every point along the flow."""
    curve = [points[0]]
    for (x1, y1), (x2, y2) in pairwise(points):
        reach = max((x2 - x1) / 2, 30.0) if x2 >= x1 else 90.0 + abs(x2 - x1) / 8
        curve += [(x1 + reach, y1), (x2 - reach, y2), (x2, y2)]
    return curve
