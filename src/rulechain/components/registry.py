"""The components that an engine knows. A registry is a value: making one registers nothing anywhere else."""

from collections.abc import Iterable, Iterator

from rulechain.api import ComponentSpec
from rulechain.diagnostics import did_you_mean
from rulechain.diagnostics.errors import DuplicateTypeError, UnknownTypeError


class ComponentRegistry:
    """Component specs by type, in the order they were added."""

    def __init__(self, specs: Iterable[ComponentSpec] = ()) -> None:
        self._specs: dict[str, ComponentSpec] = {}
        for spec in specs:
            self.add(spec)

    def add(self, spec: ComponentSpec) -> None:
        """Add a component.

        Raises:
            DuplicateTypeError: Its type is taken.
            TypeError: It is no spec, such as a function that nothing declares to be a component.
        """
        _require_spec(spec)
        present = self._specs.get(spec.type)
        if present is not None:
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
        return spec

    def without(self, *types: str) -> "ComponentRegistry":
        """Return a registry that lacks these types."""
        return ComponentRegistry(spec for spec in self if spec.type not in types)

    def clone(self) -> "ComponentRegistry":
        """Return a registry of the same components, to which others may be added."""
        return ComponentRegistry(self)

    def __contains__(self, type_: object) -> bool:
        return type_ in self._specs

    def __iter__(self) -> Iterator[ComponentSpec]:
        return iter(tuple(self._specs.values()))

    def __len__(self) -> int:
        return len(self._specs)

    def __repr__(self) -> str:
        return f"ComponentRegistry({', '.join(self._specs)})"


def _require_spec(spec: object) -> None:
    if not isinstance(spec, ComponentSpec):
        raise TypeError(f"a component is a ComponentSpec, got {spec!r}: declare a function with @component(type)")


def _origin(spec: ComponentSpec) -> str:
    return f"{spec.build.__module__}.{spec.build.__qualname__}"
