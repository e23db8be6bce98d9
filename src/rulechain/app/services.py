"""What compiling a chain needs, put together from the engine's arguments."""

from collections.abc import Iterable

from rulechain.components.registry import ComponentRegistry
from rulechain.plan import Services
from rulechain.values import StringMap


def compile_services(
    registry: ComponentRegistry,
    properties: StringMap,
    provided: Iterable[object],
    *,
    allow_cycles: bool,
    secret_key: str | None,
) -> Services:
    """Return the services that components may require, with the registry they come from.

    Args:
        registry: The components.
        properties: The engine's global properties.
        provided: What components may require; they ask for it by its class.
        allow_cycles: Whether connections may form a cycle.
        secret_key: Decrypts the secrets of chains.
    """
    return Services(
        registry=registry,
        properties=properties,
        instances={type(service): service for service in provided},
        allow_cycles=allow_cycles,
        secret_key=secret_key,
    )
