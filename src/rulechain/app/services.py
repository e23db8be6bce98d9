"""What compiling a chain needs, put together from the engine's arguments."""

import os
from collections.abc import Iterable

from rulechain.components.registry import ComponentRegistry
from rulechain.expr import FunctionRegistry, file_functions
from rulechain.expr.functions import builtin_registry
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


def language_functions(include_folders: Iterable[str | os.PathLike[str]]) -> FunctionRegistry:
    """Return the functions of expressions; those that read files are among them only where folders are named.

    Raises:
        NotADirectoryError: One of the folders is none.
    """
    if isinstance(include_folders, str):
        # Its characters would be taken for folders, and "/" is one.
        raise TypeError(f"include_folders is a list of folders, not one text: {include_folders!r}")
    folders = [os.fspath(folder) for folder in include_folders]
    return builtin_registry().adding(*file_functions(folders)) if folders else builtin_registry()
