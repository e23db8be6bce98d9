"""One node of a chain replaced in its document."""

import copy
from collections.abc import Mapping
from typing import Any

from rulechain.diagnostics import Code, Diagnostic, Location, Source, did_you_mean
from rulechain.loader import DocumentSource, Loaded, encode_chain, load_chain, read_source
from rulechain.model import ChainDefinition


def with_node(
    chain_id: str, chain: ChainDefinition | None, node_id: str, definition: DocumentSource
) -> Loaded[ChainDefinition]:
    """Return a chain one of whose nodes has another definition, as loaded anew.

    Args:
        chain_id: The chain's id.
        chain: The chain as it is loaded; None when it is not.
        node_id: The node.
        definition: A node object; without an id, it gets the node's.
    """
    name = f'node "{node_id}" of chain "{chain_id}"'
    node = read_source(definition, name)
    if not node.is_readable:
        return Loaded(None, node.diagnostics, node.source)
    found = [*node.diagnostics, *_faults(chain_id, chain, node_id, node.value, node.source)]
    if chain is None or len(found) > len(node.diagnostics):
        return Loaded(None, tuple(found), node.source)
    index = next(index for index, each in enumerate(chain.nodes) if each.id == node_id)
    document = _replaced(chain, index, {"id": node_id, **_without_id(node.value)})
    return load_chain(document, name=f"{chain.source.name} with another {name}")


def _faults(chain_id: str, chain: ChainDefinition | None, node_id: str, node: Any, source: Source) -> list[Diagnostic]:
    def fault(code: Code, message: str, pointer: str = "", hint: str | None = None) -> Diagnostic:
        return Diagnostic(code, message, Location(source, pointer), hint=hint)

    if chain is None:
        return [fault(Code.UNKNOWN_CHAIN, f'the chain "{chain_id}" is not loaded')]
    known = [each.id for each in chain.nodes]
    if node_id not in known:
        message = f'"{node_id}" is not a node of the chain "{chain_id}"'
        return [fault(Code.UNKNOWN_NODE, message, hint=did_you_mean(node_id, known))]
    if not isinstance(node, Mapping):
        return [fault(Code.WRONG_TYPE, "a node is an object")]
    key = _id_key(node)
    if key is not None and node[key] not in ("", None, node_id):
        message = f'the node "{node_id}" cannot become "{node[key]}": connections name it by its id'
        return [fault(Code.NODE_RENAMED, message, f"/{key}", 'leave "id" out, or load the whole chain')]
    return []


def _id_key(node: Mapping[str, Any]) -> str | None:
    return next((key for key in node if key.casefold() == "id"), None)


def _without_id(node: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key != _id_key(node)}


def _replaced(chain: ChainDefinition, index: int, node: dict[str, Any]) -> dict[str, Any]:
    """Return the chain's document with another node at an index."""
    document: dict[str, Any] = copy.deepcopy(dict(chain.document)) or encode_chain(chain)
    body_key = next(key for key in document if key.casefold() == "metadata")
    nodes_key = next(key for key in document[body_key] if key.casefold() == "nodes")
    document[body_key][nodes_key][index] = node
    return document
