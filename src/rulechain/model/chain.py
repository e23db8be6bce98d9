"""A rule chain as its document says it: no defaults filled in, nothing resolved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rulechain.diagnostics import Source
from rulechain.model.endpoint import EndpointDefinition


@dataclass(frozen=True, slots=True)
class NodeDefinition:
    """One place in a chain. `pointer` leads to it in the document."""

    id: str
    type: str
    name: str = ""
    debug: bool = False
    configuration: Mapping[str, Any] = field(default_factory=dict)
    additional_info: Mapping[str, Any] = field(default_factory=dict)
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class ConnectionDefinition:
    """From a node, by a relation, to a node; RuleGo's legacy `ruleChainConnections` lead to a chain instead."""

    from_id: str
    to_id: str
    relation: str
    label: str = ""
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class ChainDefinition:
    """A whole chain document."""

    id: str
    name: str = ""
    root: bool = False
    debug: bool = False
    disabled: bool = False
    first_node_index: int = 0
    nodes: tuple[NodeDefinition, ...] = ()
    connections: tuple[ConnectionDefinition, ...] = ()
    chain_connections: tuple[ConnectionDefinition, ...] = ()
    endpoints: tuple[EndpointDefinition, ...] = ()
    configuration: Mapping[str, Any] = field(default_factory=dict)
    additional_info: Mapping[str, Any] = field(default_factory=dict)
    source: Source = field(default=Source("<chain>"))
    # The document as decoded, for lossless writing and for `${ruleChain.…}`.
    document: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
