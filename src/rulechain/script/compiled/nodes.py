"""The tree of a script. Frozen; made by `tree`, read by `scope` and the emitters."""

from dataclasses import dataclass
from typing import Union

from rulechain.script.compiled.values import Undefined


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that is written down, `undefined` and `NaN` included."""

    value: str | float | bool | Undefined | None


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """Parentheses: they end an optional chain."""

    body: "Node"


@dataclass(frozen=True, slots=True)
class Template:
    """A template literal: `chunks` has one text more than `values` has holes."""

    chunks: tuple[str, ...]
    values: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Array:
    """A list; its items may be spreads."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """`...value` in a list, an object or a call."""

    value: "Node"


@dataclass(frozen=True, slots=True)
class Entry:
    """One member of an object; a key that is computed stands in brackets."""

    key: "Node"
    value: "Node"
    computed: bool = False


@dataclass(frozen=True, slots=True)
class Object:
    """An object literal."""

    entries: tuple[Entry | Spread, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """`object.key` or `object[key]`; `optional` after `?.`."""

    object: "Node"
    key: "Node"
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a method or a function."""

    callee: "Node"
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """An operator before its operand."""

    operator: str
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator that evaluates both operands."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Logical:
    """`&&`, `||` or `??`."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Conditional:
    """`test ? then : otherwise`."""

    test: "Node"
    then: "Node"
    otherwise: "Node"


@dataclass(frozen=True, slots=True)
class Arrow:
    """A function given to a method of lists; `body` is an expression or a block."""

    parameters: tuple[str, ...]
    body: "Node | Block"


@dataclass(frozen=True, slots=True)
class Declare:
    """`var`, `let` or `const` with one name."""

    kind: str
    name: str
    value: "Node | None"


@dataclass(frozen=True, slots=True)
class Assign:
    """`target = value`, `target += value` and the like; `++` and `--` count as operators with the value 1."""

    target: "Node"
    operator: str
    value: "Node"


@dataclass(frozen=True, slots=True)
class Delete:
    """`delete target`."""

    target: "Node"


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression for its effect."""

    value: "Node"


@dataclass(frozen=True, slots=True)
class If:
    """`if (test) then else otherwise`."""

    test: "Node"
    then: "Statement"
    otherwise: "Statement | None"


@dataclass(frozen=True, slots=True)
class Return:
    """`return value`."""

    value: "Node | None"


@dataclass(frozen=True, slots=True)
class Throw:
    """`throw …`: what it throws is for QuickJS to say."""


@dataclass(frozen=True, slots=True)
class Block:
    """Statements in braces; `together` without braces: the names of one declaration."""

    statements: tuple["Statement", ...]
    together: bool = False


Node = Union[
    "Literal | Name | Group | Template | Array | Spread | Object | Member | Call | Unary | Binary | Logical",
    "Conditional | Arrow",
]
Statement = Union[  # noqa: UP007
    Declare, Assign, Delete, Evaluate, If, Return, Throw, Block
]
