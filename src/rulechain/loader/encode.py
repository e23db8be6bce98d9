"""From definitions to documents in RuleGo's shape: keys in its order, defaults written out, unknown keys left out."""

import json
from collections.abc import Mapping
from typing import Any

from rulechain.loader.decode import has_key
from rulechain.model import (
    ChainDefinition,
    ConnectionDefinition,
    EndpointDefinition,
    NodeDefinition,
    RouterDefinition,
    RouterFrom,
    RouterTo,
)
from rulechain.values import to_json


def encode_chain(chain: ChainDefinition) -> dict[str, Any]:
    """Return a chain as a document; its id is that of its own document, if it has one."""
    return {
        "ruleChain": {
            "id": _own_id(chain.document) or chain.id,
            "name": chain.name,
            "debugMode": chain.debug,
            "root": chain.root,
            "disabled": chain.disabled,
            **_unless_empty("configuration", chain.configuration),
            **_unless_empty("additionalInfo", chain.additional_info),
        },
        "metadata": {
            "firstNodeIndex": chain.first_node_index,
            **_unless_empty("endpoints", [_encode_endpoint(endpoint) for endpoint in chain.endpoints]),
            "nodes": _list(chain, "nodes", [encode_node(node) for node in chain.nodes]),
            "connections": _list(chain, "connections", [_encode_connection(each) for each in chain.connections]),
            **_unless_empty("ruleChainConnections", [_encode_connection(each) for each in chain.chain_connections]),
        },
    }


def encode_node(node: NodeDefinition) -> dict[str, Any]:
    """Return a node as a part of a document."""
    return {
        "id": node.id,
        **_unless_empty("additionalInfo", node.additional_info),
        "type": node.type,
        "name": node.name,
        "debugMode": node.debug,
        "configuration": _plain(node.configuration),
    }


def render_document(document: Mapping[str, Any]) -> str:
    """Return a document as RuleGo writes it: with an indent of two."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def _encode_connection(connection: ConnectionDefinition) -> dict[str, Any]:
    ends = {"fromId": connection.from_id, "toId": connection.to_id, "type": connection.relation}
    return {**ends, **_unless_empty("label", connection.label)}


def _encode_endpoint(endpoint: EndpointDefinition) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        **_unless_empty("additionalInfo", endpoint.additional_info),
        "type": endpoint.type,
        "name": endpoint.name,
        "debugMode": False,
        "configuration": _plain(endpoint.configuration),
        "processors": list(endpoint.processors),
        "routers": [_encode_router(router) for router in endpoint.routers],
    }


def _encode_router(router: RouterDefinition) -> dict[str, Any]:
    return {
        "id": router.id,
        "params": _plain(list(router.params)),
        "from": _encode_side(router.from_),
        "to": {**_encode_side(router.to), "wait": router.to.wait},
        **_unless_empty("additionalInfo", router.additional_info),
    }


def _encode_side(side: RouterFrom | RouterTo) -> dict[str, Any]:
    return {
        "path": side.path,
        "configuration": _plain(side.configuration),
        "processors": list(side.processors),
    }


def _own_id(document: Mapping[str, Any]) -> str:
    chain = _member(document, "ruleChain")
    found = _member(chain, "id") if isinstance(chain, Mapping) else None
    return found if isinstance(found, str) else ""


def _list(chain: ChainDefinition, key: str, items: list[Any]) -> list[Any] | None:
    """Return a list of the body; null where the document does not have it, as in RuleGo."""
    return items if items or has_key(_member(chain.document, "metadata"), key) else None


def _member(value: Mapping[str, Any], key: str) -> Any:
    found = (item for name, item in value.items() if name.casefold() == key.casefold())
    return next(found, None)


def _unless_empty(key: str, value: Any) -> dict[str, Any]:
    return {key: _plain(value)} if value else {}


def _plain(value: Any) -> Any:
    """Return a value with the keys of its objects sorted, and numbers that are whole as such."""
    return json.loads(to_json(value))
