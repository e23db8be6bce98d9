"""Components and endpoints that installed distributions offer, found through entry points."""

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from rulechain.api import ComponentSpec, EndpointSpec
from rulechain.diagnostics.errors import RegistryError

COMPONENTS = "rulechain.components"
ENDPOINTS = "rulechain.endpoints"

T = TypeVar("T")


def installed_types() -> tuple[list[ComponentSpec], list[EndpointSpec]]:
    """Return the components and the endpoint types of all installed distributions; see `installed`."""
    # Asked once for both: it reads a file of each distribution there is.
    found = entry_points()
    return (
        installed(found.select(group=COMPONENTS), ComponentSpec),
        installed(found.select(group=ENDPOINTS), EndpointSpec),
    )


def installed(found: Iterable[EntryPoint], kind: type[T]) -> list[T]:
    """Return what entry points lead to: each to a spec, or to several in a list or tuple.

    Raises:
        RegistryError: One cannot be imported, or leads to something else.
    """
    return [spec for point in sorted(found, key=lambda each: each.name) for spec in _load(point, kind)]


def _load(point: EntryPoint, kind: type[T]) -> list[T]:
    origin = f'entry point "{point.name}" of group {point.group} ({point.value})'
    try:
        value: Any = point.load()
    except Exception as error:
        raise RegistryError(f"{origin} cannot be loaded: {error}", name=point.name) from error
    specs = list(value) if isinstance(value, (list, tuple)) else [value]
    if not all(isinstance(spec, kind) for spec in specs):
        raise RegistryError(f"{origin} leads to something that is not a {kind.__name__}", name=point.name)
    return specs
