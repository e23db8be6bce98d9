"""A chain as DOT, for Graphviz."""

import json
from collections.abc import Iterator

from rulechain.graph import ChainGraph


def render_dot(graph: ChainGraph) -> str:
    """Return the chain in Graphviz's language; the first node has a bold border."""
    return "\n".join(["digraph chain {", *(f"  {line}" for line in _statements(graph)), "}"]) + "\n"


def _statements(graph: ChainGraph) -> Iterator[str]:
    yield "rankdir=LR;"
    yield 'node [shape=box, style=rounded, fontname="sans-serif"];'
    yield 'edge [fontname="sans-serif", fontsize=10];'
    for number, node in enumerate(graph.nodes):
        style = ', style="rounded,bold"' if number == graph.first else ""
        label = f"{_quoted(node.name or node.id)[:-1]}\\n{_quoted(node.type)[1:]}"
        yield f"{_quoted(node.id)} [label={label}{style}];"
    for start, routes in enumerate(graph.routes):
        for relation, targets in routes.items():
            for target in targets:
                yield _arrow(graph, start, graph.nodes[target].id, relation)
    for start, chain_routes in enumerate(graph.chain_routes):
        for relation, ids in chain_routes.items():
            for id_ in ids:
                yield f"{_quoted(f'chain:{id_}')} [label={_quoted(id_)}, peripheries=2];"
                yield _arrow(graph, start, f"chain:{id_}", relation)


def _arrow(graph: ChainGraph, start: int, target: str, relation: str) -> str:
    label = f" [label={_quoted(relation)}]" if relation else ""
    return f"{_quoted(graph.nodes[start].id)} -> {_quoted(target)}{label};"


def _quoted(text: str) -> str:
    # DOT knows \" and \n as JSON does; any other backslash is part of the text, and doubled.
    return json.dumps(text, ensure_ascii=False)
