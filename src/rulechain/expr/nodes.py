"""The expression tree: frozen nodes, each with the place that an error about it points at.

Made by `parse`, read by `check`, rewritten by `fold`, turned into code by `compile`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from rulechain.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Node:
    """Any node. `span` is the operator, name or literal an error names, not the node's whole extent."""

    span: Span


@dataclass(frozen=True, slots=True)
class Nil(Node):
    """The literal `nil`."""


@dataclass(frozen=True, slots=True)
class Boolean(Node):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Integer(Node):
    """A 64-bit whole number; `text` is how it was written, which is what a map key keeps."""

    value: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Float(Node):
    """A floating-point number; `text` is how it was written."""

    value: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A string literal, its escapes resolved."""

    value: str


@dataclass(frozen=True, slots=True)
class Bytes(Node):
    """A bytes literal `b"…"`."""

    value: bytes


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable: one bound by `let`, else one of the environment; `$env` is the environment itself."""

    name: str


@dataclass(frozen=True, slots=True)
class Pointer(Node):
    """`#`, `#index` or `#acc` inside a predicate; `name` is empty for the element."""

    name: str


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`!x`, `-x` or `+x`; `not` is spelled `!`."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Any operator with two sides except the logical ones."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logical(Node):
    """`a && b && c` or `a || b || c` as one node, so that long chains stay flat; `spans` are the operators'."""

    operator: str
    operands: tuple[Node, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """`c ? a : b`, `c ?: b` and `if c { a } else { b }`."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`base.name`, or `base?.name` when optional."""

    base: Node
    name: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`base[key]`, or `base?.[key]` when optional."""

    base: Node
    key: Node
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Slice(Node):
    """`base[start:end]`; either bound may be missing."""

    base: Node
    start: Node | None
    end: Node | None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """The extent of an optional chain: where a `?.` inside finds nil, the whole of it is nil."""

    body: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`name(arguments)`; `builtin` when written `::name(arguments)`, which no variable can override."""

    name: str
    arguments: tuple[Node, ...]
    builtin: bool = False


@dataclass(frozen=True, slots=True)
class MethodCall(Node):
    """`base.name(arguments)`; `callee` is the member."""

    callee: Member
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Predicate(Node):
    """A function whose second argument is evaluated per element: `filter(items, .price > 10)`."""

    name: str
    collection: Node
    body: Node | None
    extra: Node | None = None


@dataclass(frozen=True, slots=True)
class Array(Node):
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Pair(Node):
    """One `key: value` of a map literal; a written key is a `Text`, one in parentheses any node."""

    key: Node
    value: Node


@dataclass(frozen=True, slots=True)
class Map(Node):
    """`{a: 1, (k): 2}`."""

    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Let(Node):
    """`let name = value; body`."""

    name: str
    value: Node
    body: Node


@dataclass(frozen=True, slots=True)
class Sequence(Node):
    """`a; b; c`: all are evaluated, the last one is the value."""

    items: tuple[Node, ...]


def children(node: Node) -> Iterator[Node]:
    """Yield a node's direct children from left to right."""
    for field in _CHILD_FIELDS[type(node)]:
        value = getattr(node, field)
        if isinstance(value, Node):
            yield value
        elif value is not None:
            yield from value


def with_children(node: Node, change: Callable[[Node], Node]) -> Node:
    """Return the node with each direct child changed; the node itself where nothing changes."""
    changed: dict[str, Any] = {}
    for field in _CHILD_FIELDS[type(node)]:
        value = getattr(node, field)
        if isinstance(value, Node):
            made: Any = change(value)
            same = made is value
        elif value is not None:
            made = tuple([change(item) for item in value])
            same = all(one is other for one, other in zip(made, value, strict=True))
        else:
            continue
        if not same:
            changed[field] = made
    return replace(node, **changed) if changed else node


def dump_node(node: Node) -> str:
    """Return the tree in one line of nested parentheses, without places: for tests and bug reports."""
    parts = [type(node).__name__]
    for field in fields(node):
        if field.name in _NOT_DUMPED:
            continue
        value = getattr(node, field.name)
        if isinstance(value, Node):
            parts.append(dump_node(value))
        elif isinstance(value, tuple):
            parts.append(f"[{' '.join(dump_node(item) for item in value)}]")
        elif value is not False or isinstance(node, Boolean):
            parts.append(repr(value))
    return f"({' '.join(parts)})"


_NOT_DUMPED = {"span", "spans", "text"}
_CHILD_FIELDS: dict[type[Node], tuple[str, ...]] = {
    Nil: (),
    Boolean: (),
    Integer: (),
    Float: (),
    Text: (),
    Bytes: (),
    Name: (),
    Pointer: (),
    Unary: ("operand",),
    Binary: ("left", "right"),
    Logical: ("operands",),
    Conditional: ("condition", "then", "otherwise"),
    Member: ("base",),
    Index: ("base", "key"),
    Slice: ("base", "start", "end"),
    Chain: ("body",),
    Call: ("arguments",),
    MethodCall: ("callee", "arguments"),
    Predicate: ("collection", "body", "extra"),
    Array: ("items",),
    Pair: ("key", "value"),
    Map: ("pairs",),
    Let: ("value", "body"),
    Sequence: ("items",),
}
