"""The expression tree: frozen nodes, each with the place that an error about it points at.

Made by `parse`, read by `check`, rewritten by `fold`, turned into code by `compile`. The nodes are msgspec's structs,
as those of all trees are: such classes are made, and made instances of, many times faster than dataclasses.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from rulechain.diagnostics import Span


class Node(msgspec.Struct, frozen=True):
    """Any node. `span` is the operator, name or literal an error names, not the node's whole extent."""

    span: Span


class Nil(Node, frozen=True):
    """The literal `nil`."""


class Boolean(Node, frozen=True):
    """`true` or `false`."""

    value: bool


class Integer(Node, frozen=True):
    """A 64-bit whole number; `text` is how it was written, which is what a map key keeps."""

    value: int
    text: str = ""


class Float(Node, frozen=True):
    """A floating-point number; `text` is how it was written."""

    value: float
    text: str = ""


class Text(Node, frozen=True):
    """A string literal, its escapes resolved."""

    value: str


class Bytes(Node, frozen=True):
    """A bytes literal `b"…"`."""

    value: bytes


class Name(Node, frozen=True):
    """A variable: one bound by `let`, else one of the environment; `$env` is the environment itself."""

    name: str


class Pointer(Node, frozen=True):
    """`#`, `#index` or `#acc` inside a predicate; `name` is empty for the element."""

    name: str


class Unary(Node, frozen=True):
    """`!x`, `-x` or `+x`; `not` is spelled `!`."""

    operator: str
    operand: Node


class Binary(Node, frozen=True):
    """Any operator with two sides except the logical ones."""

    operator: str
    left: Node
    right: Node


class Logical(Node, frozen=True):
    """`a && b && c` or `a || b || c` as one node, so that long chains stay flat; `spans` are the operators'."""

    operator: str
    operands: tuple[Node, ...]
    spans: tuple[Span, ...]


class Conditional(Node, frozen=True):
    """`c ? a : b`, `c ?: b` and `if c { a } else { b }`."""

    condition: Node
    then: Node
    otherwise: Node


class Member(Node, frozen=True):
    """`base.name`, or `base?.name` when optional."""

    base: Node
    name: str
    optional: bool = False


class Index(Node, frozen=True):
    """`base[key]`, or `base?.[key]` when optional."""

    base: Node
    key: Node
    optional: bool = False


class Slice(Node, frozen=True):
    """`base[start:end]`; either bound may be missing."""

    base: Node
    start: Node | None
    end: Node | None
    optional: bool = False


class Chain(Node, frozen=True):
    """The extent of an optional chain: where a `?.` inside finds nil, the whole of it is nil."""

    body: Node


class Call(Node, frozen=True):
    """`name(arguments)`; `builtin` when written `::name(arguments)`, which no variable can override."""

    name: str
    arguments: tuple[Node, ...]
    builtin: bool = False


class MethodCall(Node, frozen=True):
    """`base.name(arguments)`; `callee` is the member."""

    callee: Member
    arguments: tuple[Node, ...]


class Predicate(Node, frozen=True):
    """A function whose second argument is evaluated per element: `filter(items, .price > 10)`."""

    name: str
    collection: Node
    body: Node | None
    extra: Node | None = None


class Array(Node, frozen=True):
    """`[a, b]`."""

    items: tuple[Node, ...]


class Pair(Node, frozen=True):
    """One `key: value` of a map literal; a written key is a `Text`, one in parentheses any node."""

    key: Node
    value: Node


class Map(Node, frozen=True):
    """`{a: 1, (k): 2}`."""

    pairs: tuple[Pair, ...]


class Let(Node, frozen=True):
    """`let name = value; body`."""

    name: str
    value: Node
    body: Node


class Sequence(Node, frozen=True):
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
    for field in node.__struct_fields__:
        if field in _NOT_DUMPED:
            continue
        value = getattr(node, field)
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
