"""What two versions of a document do differently: nodes, connections and settings, never their layout."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from rulechain.model import ChainDefinition, ConnectionDefinition, EndpointDefinition, NodeDefinition, RouterDefinition

Kind = Literal["added", "removed", "changed", "renamed"]

# What editors keep about the picture in `additionalInfo`; it changes nothing that runs.
_LAYOUT_PREFIX: Final = "layout"
_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same: `node "hot" configuration.expr`, with both versions as JSON text."""

    kind: Kind
    subject: str
    before: str | None = None
    after: str | None = None


def compare_chains(before: ChainDefinition, after: ChainDefinition) -> list[Difference]:
    """Return what `after` does differently, in the order a reader would look at it: chain, nodes, connections."""
    renamed = _renamed_nodes(before, after)
    old_nodes = {renamed.get(node.id, node.id): node for node in before.nodes}
    new_nodes = {node.id: node for node in after.nodes}
    return [
        *_changes("chain", _chain_settings(before, renamed), _chain_settings(after, {})),
        *(Difference("renamed", _node(old), _text(old), _text(new)) for old, new in renamed.items()),
        *_compare_each(_node, old_nodes, new_nodes, _node_settings),
        *_compare_connections(before, after, renamed),
        *_compare_each(
            _endpoint,
            {endpoint.id: endpoint for endpoint in before.endpoints},
            {endpoint.id: endpoint for endpoint in after.endpoints},
            _endpoint_settings,
        ),
    ]


def compare_endpoints(before: EndpointDefinition, after: EndpointDefinition) -> list[Difference]:
    """Return what an endpoint document does differently: its settings, then its routers."""
    return list(_changes("endpoint", _endpoint_settings(before), _endpoint_settings(after)))


def _chain_settings(chain: ChainDefinition, renamed: Mapping[str, str]) -> dict[str, Any]:
    index = chain.first_node_index
    first = chain.nodes[index].id if 0 <= index < len(chain.nodes) else None
    return {
        "id": chain.id,
        "name": chain.name,
        "root": chain.root,
        "debugMode": chain.debug,
        "disabled": chain.disabled,
        "configuration": chain.configuration,
        "additionalInfo": _without_layout(chain.additional_info),
        "first node": None if first is None else renamed.get(first, first),
    }


def _node_settings(node: NodeDefinition) -> dict[str, Any]:
    return {
        "type": node.type,
        "name": node.name,
        "debugMode": node.debug,
        "configuration": node.configuration,
        "additionalInfo": _without_layout(node.additional_info),
    }


def _endpoint_settings(endpoint: EndpointDefinition) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "type": endpoint.type,
        "name": endpoint.name,
        "configuration": endpoint.configuration,
        "processors": list(endpoint.processors),
        "additionalInfo": _without_layout(endpoint.additional_info),
        "router": {
            router.id or str(number): _router_settings(router) for number, router in enumerate(endpoint.routers)
        },
    }


def _router_settings(router: RouterDefinition) -> dict[str, Any]:
    start, to = router.from_, router.to
    return {
        "from": {"path": start.path, "configuration": start.configuration, "processors": list(start.processors)},
        "to": {
            "path": to.path,
            "configuration": to.configuration,
            "processors": list(to.processors),
            "wait": to.wait,
        },
        "params": list(router.params),
    }


def _without_layout(info: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in info.items() if not key.startswith(_LAYOUT_PREFIX)}


def _renamed_nodes(before: ChainDefinition, after: ChainDefinition) -> dict[str, str]:
    """Return old id → new id of nodes that went and came back alike in everything but their id."""
    old_ids, new_ids = ({node.id for node in chain.nodes} for chain in (before, after))
    came = [node for node in after.nodes if node.id not in old_ids]
    renamed = {}
    for node in before.nodes:
        same = [new for new in came if _node_settings(new) == _node_settings(node)]
        if node.id not in new_ids and len(same) == 1:
            renamed[node.id] = same[0].id
            came.remove(same[0])
    return renamed


def _compare_each(
    describe: Callable[[str], str],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    settings: Callable[[Any], dict[str, Any]],
) -> Iterator[Difference]:
    for id_ in before:
        if id_ not in after:
            yield Difference("removed", describe(id_), before=_text(settings(before[id_])["type"]))
    for id_, new in after.items():
        if id_ not in before:
            yield Difference("added", describe(id_), after=_text(settings(new)["type"]))
        else:
            yield from _changes(describe(id_), settings(before[id_]), settings(new))


def _compare_connections(
    before: ChainDefinition, after: ChainDefinition, renamed: Mapping[str, str]
) -> Iterator[Difference]:
    old, new = _connections(before, renamed), _connections(after, {})
    yield from (Difference("removed", subject) for subject in old if subject not in new)
    yield from (Difference("added", subject) for subject in new if subject not in old)


def _connections(chain: ChainDefinition, renamed: Mapping[str, str]) -> dict[str, None]:
    def line(connection: ConnectionDefinition, what: str) -> str:
        start, to = (renamed.get(id_, id_) for id_ in (connection.from_id, connection.to_id))
        return f'{what} "{start}" -{connection.relation}-> "{to}"'

    return dict.fromkeys(
        [
            *(line(connection, "connection") for connection in chain.connections),
            *(line(connection, "connection to chain") for connection in chain.chain_connections),
        ]
    )


def _changes(subject: str, before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """Walk two values, and yield the smallest parts that differ."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in {**before, **after}:
            below = f"{path}.{key}" if path else str(key)
            yield from _changes(subject, before.get(key, _ABSENT), after.get(key, _ABSENT), below)
    elif before is _ABSENT:
        yield Difference("added", f"{subject} {path}", after=_text(after))
    elif after is _ABSENT:
        yield Difference("removed", f"{subject} {path}", before=_text(before))
    elif _text(before) != _text(after):
        yield Difference("changed", f"{subject} {path}", _text(before), _text(after))


def _text(value: Any) -> str:
    """Return a value as JSON; unlike in Python, values that differ in kind (1, 1.0 and true) have different texts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _node(id_: str) -> str:
    return f'node "{id_}"'


def _endpoint(id_: str) -> str:
    return f'endpoint "{id_}"'
