"""How a compiled expression reaches the values its names stand for."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rulechain.expr import code

ENVIRONMENT = "$env"


@dataclass(frozen=True, slots=True)
class Scope:
    """The parameters of the generated function, and where each root name is found on them.

    `roots` maps a name to a dotted path that begins with a parameter, such as `"message.value"`; `fallback` is the
    dotted path of a function that is called with any other name. Without a fallback such names are nil. `environment`
    is the dotted path of `$env`, where that is more than the roots. The default scope has one parameter, a mapping from
    names to values.
    """

    parameters: tuple[str, ...] = ("env",)
    roots: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    fallback: str | None = "env.get"
    environment: str | None = None

    def __post_init__(self) -> None:
        for path in [*self.roots.values(), *filter(None, [self.fallback, self.environment])]:
            parts = path.split(".")
            if parts[0] not in self.parameters or not all(part.isidentifier() for part in parts):
                raise ValueError(f"not a dotted path that begins with a parameter: {path!r}")

    def read(self, root: str) -> ast.expr:
        """Return the code that fetches a root name."""
        if root == ENVIRONMENT:
            return self._whole()
        path = self.roots.get(root)
        if path is not None:
            return _path(path)
        return code.constant(None) if self.fallback is None else code.call(_path(self.fallback), code.constant(root))

    def _whole(self) -> ast.expr:
        if self.environment is not None:
            return _path(self.environment)
        if not self.roots and self.fallback == f"{self.parameters[0]}.get":
            return code.name(self.parameters[0])
        keys: list[ast.expr | None] = [code.constant(root) for root in self.roots]
        return ast.Dict(keys, [_path(path) for path in self.roots.values()])


def _path(path: str) -> ast.expr:
    first, *rest = path.split(".")
    found: ast.expr = code.name(first)
    for part in rest:
        found = code.attribute(found, part)
    return found


DEFAULT_SCOPE = Scope()
