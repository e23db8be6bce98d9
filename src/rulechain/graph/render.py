"""Draw a chain's graph, and dump it as plain data. Pure functions."""

import html
from collections.abc import Iterator
from typing import Any

from rulechain.graph.build import ChainGraph


def render_mermaid(graph: ChainGraph) -> str:
    """Return the chain as a Mermaid flowchart; the first node has round corners."""
    return "\n".join(["flowchart TD", *_mermaid_lines(graph)]) + "\n"


def dump_graph(graph: ChainGraph) -> dict[str, Any]:
    """Return the graph as plain data in a stable order, for tools and tests."""
    ids = [node.id for node in graph.nodes]
    return {
        "chain": graph.definition.id,
        "first": None if graph.first is None else ids[graph.first],
        "nodes": [{"id": node.id, "type": node.type, "name": node.name} for node in graph.nodes],
        "connections": [
            {"from": ids[start], "relation": relation, "to": ids[target]}
            for start, routes in enumerate(graph.routes)
            for relation, targets in routes.items()
            for target in targets
        ],
        "chain_connections": [
            {"from": ids[start], "relation": relation, "to": chain_id}
            for start, routes in enumerate(graph.chain_routes)
            for relation, chain_ids in routes.items()
            for chain_id in chain_ids
        ],
    }


def _mermaid_lines(graph: ChainGraph) -> Iterator[str]:
    for number, node in enumerate(graph.nodes):
        left, right = ("([", "])") if number == graph.first else ("[", "]")
        caption = f"{_escaped(node.name or node.id)}<br/>{_escaped(node.type)}"
        yield f'  n{number}{left}"{caption}"{right}'
    for start, routes in enumerate(graph.routes):
        for relation, targets in routes.items():
            for target in targets:
                yield f"  n{start} {_arrow(relation)} n{target}"
    chain_ids = {id_: None for routes in graph.chain_routes for ids in routes.values() for id_ in ids}
    chains = {id_: f"c{number}" for number, id_ in enumerate(chain_ids)}
    for id_, name in chains.items():
        yield f'  {name}[["{_escaped(id_)}"]]'
    for start, chain_routes in enumerate(graph.chain_routes):
        for relation, ids in chain_routes.items():
            for id_ in ids:
                yield f"  n{start} {_arrow(relation)} {chains[id_]}"


def _arrow(relation: str) -> str:
    return f'-->|"{_escaped(relation)}"|' if relation else "-->"


def _escaped(text: str) -> str:
    # Mermaid reads character references with "#" in place of "&", and a "#" of its own as the start of one.
    return html.escape(text.replace("#", "\x00")).replace("&", "#").replace("\x00", "#35;")
