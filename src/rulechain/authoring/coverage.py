"""How much of a chain its tests went through: nodes, and the relations that lead on from them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rulechain.authoring.picture import Paint
from rulechain.graph import ChainGraph

# A node, and one relation that it emitted: as events of a run tell it.
Emission = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often each node of a chain ran, and each of its relations was taken; what never was has 0."""

    chain: str
    nodes: Mapping[str, int]
    relations: Mapping[Emission, int]

    @property
    def covered(self) -> int:
        """How many nodes and relations were gone through."""
        return sum(count > 0 for count in (*self.nodes.values(), *self.relations.values()))

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.nodes) + len(self.relations)

    @property
    def missed(self) -> list[str]:
        """What was never gone through: `node "x"`, `"y" -Failure->`, in the order of the document."""
        nodes = [f'node "{node}"' for node, count in self.nodes.items() if not count]
        return nodes + [f'"{node}" -{relation}->' for (node, relation), count in self.relations.items() if not count]

    @property
    def paint(self) -> Paint:
        """The coverage as paint for the chain's picture."""
        return Paint(self.nodes, self.relations)


def measure(graph: ChainGraph, emissions: Iterable[Emission]) -> Coverage:
    """Count what the emissions of a chain's runs went through."""
    taken = Counter(emissions)
    ran: Counter[str] = Counter()
    for (node, _), count in taken.items():
        ran[node] += count
    return Coverage(
        graph.definition.id,
        {node.id: ran[node.id] for node in graph.nodes},
        {emission: taken[emission] for emission in dict.fromkeys(_relations(graph))},
    )


def percentage(coverages: Iterable[Coverage]) -> float:
    """Return how much of several chains was gone through, in percent; 100 where there is nothing to go through."""
    coverages = list(coverages)
    total = sum(coverage.total for coverage in coverages)
    return 100 * sum(coverage.covered for coverage in coverages) / total if total else 100.0


def dump_coverage(coverage: Coverage) -> dict[str, Any]:
    """Return a coverage as JSON."""
    return {
        "chain": coverage.chain,
        "covered": coverage.covered,
        "total": coverage.total,
        "nodes": dict(coverage.nodes),
        "relations": [
            {"node": node, "relation": relation, "count": count}
            for (node, relation), count in coverage.relations.items()
        ],
        "missed": coverage.missed,
    }


def _relations(graph: ChainGraph) -> Iterator[Emission]:
    """Yield what can be taken: every connected relation, and every case of a switch, connected or not."""
    for node, routes, chain_routes in zip(graph.nodes, graph.routes, graph.chain_routes, strict=True):
        yield from ((node.id, relation) for relation in (*routes, *chain_routes))
        cases = node.configuration.get("cases")
        for case in cases if isinstance(cases, list) else ():
            if isinstance(case, Mapping) and isinstance(case.get("then"), str):
                yield node.id, case["then"]
