"""Endpoint types by name: a value, filled by whoever puts an engine together."""

from collections.abc import Iterable, Iterator

from rulechain.api import EndpointSpec
from rulechain.diagnostics import did_you_mean
from rulechain.diagnostics.errors import DuplicateTypeError, UnknownTypeError


class EndpointRegistry:
    """The endpoint types that documents may name; each name, alias or not, once."""

    def __init__(self, specs: Iterable[EndpointSpec] = ()) -> None:
        self._specs: dict[str, EndpointSpec] = {}
        for spec in specs:
            self.add(spec)

    def add(self, spec: EndpointSpec) -> None:
        """Add an endpoint type with its aliases.

        Raises:
            DuplicateTypeError: A name is taken; the message shows both origins.
        """
        names = (spec.type, *spec.aliases)
        for name in names:
            if (other := self._specs.get(name)) is not None:
                message = f'endpoint type "{name}" of {_origin(spec)} is taken by {_origin(other)}'
                raise DuplicateTypeError(message, name=name, known=tuple(self._specs))
        self._specs.update(dict.fromkeys(names, spec))

    def get(self, type_: str) -> EndpointSpec:
        """Return an endpoint type by its name or an alias.

        Raises:
            UnknownTypeError: There is none of this name.
        """
        spec = self._specs.get(type_)
        if spec is None:
            hint = did_you_mean(type_, self._specs)
            text = f'there is no endpoint type "{type_}"'
            raise UnknownTypeError(f"{text}: {hint}" if hint else text, name=type_, known=tuple(self._specs))
        return spec

    def without(self, *types: str) -> "EndpointRegistry":
        """Return a registry that lacks these types, aliases included."""
        return EndpointRegistry(spec for spec in self if not {spec.type, *spec.aliases} & set(types))

    def clone(self) -> "EndpointRegistry":
        """Return a registry of its own with the same types."""
        return EndpointRegistry(self)

    def __iter__(self) -> Iterator[EndpointSpec]:
        return iter({spec.type: spec for spec in self._specs.values()}.values())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, type_: object) -> bool:
        return type_ in self._specs


def _origin(spec: EndpointSpec) -> str:
    return f"{spec.build.__module__}.{spec.build.__qualname__}"
