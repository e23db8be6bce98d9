"""The components that an engine knows. A registry is a value: making one registers nothing anywhere else."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from rulechain.api import ComponentSpec
from rulechain.diagnostics import did_you_mean
from rulechain.diagnostics.errors import DuplicateTypeError, UnknownTypeError

_NONE: Mapping[str, Callable[[], ComponentSpec]] = MappingProxyType({})


class ComponentRegistry:
    """Component specs by type, in the order they were added.

    Args:
        specs: The specs.
        deferred: Types whose specs are made when they are first asked for, before all others.
    """

    def __init__(
        self, specs: Iterable[ComponentSpec] = (), *, deferred: Mapping[str, Callable[[], ComponentSpec]] = _NONE
    ) -> None:
        self._specs: dict[str, ComponentSpec | Callable[[], ComponentSpec]] = dict(deferred)
        for spec in specs:
            self.add(spec)

    def add(self, spec: ComponentSpec) -> None:
        """Add a component.

        Raises:
            DuplicateTypeError: Its type is taken.
            TypeError: It is no spec, such as a function that nothing declares to be a component.
        """
        _require_spec(spec)
        if spec.type in self._specs:
            present = self.get(spec.type)
            message = f'component "{spec.type}" of {_origin(spec)} is already there, from {_origin(present)}'
            raise DuplicateTypeError(message, name=spec.type, known=tuple(self._specs))
        self._specs[spec.type] = spec

    def replace(self, spec: ComponentSpec) -> None:
        """Add a component, in the place of the one of its type if there is one.

        Raises:
            TypeError: It is no spec.
        """
        _require_spec(spec)
        self._specs[spec.type] = spec

    def get(self, type_: str) -> ComponentSpec:
        """Return the component of a type.

        Raises:
            UnknownTypeError: There is none; `known` names those there are.
        """
        spec = self._specs.get(type_)
        if spec is None:
            hint = did_you_mean(type_, self._specs)
            message = f'there is no component "{type_}"' + (f": {hint}" if hint else "")
            raise UnknownTypeError(message, name=type_, known=tuple(self._specs))
        if not isinstance(spec, ComponentSpec):
            spec = self._specs[type_] = spec()
        return spec

    def without(self, *types: str) -> "ComponentRegistry":
        """Return a registry that lacks these types."""
        others = ComponentRegistry()
        others._specs.update((type_, spec) for type_, spec in self._specs.items() if type_ not in types)
        return others

    def clone(self) -> "ComponentRegistry":
        """Return a registry of the same components, to which others may be added."""
        return self.without()

    def __contains__(self, type_: object) -> bool:
        return type_ in self._specs

    def __iter__(self) -> Iterator[ComponentSpec]:
        return iter([self.get(type_) for type_ in self._specs])

    def __len__(self) -> int:
        return len(self._specs)

    def __repr__(self) -> str:
        return f"ComponentRegistry({', '.join(self._specs)})"


def _require_spec(spec: object) -> None:
    if not isinstance(spec, ComponentSpec):
        raise TypeError(f"a component is a ComponentSpec, got {spec!r}: declare a function with @component(type)")


def _origin(spec: ComponentSpec) -> str:
    return f"{spec.build.__module__}.{spec.build.__qualname__}"
