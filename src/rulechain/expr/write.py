"""The tree back to text, in one spelling: what `explain` shows of a part of an expression.

Parentheses stand only where the grammar needs them; reading the text again gives the same tree.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from rulechain.expr.nodes import (
    Array,
    Binary,
    Boolean,
    Bytes,
    Call,
    Chain,
    Conditional,
    Float,
    Index,
    Integer,
    Let,
    Logical,
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
    Unary,
)
from rulechain.expr.tokens import NEGATABLE

_BARE_KEY = re.compile(r"(?!(?:let|if|else|not|and|or|in|matches|contains|startsWith|endsWith)$)[A-Za-z_]\w*")
# How tightly the parts of a node bind, as in `precedence`; statements bind least, what takes a postfix most.
_STATEMENT, _CONDITIONAL, _OPERATION, _COALESCE, _PREFIX, _LITERAL, _POSTFIXED = 0, 1, 2, 3, 90, 900, 1000
_NOT = 50
_LEVELS = {
    "||": 10,
    "&&": 15,
    **dict.fromkeys(["==", "!=", "<", ">", "<=", ">=", *NEGATABLE], 20),
    "..": 25,
    **dict.fromkeys(["+", "-"], 30),
    **dict.fromkeys(["*", "/", "%"], 60),
    "**": 100,
    # It binds tightest, yet no other operator may stand beside it.
    "??": _COALESCE,
}
_Written = tuple[str, int]


def write_expression(node: Node) -> str:
    """Return an expression that reads as this tree."""
    return _WRITERS[type(node)](node)[0]


def _inside(node: Node, level: int) -> str:
    """Return a part's text, in parentheses if it binds less tightly than its place demands."""
    text, own = _WRITERS[type(node)](node)
    return text if own >= level else f"({text})"


def _constant(text: str) -> Callable[[Any], _Written]:
    return lambda _: (text, _LITERAL)


def _number(node: Integer | Float) -> _Written:
    text = node.text or repr(node.value)
    return text, _PREFIX if text.startswith("-") else _LITERAL


def _text(node: Text) -> _Written:
    return json.dumps(node.value, ensure_ascii=False), _POSTFIXED


def _bytes(node: Bytes) -> _Written:
    shown = "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}" for byte in node.value)
    return f'b"{shown}"', _POSTFIXED


def _pointer(node: Pointer) -> _Written:
    return f"#{node.name}", _POSTFIXED


def _unary(node: Unary) -> _Written:
    operand = node.operand
    if isinstance(operand, Binary) and operand.span == node.span:
        # `a not in b` is one operator where it is written, and two in the tree.
        return _infix(operand, f"not {operand.operator}")
    if node.operator == "!":
        return f"!{_inside(operand, _NOT)}", _NOT
    return f"{node.operator}{_inside(operand, _PREFIX)}", _PREFIX


def _binary(node: Binary) -> _Written:
    if node.operator == "??":
        nested = isinstance(node.left, Binary) and node.left.operator == "??"
        left = _inside(node.left, _COALESCE if nested else _LITERAL)
        return f"{left} ?? {_inside(node.right, _LITERAL)}", _COALESCE
    return _infix(node, node.operator)


def _infix(node: Binary, operator: str) -> _Written:
    level = _LEVELS[node.operator]
    left, right = (level + 1, level) if operator == "**" else (level, level + 1)
    if level == _LEVELS["<"]:
        # `a < b < c` means something else than `(a < b) < c`.
        left = right
    before, behind = _inside(node.left, left), _inside(node.right, right)
    # `1..3` is one word, but a dot next to the dots would join them.
    blank = "" if operator == ".." and not before.endswith(".") and not behind.startswith(".") else " "
    return f"{before}{blank}{operator}{blank}{behind}", level


def _logical(node: Logical) -> _Written:
    level = _LEVELS[node.operator]
    return f" {node.operator} ".join(_inside(operand, level + 1) for operand in node.operands), level


def _conditional(node: Conditional) -> _Written:
    condition, otherwise = _inside(node.condition, _COALESCE), _inside(node.otherwise, _CONDITIONAL)
    if node.then is node.condition:
        return f"{condition} ?: {otherwise}", _CONDITIONAL
    return f"{condition} ? {_inside(node.then, _OPERATION)} : {otherwise}", _CONDITIONAL


def _dotted(node: Member) -> str:
    if isinstance(node.base, Pointer) and not node.base.name and not node.optional:
        return f".{node.name}"
    return f"{_inside(node.base, _POSTFIXED)}{'?.' if node.optional else '.'}{node.name}"


def _member(node: Member) -> _Written:
    return _dotted(node), _POSTFIXED


def _method_call(node: MethodCall) -> _Written:
    return f"{_dotted(node.callee)}({_listed(node.arguments)})", _POSTFIXED


def _index(node: Index) -> _Written:
    key = _inside(node.key, _CONDITIONAL)
    return f"{_inside(node.base, _POSTFIXED)}{'?.' if node.optional else ''}[{key}]", _POSTFIXED


def _slice(node: Slice) -> _Written:
    start, end = ("" if bound is None else _inside(bound, _OPERATION) for bound in (node.start, node.end))
    # A colon before `::f()` would join it.
    colon = ": " if end.startswith(":") else ":"
    return f"{_inside(node.base, _POSTFIXED)}{'?.' if node.optional else ''}[{start}{colon}{end}]", _POSTFIXED


def _chain(node: Chain) -> _Written:
    return _WRITERS[type(node.body)](node.body)


def _listed(nodes: tuple[Node, ...]) -> str:
    return ", ".join(_inside(node, _CONDITIONAL) for node in nodes)


def _call(node: Call) -> _Written:
    return f"{'::' if node.builtin else ''}{node.name}({_listed(node.arguments)})", _POSTFIXED


def _predicate(node: Predicate) -> _Written:
    parts = [_inside(node.collection, _CONDITIONAL)]
    if node.body is not None:
        body = _inside(node.body, _CONDITIONAL)
        # A brace in first place opens a block.
        parts.append(f"{{{body}}}" if body.startswith("{") else body)
    if node.extra is not None:
        parts.append(_inside(node.extra, _CONDITIONAL))
    return f"{node.name}({', '.join(parts)})", _POSTFIXED


def _array(node: Array) -> _Written:
    return f"[{_listed(node.items)}]", _POSTFIXED


def _map(node: Map) -> _Written:
    return f"{{{', '.join(_pair(pair)[0] for pair in node.pairs)}}}", _POSTFIXED


def _pair(node: Pair) -> _Written:
    key = node.key
    if not isinstance(key, Text):
        written = f"({write_expression(key)})"
    else:
        written = key.value if _BARE_KEY.fullmatch(key.value) else _text(key)[0]
    return f"{written}: {_inside(node.value, _CONDITIONAL)}", _STATEMENT


def _let(node: Let) -> _Written:
    return f"let {node.name} = {_inside(node.value, _CONDITIONAL)}; {write_expression(node.body)}", _STATEMENT


def _sequence(node: Sequence) -> _Written:
    return "; ".join(_inside(item, _CONDITIONAL) for item in node.items), _STATEMENT


_WRITERS: dict[type[Node], Callable[[Any], _Written]] = {
    Nil: _constant("nil"),
    Boolean: lambda node: ("true" if node.value else "false", _LITERAL),
    Integer: _number,
    Float: _number,
    Text: _text,
    Bytes: _bytes,
    Name: lambda node: (node.name, _POSTFIXED),
    Pointer: _pointer,
    Unary: _unary,
    Binary: _binary,
    Logical: _logical,
    Conditional: _conditional,
    Member: _member,
    MethodCall: _method_call,
    Index: _index,
    Slice: _slice,
    Chain: _chain,
    Call: _call,
    Predicate: _predicate,
    Array: _array,
    Map: _map,
    Pair: _pair,
    Let: _let,
    Sequence: _sequence,
}
