"""A chain's definition as a graph: indexed, checked and drawn. Knows nothing of components."""

from rulechain.graph.build import ChainGraph, build_graph
from rulechain.graph.render import dump_graph, render_mermaid
from rulechain.graph.validate import check_graph

__all__ = ["ChainGraph", "build_graph", "check_graph", "dump_graph", "render_mermaid"]
