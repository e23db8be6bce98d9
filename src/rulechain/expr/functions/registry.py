"""What a function of the language is, and a set of them as a value. Nothing is registered by importing a module."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from rulechain.diagnostics.errors import DuplicateTypeError
from rulechain.expr import kinds
from rulechain.expr.kinds import Kind

_SIGNATURE = re.compile(r"(?P<name>\w+)\((?P<parameters>[^)]*)\): (?P<result>[\w\[\]]+)")
_KINDS: dict[str, Kind] = {
    "any": kinds.ANY,
    "bool": kinds.BOOL,
    "int": kinds.INT,
    "float": kinds.FLOAT,
    "string": kinds.STRING,
    "time": kinds.TIME,
    "duration": kinds.DURATION,
    "location": kinds.LOCATION,
    "map": kinds.MAP,
    "anymap": kinds.ANY_MAP,
    "array": kinds.LIST,
    "string[]": kinds.TEXTS,
}
_ANY_OF: dict[str, frozenset[str]] = {
    "number": frozenset(["int", "float", "duration"]),
    "sized": frozenset(["array", "map", "string"]),
    "convertible": frozenset(["int", "float", "string", "duration", "month"]),
    "numbers": frozenset(["int", "float", "duration", "array"]),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: `accepts` names the static types that may be passed, empty for any."""

    name: str
    accepts: frozenset[str]
    optional: bool = False
    variadic: bool = False

    @property
    def stops(self) -> bool:
        """Whether expr-lang checks no further argument behind a list or an unknown value here."""
        return "array" in self.accepts and "int" in self.accepts

    def takes(self, kind: Kind) -> bool:
        """Tell whether a value of a static type may be passed; an unknown one always may."""
        return kinds.unknown(kind) or not self.accepts or bool(self.accepts & _families(kind))


def _families(kind: Kind) -> frozenset[str]:
    if kind.is_list:
        return frozenset(["array"] if kind == kinds.BYTES else ["array", "list"])
    if kind.is_map:
        return frozenset(["map"])
    return _FAMILIES.get(kind, frozenset())


_FAMILIES: dict[Kind, frozenset[str]] = {
    kinds.INT: frozenset(["int"]),
    kinds.FLOAT: frozenset(["float"]),
    kinds.STRING: frozenset(["string"]),
    kinds.BOOL: frozenset(["bool"]),
    kinds.TIME: frozenset(["time"]),
    kinds.DURATION: frozenset(["duration"]),
    kinds.MONTH: frozenset(["month"]),
    kinds.WEEKDAY: frozenset(["month"]),
    kinds.LOCATION: frozenset(["location"]),
}


Cost = Literal["constant", "flat", "deep", "slow"]


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """A function of the language.

    `signature` declares names and types as in `"trim(text: string, cutset?: string): string"`; `...name` takes the
    rest. Types: any, bool, int, float, number, string, array, map, time, duration, location, and string[] for a result.
    A result of `same` has the type of the first argument, `part` too unless the list is a literal, `item` that of
    its elements, `element` too unless the list is a literal. `call` gets the arguments as
    they are and raises `Fault` where it cannot work on them. A `budgeted` one gets the evaluation's budget as a last
    argument.
    """

    signature: str
    call: Callable[..., Any]
    summary: str = ""
    budgeted: bool = False
    # Set for functions whose result counts as so many new elements.
    builds: bool = False
    # What a call goes through: nothing much, each argument from end to end, all that is inside it as well, or a text
    # that takes long to read. In loops this is charged to the steps of the evaluation.
    cost: Cost = "constant"
    # How many steps a call takes besides; a step is about a tenth of a microsecond.
    steps: int = 0
    # Set for functions that always give what their signature says; the compiler then leaves out tests of the result.
    trusted: bool = False
    name: str = field(init=False)
    parameters: tuple[Parameter, ...] = field(init=False)
    result: str = field(init=False)

    def __post_init__(self) -> None:
        match = _SIGNATURE.fullmatch(self.signature)
        if match is None:
            raise ValueError(f"not a function signature: {self.signature!r}")
        object.__setattr__(self, "name", match["name"])
        object.__setattr__(self, "parameters", tuple(_parameters(match["parameters"])))
        object.__setattr__(self, "result", match["result"])

    @property
    def least(self) -> int:
        """The number of arguments it needs at least."""
        return sum(1 for parameter in self.parameters if not parameter.optional and not parameter.variadic)

    @property
    def most(self) -> int | None:
        """The number of arguments it takes at most; None for any."""
        return None if any(parameter.variadic for parameter in self.parameters) else len(self.parameters)

    def parameter(self, position: int) -> Parameter:
        """Return the parameter that the argument at a position goes to."""
        return self.parameters[min(position, len(self.parameters) - 1)]

    def result_kind(self, arguments: list[Kind]) -> Kind:
        """Return the static type of a call."""
        if self.result == "same":
            return arguments[0] if arguments else kinds.ANY
        if self.result == "item":
            return (arguments[0].element or kinds.ANY) if arguments else kinds.ANY
        if self.result in {"element", "part"}:
            # expr-lang knows the elements of lists that Go's types describe, not those of literals.
            first = arguments[0] if arguments else kinds.ANY
            typed = kinds.LIST if first.name == kinds.LIST.name else first
            return typed if self.result == "part" else typed.element or kinds.ANY
        return _KINDS[self.result]


def _parameters(text: str) -> Iterator[Parameter]:
    for part in filter(None, text.split(", ")):
        name, _, kind = part.partition(": ")
        accepts = frozenset() if kind == "any" else _ANY_OF.get(kind, frozenset([kind]))
        bare = name.removeprefix("...").removesuffix("?")
        yield Parameter(bare, accepts, optional=name.endswith("?"), variadic=name.startswith("..."))


class FunctionRegistry:
    """A fixed set of functions by name."""

    __slots__ = ("_specs",)

    def __init__(self, specs: Iterable[FunctionSpec] = ()) -> None:
        """Take the functions.

        Raises:
            DuplicateTypeError: Two have the same name.
        """
        self._specs: dict[str, FunctionSpec] = {}
        for spec in specs:
            if spec.name in self._specs:
                raise DuplicateTypeError(f'the function "{spec.name}" is given twice', name=spec.name, known=self.names)
            self._specs[spec.name] = spec

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all functions, sorted."""
        return tuple(sorted(self._specs))

    def get(self, name: str) -> FunctionSpec | None:
        """Return the function of this name, or None."""
        return self._specs.get(name)

    def adding(self, *specs: FunctionSpec) -> "FunctionRegistry":
        """Return a registry with these functions as well."""
        return FunctionRegistry([*self._specs.values(), *specs])

    def __iter__(self) -> Iterator[FunctionSpec]:
        return iter(self._specs.values())
