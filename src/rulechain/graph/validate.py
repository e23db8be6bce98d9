"""Everything that is wrong or doubtful about a chain's shape, at once.

Errors are what RuleGo refuses too; what it loads and then ignores is a warning.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from rulechain.diagnostics import Code, Diagnostic, Location, Severity, did_you_mean
from rulechain.graph.build import ChainGraph
from rulechain.graph.cycles import find_cycles
from rulechain.model import ConnectionDefinition

# The two component types that have a meaning for the chain as a whole.
_END: Final = "end"
_COMMENT: Final = "comment"
# What stands between ids in settings that name nodes, such as `"nodeIds": "a,b"` or `"targetId": "chain:a"`.
_BETWEEN_IDS = re.compile(r"[\s,;:]+")


def check_graph(graph: ChainGraph, *, allow_cycles: bool = False) -> list[Diagnostic]:
    """Return what is wrong (errors) or doubtful (warnings) about the nodes and connections of a chain."""
    return [
        *_check_first_node(graph),
        *_check_node_ids(graph),
        *([] if allow_cycles else _check_cycles(graph)),
        *_check_connections(graph),
        *_check_reach(graph),
    ]


def _check_first_node(graph: ChainGraph) -> Iterator[Diagnostic]:
    first, count = graph.definition.first_node_index, len(graph.nodes)
    place = _place(graph, "/metadata/firstNodeIndex")
    if first < 0:
        message = f'"firstNodeIndex" is {first}, expected the position of a node, counted from 0'
        yield Diagnostic(Code.FIRST_NODE_OUT_OF_RANGE, message, place)
    elif not count:
        message = "the chain has no nodes, so every message fails"
        place = _place(graph, "/metadata/nodes")
        yield _warning(Code.NO_NODES, message, place, 'add a node to "nodes" in "metadata"')
    elif graph.first is None:
        message = f'"firstNodeIndex" is {first}, but there {_number_of_nodes(count)}, so every message fails'
        hint = f"positions count from 0: the last node is {count - 1}"
        yield _warning(Code.FIRST_NODE_OUT_OF_RANGE, message, place, hint)


def _check_node_ids(graph: ChainGraph) -> Iterator[Diagnostic]:
    seen: dict[str, str] = {}
    for node in graph.nodes:
        if node.id in seen:
            yield Diagnostic(
                Code.DUPLICATE_NODE_ID,
                f'there are two nodes with the id "{node.id}"',
                _place(graph, f"{node.pointer}/id"),
                hint="give each node an id of its own, and its connections too",
                labels=((_place(graph, f"{seen[node.id]}/id"), "the first one"),),
            )
        else:
            seen[node.id] = node.pointer


def _check_cycles(graph: ChainGraph) -> Iterator[Diagnostic]:
    for cycle in find_cycles(graph):
        names = " -> ".join(f'"{name}"' for name in (*(each.from_id for each in cycle), cycle[0].from_id))
        closing = cycle[-1]
        yield Diagnostic(
            Code.CYCLE,
            f"the connections form a cycle: {names}",
            _place(graph, f"{closing.pointer}/toId"),
            hint="remove one of the connections, or allow cycles with Engine(allow_cycles=True)",
            labels=tuple((_place(graph, f"{each.pointer}/toId"), "by way of this") for each in cycle[:-1]),
        )


def _check_connections(graph: ChainGraph) -> Iterator[Diagnostic]:
    seen: dict[tuple[str, str, str], ConnectionDefinition] = {}
    for connection in graph.definition.connections:
        yield from _check_ends(graph, connection, targets=graph.index)
        yield from _check_relation(graph, connection)
        key = connection.from_id, connection.relation, connection.to_id
        if key in seen:
            message = (
                f'the connection from "{connection.from_id}" to "{connection.to_id}" by "{connection.relation}" '
                f'occurs twice, so "{connection.to_id}" runs twice'
            )
            place, first = _place(graph, f"{connection.pointer}/toId"), _place(graph, f"{seen[key].pointer}/toId")
            label = first, "the first one"
            yield _warning(Code.DUPLICATE_CONNECTION, message, place, "remove one of them", label)
        seen.setdefault(key, connection)
    for connection in graph.definition.chain_connections:
        yield from _check_ends(graph, connection, targets=None)
        yield from _check_relation(graph, connection)


def _check_ends(
    graph: ChainGraph, connection: ConnectionDefinition, targets: Mapping[str, int] | None
) -> Iterator[Diagnostic]:
    """Check both ends of a connection; `targets` is None for one that leads to a chain."""
    ends = (("comes from", "fromId", connection.from_id, graph.index), ("goes to", "toId", connection.to_id, targets))
    for verb, key, id_, known in ends:
        if known is None or id_ in known:
            continue
        if id_:
            message = f'the connection {verb} node "{id_}", which this chain does not have'
            hint = did_you_mean(id_, known)
        else:
            message = f'the connection {verb} no node: "{key}" is missing'
            hint = f'write the id of a node as "{key}"'
        yield _warning(Code.UNKNOWN_NODE, message, _place(graph, f"{connection.pointer}/{key}"), hint)


def _check_relation(graph: ChainGraph, connection: ConnectionDefinition) -> Iterator[Diagnostic]:
    start = graph.index.get(connection.from_id)
    if not connection.relation:
        ends = f'from "{connection.from_id}" to "{connection.to_id}"'
        message = f"the connection {ends} names no relation, so only an outcome without one takes it"
        hint = 'write the relation as "type", such as "Success"'
        yield _warning(Code.MISSING_RELATION, message, _place(graph, f"{connection.pointer}/type"), hint)
    if start is not None and graph.nodes[start].type == _END:
        message = f'the connection leaves the end node "{connection.from_id}", so nothing takes it'
        place = _place(graph, f"{connection.pointer}/fromId")
        yield _warning(Code.CONNECTION_FROM_END, message, place, "remove the connection")


def _check_reach(graph: ChainGraph) -> Iterator[Diagnostic]:
    if graph.first is None or len(graph.index) < len(graph.nodes):
        # Every node would be out of reach, or it is unknown which of two equal ids a connection means.
        return
    reached = _reached(graph)
    muted = any(node.type == _END for node in graph.nodes) and not any(
        graph.nodes[each].type == _END for each in reached
    )
    for number, node in enumerate(graph.nodes):
        place = _place(graph, f"{node.pointer}/id")
        if number in reached or node.type == _COMMENT:
            continue
        if node.type == _END and muted:
            message = f'no connection leads to the end node "{node.id}", so the chain ends without an outcome'
            hint = "a chain with an end node reports only what reaches it: connect it, or remove it"
            yield _warning(Code.UNREACHABLE_END, message, place, hint)
        else:
            message = f'no message can reach the node "{node.id}"'
            yield _warning(Code.UNREACHABLE_NODE, message, place, "connect it, or remove it")


def _reached(graph: ChainGraph) -> set[int]:
    """Return the nodes that a message can come to: by a connection, or because a reached node's settings name them."""
    reached: set[int] = set()
    waiting = [] if graph.first is None else [graph.first]
    waiting += [graph.index[id_] for id_ in _named_by_endpoints(graph) if id_ in graph.index]
    while waiting:
        number = waiting.pop()
        if number in reached:
            continue
        reached.add(number)
        if graph.nodes[number].type == _END:
            continue
        waiting += (target for targets in graph.routes[number].values() for target in targets)
        waiting += (graph.index[id_] for id_ in _ids_in(graph.nodes[number].configuration) if id_ in graph.index)
    return reached


def _named_by_endpoints(graph: ChainGraph) -> Iterator[str]:
    for endpoint in graph.definition.endpoints:
        for router in endpoint.routers:
            yield from _ids_in(router.to.path)


def _ids_in(value: Any) -> Iterator[str]:
    """Give every word of every text inside a value that may be a node id."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
            yield from _BETWEEN_IDS.split(each)
        elif isinstance(each, int):
            yield str(each)
        elif isinstance(each, Mapping):
            waiting += each.values()
        elif isinstance(each, Iterable):
            waiting += each


def _number_of_nodes(count: int) -> str:
    return "is only one node" if count == 1 else f"are only {count} nodes"


def _place(graph: ChainGraph, pointer: str) -> Location:
    return Location(graph.definition.source, pointer)


def _warning(
    code: Code, message: str, location: Location, hint: str | None = None, *labels: tuple[Location, str]
) -> Diagnostic:
    return Diagnostic(code, message, location, Severity.WARNING, hint=hint, labels=labels)
