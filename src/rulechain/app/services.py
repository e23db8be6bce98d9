"""What compiling a chain needs, put together from the engine's arguments."""

from collections.abc import Mapping

from rulechain.api import HostFunction, HostFunctions
from rulechain.components.registry import ComponentRegistry
from rulechain.plan import Services
from rulechain.script import ScriptRuntime
from rulechain.values import string_map


def compile_services(
    registry: ComponentRegistry,
    *,
    properties: Mapping[str, str] | None,
    udfs: Mapping[str, str] | None,
    script_timeout_s: float,
    functions: Mapping[str, HostFunction] | None,
    allow_cycles: bool,
) -> Services:
    """Return the services that components may require, with the registry they come from."""
    global_properties = string_map(properties)
    return Services(
        registry=registry,
        properties=global_properties,
        instances={
            ScriptRuntime: ScriptRuntime(global_properties, udfs or {}, timeout_s=script_timeout_s),
            HostFunctions: HostFunctions(functions),
        },
        allow_cycles=allow_cycles,
    )
