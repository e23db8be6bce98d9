"""Components without a chain around them: a node to build them for, and their outcomes as plain data."""

import asyncio
from dataclasses import dataclass, field

from rulechain.api import Cache, HostFunctions, Outcome, decode_settings
from rulechain.components import ComponentRegistry, builtin_components
from rulechain.connections import ChainNodes, SharedConnections
from rulechain.diagnostics import Diagnostic, Location, Source, errors_in
from rulechain.expr import FunctionRegistry
from rulechain.expr.functions import builtin_registry
from rulechain.model import Message
from rulechain.runtime import MemoryCache
from rulechain.script import ScriptRuntime
from rulechain.values import EMPTY, StringMap, to_json
from support.contexts import EXAMPLE_NODES, HOST_FUNCTIONS, of_message

REGISTRY = ComponentRegistry(builtin_components())


@dataclass
class NodeStandIn:
    """Implements `api.NodeBuild` for one configuration, whose JSON text is the document."""

    configuration: dict
    vars: StringMap = EMPTY
    properties: StringMap = EMPTY
    script_timeout_s: float = 2.0
    chain_id: str = "chain"
    node_id: str = "node"
    node_ids: frozenset = EXAMPLE_NODES
    cache: MemoryCache = field(default_factory=MemoryCache)
    connections: SharedConnections = field(default_factory=SharedConnections)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def __post_init__(self):
        self.source = Source("node.json", to_json(self.configuration))

    def location(self, *path, span=None):
        return Location(self.source, "".join(f"/{part}" for part in path), span)

    def report(self, diagnostic):
        self.diagnostics.append(diagnostic)

    def reads_outputs(self, names):
        """A single node keeps no outputs."""

    def on_close(self, close):
        """Nothing outlives the event loop of a single call."""

    def mask(self, text):
        """A single node has no secrets."""
        return text

    def require(self, kind):
        if kind is SharedConnections:
            return self.connections
        if kind is ChainNodes:
            return ChainNodes({}, dict)
        if kind is Cache:
            return Cache(self.cache)
        if kind is FunctionRegistry:
            return builtin_registry()
        if kind is HostFunctions:
            return HOST_FUNCTIONS
        assert kind is ScriptRuntime
        return ScriptRuntime(self.properties, timeout_s=self.script_timeout_s)


def build_node(type_, configuration=None, **facts):
    """Build a component; returns its function and the findings, the function is None when one is an error."""
    spec = REGISTRY.get(type_)
    node = NodeStandIn(configuration or {}, **facts)
    settings = decode_settings(spec.settings, node.configuration, node.location, node.report)
    run = of_message(spec, spec.build(settings, node))
    return (None if errors_in(node.diagnostics) else run), node.diagnostics


def run_node(type_, configuration=None, message=None, **facts):
    """Build a component, run it once, and return its outcomes as a list; what it raises becomes a Failure."""
    run, diagnostics = build_node(type_, configuration, **facts)
    assert run is not None, diagnostics
    message = json_message({}) if message is None else message
    try:
        result = finished(run(message))
    except Exception as error:  # noqa: BLE001 - as the runtime does
        return [Outcome("Failure", message, str(error))]
    return [result] if isinstance(result, Outcome) else list(result)


def finished(result):
    """The result of a component's function, waited for where it suspends."""

    async def wait():
        return await result

    return asyncio.run(wait()) if hasattr(result, "__await__") else result


def outcome_of(type_, configuration=None, message=None, **facts):
    """The single outcome of a component."""
    (outcome,) = run_node(type_, configuration, message, **facts)
    return outcome


def relation_of(type_, configuration=None, message=None, **facts):
    """The relation of a component's single outcome."""
    return outcome_of(type_, configuration, message, **facts).relation


def findings(type_, configuration, **facts):
    """What building reports, as `code column message` texts; the column counts in the configuration's JSON text."""
    _, diagnostics = build_node(type_, configuration, **facts)
    return [f"{finding.code} {finding.location.column} {finding.message}" for finding in diagnostics]


def json_message(value, **facts):
    """A JSON message with fixed id and time."""
    return Message(
        to_json(value), **{"type": "T", "metadata": {"k": "v"}, "id": "m1", "ts": 1_700_000_000_000, **facts}
    )


def text_message(data, **facts):
    """A message whose payload is a text as it stands."""
    return Message(data, **{"type": "T", "data_type": "TEXT", "id": "m1", "ts": 1_700_000_000_000, **facts})
