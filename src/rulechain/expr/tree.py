"""Grammar rules to nodes: one function for each rule of the grammars, listed in `RULES` and `ROUTER_RULES`.

lark calls the function when the parser has recognised its rule, so no parse tree is ever built and nothing recurses.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from rulechain.diagnostics import Span
from rulechain.expr.literals import read_number
from rulechain.expr.nodes import (
    Array,
    Boolean,
    Bytes,
    Call,
    Chain,
    Conditional,
    Float,
    Index,
    Integer,
    Let,
    Map,
    Member,
    MethodCall,
    Name,
    Nil,
    Node,
    Pair,
    Pointer,
    Predicate,
    Sequence,
    Slice,
    Text,
)
from rulechain.expr.precedence import PrecedenceFolder
from rulechain.expr.tokens import Lexeme


class Token(Protocol):
    """What the grammar's terminals look like; lark's tokens do."""

    value: str
    start_pos: int
    end_pos: int


class _Operator(NamedTuple):
    operator: str
    span: Span


class _Bounds(NamedTuple):
    start: Node | None
    end: Node | None


Parts = list[Any]


def span_of(token: Token) -> Span:
    """Return where a token stands."""
    return Span(token.start_pos, token.end_pos)


def _only(parts: Parts) -> Any:
    return parts[0]


def _sequence(parts: Parts) -> Node:
    return parts[0] if len(parts) == 1 else Sequence(parts[-1].span, tuple(parts))


def _let(parts: Parts) -> Node:
    name, value, body = parts
    return Let(span_of(name), name.value, value, body)


def _conditional(parts: Parts) -> Node:
    condition, mark, then, otherwise = parts
    return Conditional(span_of(mark), condition, then, otherwise)


def _branch(parts: Parts) -> Node:
    keyword, condition, then, otherwise = parts
    return Conditional(span_of(keyword), condition, then, otherwise)


def _elvis(parts: Parts) -> Node:
    condition, mark, otherwise = parts
    return Conditional(span_of(mark), condition, condition, otherwise)


def _operation(parts: Parts) -> Node:
    if len(parts) == 1:
        node: Node = parts[0]
        return node
    return PrecedenceFolder([_operator(part) if hasattr(part, "start_pos") else part for part in parts]).fold()


def _operator(token: Token) -> _Operator:
    return _Operator("!" if token.value == "not" else token.value, span_of(token))


def _number(parts: Parts) -> Node:
    token = parts[0]
    span = span_of(token)
    value = read_number(token.value, span)
    return Integer(span, value, token.value) if isinstance(value, int) else Float(span, value, token.value)


def _member(base: Node, word: Token, *, optional: bool, arguments: tuple[Node, ...] | None = None) -> Node:
    """Return `base.word` or its call; an optional chain in `base` goes on, even out of parentheses."""
    chained = isinstance(base, Chain)
    member = Member(span_of(word), base.body if isinstance(base, Chain) else base, word.value, optional)
    node: Node = member if arguments is None else MethodCall(member.span, member, arguments)
    return Chain(node.span, node) if chained or optional else node


def _index(parts: Parts) -> Node:
    base, bracket, key = parts
    return Index(span_of(bracket), base, key)


def _optional_index(parts: Parts) -> Node:
    base, _, bracket, key = parts
    node = Index(span_of(bracket), base, key, optional=True)
    return Chain(node.span, node)


def _slice(parts: Parts) -> Node:
    base, bracket, bounds = parts
    return Slice(span_of(bracket), base, bounds.start, bounds.end)


def _optional_slice(parts: Parts) -> Node:
    base, _, bracket, bounds = parts
    node = Slice(span_of(bracket), base, bounds.start, bounds.end, optional=True)
    return Chain(node.span, node)


def _pointer_member(parts: Parts) -> Node:
    dot, word, *arguments = parts
    element = Pointer(span_of(dot), "")
    return _member(element, word, optional=False, arguments=arguments[0] if arguments else None)


def _predicate_call(parts: Parts) -> Node:
    name, collection, *rest = parts
    return _predicate(name, collection, rest)


def _predicate(name: Token, collection: Node, rest: Parts) -> Node:
    body = rest[0] if rest else None
    extra = rest[1] if len(rest) > 1 else None
    return Predicate(span_of(name), name.value, collection, body, extra)


def _piped_call(parts: Parts) -> Callable[[Node], Node]:
    name, arguments = parts
    return lambda left: Call(span_of(name), name.value, (left, *arguments))


def _piped_predicate(parts: Parts) -> Callable[[Node], Node]:
    name, *rest = parts
    return lambda left: _predicate(name, left, rest)


def _named_pair(parts: Parts) -> Node:
    key, value = parts
    return Pair(span_of(key), Text(span_of(key), key.value), value)


def _computed_pair(parts: Parts) -> Node:
    key, value = parts
    return Pair(key.span, key, value)


RULES: dict[str, Callable[[Parts], Any]] = {
    "start": _only,
    "group": _only,
    "predicate": _only,
    "sequence": _sequence,
    "let": _let,
    "branch": _branch,
    "conditional": _conditional,
    "elvis": _elvis,
    "operation": _operation,
    "number": _number,
    "true": lambda parts: Boolean(span_of(parts[0]), value=True),
    "false": lambda parts: Boolean(span_of(parts[0]), value=False),
    "nil": lambda parts: Nil(span_of(parts[0])),
    "text": lambda parts: Text(span_of(parts[0]), parts[0].value),
    "bytes": lambda parts: Bytes(span_of(parts[0]), parts[0].value.encode("latin-1")),
    "name": lambda parts: Name(span_of(parts[0]), parts[0].value),
    "member": lambda parts: _member(parts[0], parts[2], optional=False),
    "method": lambda parts: _member(parts[0], parts[2], optional=False, arguments=parts[3]),
    "optional_member": lambda parts: _member(parts[0], parts[2], optional=True),
    "optional_method": lambda parts: _member(parts[0], parts[2], optional=True, arguments=parts[3]),
    "index": _index,
    "optional_index": _optional_index,
    "slice": _slice,
    "optional_slice": _optional_slice,
    "bounds_both": lambda parts: _Bounds(parts[0], parts[1]),
    "bounds_from": lambda parts: _Bounds(parts[0], None),
    "bounds_to": lambda parts: _Bounds(None, parts[0]),
    "bounds_none": lambda _: _Bounds(None, None),
    "arguments": tuple,
    "call": lambda parts: Call(span_of(parts[0]), parts[0].value, parts[1]),
    "builtin_call": lambda parts: Call(span_of(parts[1]), parts[1].value, parts[2], builtin=True),
    "builtin_predicate": lambda parts: parts[1],
    "pointer": lambda parts: Pointer(span_of(parts[0]), ""),
    "named_pointer": lambda parts: Pointer(Span(parts[0].start_pos, parts[1].end_pos), parts[1].value),
    "element_member": _pointer_member,
    "element_method": _pointer_member,
    "predicate_bare": _predicate_call,
    "predicate_call": _predicate_call,
    "predicate_extra": _predicate_call,
    "piped_call": _piped_call,
    "piped_bare": _piped_predicate,
    "piped_predicate": _piped_predicate,
    "piped_extra": _piped_predicate,
    "array": lambda parts: Array(span_of(parts[0]), tuple(parts[1:])),
    "map": lambda parts: Map(span_of(parts[0]), tuple(parts[1:])),
    "named_pair": _named_pair,
    "number_pair": _named_pair,
    "computed_pair": _computed_pair,
}


def _component(parts: Parts) -> tuple[str, Parts, None]:
    return "component", [_lexeme(parts[-1])], None


def _chain(parts: Parts) -> tuple[str, Parts, Parts | None]:
    references = [part for part in parts if isinstance(part, list)]
    return "chain", references[0], references[1] if len(references) > 1 else None


def _lexeme(token: Any) -> Lexeme:
    return Lexeme(token.type, token.value, token.start_pos, token.end_pos)


ROUTER_RULES: dict[str, Callable[[Parts], Any]] = {
    "start": _only,
    "component": _component,
    "chain": _chain,
    "reference": lambda parts: [_lexeme(part) for part in parts],
}
