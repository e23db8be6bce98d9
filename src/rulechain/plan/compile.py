"""Compile a chain: check its graph, resolve components, decode settings, prepare every node.

Takes a `ChainDefinition`, gives a `ChainPlan` or every reason why there is none.
"""

import logging
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rulechain.api import ComponentSpec, NodeFunction, decode_settings
from rulechain.components.registry import ComponentRegistry
from rulechain.connections import ChainNodes, SharedNode
from rulechain.diagnostics import (
    Code,
    Diagnostic,
    Location,
    Severity,
    Source,
    closest,
    did_you_mean,
    errors_in,
    origin_hint,
)
from rulechain.diagnostics.errors import RuleChainError, UnknownTypeError
from rulechain.graph import ChainGraph, build_graph, check_graph
from rulechain.model import ChainDefinition, ConnectionDefinition, NodeDefinition
from rulechain.plan.build import NodeBuilding, configuration_pointer
from rulechain.plan.lease import Lease
from rulechain.plan.plan import ChainPlan
from rulechain.plan.planned import PlannedNode
from rulechain.plan.reach import ancestors, descendants
from rulechain.plan.references import Reader, referred_nodes
from rulechain.plan.secrets import Secrets, read_secrets
from rulechain.plan.substitute import substitute
from rulechain.values import EMPTY, JsonError, StringMap, decode_json, to_text

_log = logging.getLogger("rulechain.plan")


@dataclass(frozen=True, slots=True)
class Services:
    """What compiling needs besides the chain: the components, global properties, and services by their class."""

    registry: ComponentRegistry
    properties: StringMap = EMPTY
    instances: Mapping[type, object] = field(default_factory=dict)
    allow_cycles: bool = False
    # For chains' encrypted secrets.
    secret_key: str | None = None


@dataclass(frozen=True, slots=True)
class Compiled:
    """A plan, or None, and every finding."""

    plan: ChainPlan | None
    diagnostics: tuple[Diagnostic, ...]


def compile_chain(definition: ChainDefinition, services: Services) -> Compiled:
    """Compile a chain's definition; never raises for what its author wrote."""
    graph = build_graph(definition)
    diagnostics = check_graph(graph, allow_cycles=services.allow_cycles)
    vars_ = chain_vars(definition.configuration)
    secrets, found_secrets = read_secrets(definition.configuration, services.secret_key, definition.source)
    diagnostics += found_secrets
    services = _with_nodes(services, graph, vars_, secrets)
    planned: list[PlannedNode] = []
    leaving = _connections_by_node(definition)
    for index, node in enumerate(graph.nodes):
        prepared, found = _compile_node(graph, index, vars_, secrets, services)
        diagnostics += found
        if prepared is not None:
            planned.append(prepared)
        diagnostics += _check_relations(node, leaving.get(node.id, ()), definition.source, services.registry)
    diagnostics = [secrets.mask_diagnostic(found) for found in diagnostics]
    if errors_in(diagnostics):
        return Compiled(None, tuple(diagnostics))
    readers = [Reader(node.configuration, each.reads) for node, each in zip(graph.nodes, planned, strict=True)]
    referred = referred_nodes((node.id for node in planned), readers)
    plan = ChainPlan(
        chain_id=definition.id,
        nodes=_with_surroundings(graph, planned, referred),
        first=graph.first,
        index_of={node.id: index for index, node in enumerate(planned)},
        has_end=any(node.is_end for node in planned),
        output_constants={"global": services.properties, "vars": vars_} if referred else None,
        definition=definition,
        warnings=tuple(diagnostics),
        has_debug=any(node.debug for node in planned),
        secrets=secrets,
        lease=Lease() if any(node.closes for node in planned) else None,
    )
    return Compiled(plan, tuple(diagnostics))


def _with_surroundings(
    graph: ChainGraph, planned: list[PlannedNode], referred: frozenset[str]
) -> tuple[PlannedNode, ...]:
    """Return the nodes with what can only be known of them once all are: who reaches whom, who refers to whom."""
    ends = {index for index, node in enumerate(planned) if node.is_end}
    return tuple(
        replace(
            node,
            keeps_output=node.id in referred,
            leads_to_end=bool(ends) and (index in ends or not ends.isdisjoint(descendants(graph, index))),
            before=ancestors(graph, index) if node.joins else frozenset(),
        )
        for index, node in enumerate(planned)
    )


def compile_component(type_: str, configuration: Mapping[str, Any], location: Location, services: Services) -> Compiled:
    """Compile one component as a chain of a single node, for targets that name a component."""
    node = NodeDefinition(id=type_, type=type_, configuration=configuration, pointer=location.pointer or "")
    definition = ChainDefinition(id=f"component:{type_}", nodes=(node,), source=location.source)
    return compile_chain(definition, services)


def chain_vars(configuration: Mapping[str, Any]) -> StringMap:
    """Return a chain's `vars` as texts: an object, or a text that holds one of texts; anything else means none."""
    found = configuration.get("vars")
    if isinstance(found, str):
        return _vars_of_text(found)
    return StringMap({key: to_text(value) for key, value in found.items()}) if isinstance(found, Mapping) else EMPTY


def _vars_of_text(text: str) -> StringMap:
    """Return the texts of a JSON object; any other member is empty, as in RuleGo."""
    try:
        found = decode_json(text)
    except JsonError:
        return EMPTY
    if not isinstance(found, dict):
        return EMPTY
    return StringMap({key: value if isinstance(value, str) else "" for key, value in found.items()})


def _compile_node(
    graph: ChainGraph, index: int, vars_: StringMap, secrets: Secrets, services: Services
) -> tuple[PlannedNode | None, list[Diagnostic]]:
    node, definition = graph.nodes[index], graph.definition
    try:
        spec = services.registry.get(node.type)
    except UnknownTypeError as error:
        return None, [_unknown_component(node, definition, error)]
    substituted = substitute(node.configuration, _roots(definition, vars_, secrets, services))
    building = NodeBuilding(
        chain_id=definition.id,
        node_id=node.id,
        node_ids=graph.index.keys(),
        vars=vars_,
        properties=services.properties,
        source=definition.source,
        pointer=configuration_pointer(definition.document, node.pointer) if definition.document else node.pointer,
        services=services.instances,
        substituted=substituted,
        secrets=secrets,
    )
    building.report_undefined()
    run = _build(spec, substituted.value, building)
    if run is None or errors_in(building.diagnostics):
        return None, building.diagnostics
    planned = PlannedNode(
        id=node.id,
        type=node.type,
        run=run,
        routes=graph.routes[index],
        chain_routes=graph.chain_routes[index],
        uses_context=spec.uses_context,
        suspends=spec.suspends,
        is_end=spec.is_end,
        joins=spec.joins,
        debug=definition.debug or node.debug,
        reads=building.reads,
        closes=tuple(building.closes),
    )
    return planned, building.diagnostics


def _build(spec: ComponentSpec, configuration: Mapping[str, Any], building: NodeBuilding) -> NodeFunction | None:
    settings = decode_settings(spec.settings, configuration, building.location, building.report)
    if errors_in(building.diagnostics):
        return None
    try:
        return spec.build(settings, building)
    except RuleChainError as error:
        found = error.diagnostics or (Diagnostic(Code.BAD_SETTING, str(error), building.location()),)
        building.diagnostics.extend(found)
        return None
    except Exception as error:  # noqa: BLE001 - somebody else's code: its bug is a finding, its traceback for its author
        text = building.mask("".join(traceback.format_exception(error)).rstrip())
        _log.error("component %s failed to build node %r\n%s", spec.type, building.node_id, text)
        message = f'component "{spec.type}" failed to build the node: {type(error).__name__}: {error}'
        building.report(Diagnostic(Code.BAD_SETTING, message, building.location()))
        return None


def _roots(
    definition: ChainDefinition, vars_: StringMap, secrets: Secrets, services: Services
) -> dict[str, Mapping[str, Any]]:
    """Return what `${global.x}` and its like are replaced by when a chain is compiled."""
    return {
        "global": services.properties,
        "vars": vars_,
        "secrets": secrets.values,
        "ruleChain": _chain_facts(definition),
    }


def _with_nodes(services: Services, graph: ChainGraph, vars_: StringMap, secrets: Secrets) -> Services:
    """Return the services with the chain's nodes among them, whose connections other nodes may use."""
    roots = _roots(graph.definition, vars_, secrets, services)
    nodes = ChainNodes(
        {node.id: SharedNode(node.type, node.configuration) for node in graph.nodes},
        lambda configuration: substitute(configuration, roots).value,
    )
    return replace(services, instances={**services.instances, ChainNodes: nodes})


def _chain_facts(definition: ChainDefinition) -> dict[str, Any]:
    return {
        "id": definition.id,
        "name": definition.name,
        "root": definition.root,
        "debugMode": definition.debug,
        "disabled": definition.disabled,
        "configuration": definition.configuration,
        "additionalInfo": definition.additional_info,
    }


def _unknown_component(node: NodeDefinition, definition: ChainDefinition, error: UnknownTypeError) -> Diagnostic:
    return Diagnostic(
        Code.UNKNOWN_COMPONENT,
        f'node "{node.id}" is of type "{node.type}", and there is no such component here',
        Location(definition.source, f"{node.pointer}/type" if node.type else node.pointer),
        hint=origin_hint(node.type) or did_you_mean(node.type, error.known),
    )


def _connections_by_node(definition: ChainDefinition) -> dict[str, list[ConnectionDefinition]]:
    leaving: dict[str, list[ConnectionDefinition]] = {}
    for connection in definition.connections:
        leaving.setdefault(connection.from_id, []).append(connection)
    return leaving


def _check_relations(
    node: NodeDefinition, leaving: Sequence[ConnectionDefinition], source: Source, registry: ComponentRegistry
) -> list[Diagnostic]:
    """Warn of connections by a relation that the node's component never emits."""
    if node.type not in registry:
        return []
    spec = registry.get(node.type)
    relations = spec.relations if spec.named_relations is None else _named_relations(spec, node)
    if relations is None or spec.is_end:
        return []
    return [
        Diagnostic(
            Code.UNKNOWN_RELATION,
            f'node "{node.id}" ({node.type}) never ends with relation "{connection.relation}"',
            Location(source, f"{connection.pointer}/type"),
            Severity.WARNING,
            hint=_relation_hint(connection.relation, relations),
        )
        for connection in leaving
        if connection.relation and connection.relation not in relations
    ]


def _named_relations(spec: ComponentSpec, node: NodeDefinition) -> tuple[str, ...] | None:
    """Return the relations that a node's settings name; None where one is only known when the chain is compiled."""

    def nowhere(*_: str | int, **__: Any) -> Location:
        return Location(Source(""), "")

    # What is wrong with the settings is told where the node is compiled.
    settings = decode_settings(spec.settings, node.configuration, nowhere, lambda _: None)
    named = tuple(spec.named_relations(settings)) if spec.named_relations else ()
    return None if any("${" in relation for relation in named) else named


def _relation_hint(relation: str, relations: tuple[str, ...]) -> str:
    found = closest(relation, relations)
    return f'did you mean "{found}"?' if found else f"it ends with {', '.join(relations)}"
