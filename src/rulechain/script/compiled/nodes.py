"""The tree of a script. Frozen; made by `tree`, read by `scope` and the emitters."""

from typing import Union

import msgspec

from rulechain.script.compiled.values import Undefined


class Literal(msgspec.Struct, frozen=True):
    """A value that is written down, `undefined` and `NaN` included."""

    value: str | float | bool | Undefined | None


class Name(msgspec.Struct, frozen=True):
    """A variable."""

    name: str


class Group(msgspec.Struct, frozen=True):
    """Parentheses: they end an optional chain."""

    body: "Node"


class Template(msgspec.Struct, frozen=True):
    """A template literal: `chunks` has one text more than `values` has holes."""

    chunks: tuple[str, ...]
    values: tuple["Node", ...]


class Array(msgspec.Struct, frozen=True):
    """A list; its items may be spreads."""

    items: tuple["Node", ...]


class Spread(msgspec.Struct, frozen=True):
    """`...value` in a list, an object or a call."""

    value: "Node"


class Entry(msgspec.Struct, frozen=True):
    """One member of an object; a key that is computed stands in brackets."""

    key: "Node"
    value: "Node"
    computed: bool = False


class Object(msgspec.Struct, frozen=True):
    """An object literal."""

    entries: tuple[Entry | Spread, ...]


class Member(msgspec.Struct, frozen=True):
    """`object.key` or `object[key]`; `optional` after `?.`."""

    object: "Node"
    key: "Node"
    optional: bool = False


class Call(msgspec.Struct, frozen=True):
    """A call of a method or a function."""

    callee: "Node"
    arguments: tuple["Node", ...]


class Unary(msgspec.Struct, frozen=True):
    """An operator before its operand."""

    operator: str
    operand: "Node"


class Binary(msgspec.Struct, frozen=True):
    """An operator that evaluates both operands."""

    operator: str
    left: "Node"
    right: "Node"


class Logical(msgspec.Struct, frozen=True):
    """`&&`, `||` or `??`."""

    operator: str
    left: "Node"
    right: "Node"


class Conditional(msgspec.Struct, frozen=True):
    """`test ? then : otherwise`."""

    test: "Node"
    then: "Node"
    otherwise: "Node"


class Arrow(msgspec.Struct, frozen=True):
    """A function given to a method of lists; `body` is an expression or a block."""

    parameters: tuple[str, ...]
    body: "Node | Block"


class Declare(msgspec.Struct, frozen=True):
    """`var`, `let` or `const` with one name."""

    kind: str
    name: str
    value: "Node | None"


class Assign(msgspec.Struct, frozen=True):
    """`target = value`, `target += value` and the like; `++` and `--` count as operators with the value 1."""

    target: "Node"
    operator: str
    value: "Node"


class Delete(msgspec.Struct, frozen=True):
    """`delete target`."""

    target: "Node"


class Evaluate(msgspec.Struct, frozen=True):
    """An expression for its effect."""

    value: "Node"


class If(msgspec.Struct, frozen=True):
    """`if (test) then else otherwise`."""

    test: "Node"
    then: "Statement"
    otherwise: "Statement | None"


class Return(msgspec.Struct, frozen=True):
    """`return value`."""

    value: "Node | None"


class Throw(msgspec.Struct, frozen=True):
    """`throw …`: what it throws is for QuickJS to say."""


class Block(msgspec.Struct, frozen=True):
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
