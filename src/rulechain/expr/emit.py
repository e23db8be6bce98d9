"""Nodes to Python syntax trees: names, members, calls, literals and control flow.

One function per kind of node, listed in `HANDLERS`; operators and predicates have modules of their own. Each returns
the code and the static type of its value, so that the code around it can leave out tests that cannot fail.
"""

import ast
from collections.abc import Callable
from typing import Any

from rulechain.expr import code, go, kinds, members, operators
from rulechain.expr.budget import make_list, make_map
from rulechain.expr.charges import bounded, taken, weighed
from rulechain.expr.emitter import LEVELS_PER_FUNCTION, Emitted, Emitter, Handler, is_missing
from rulechain.expr.kinds import Kind
from rulechain.expr.nodes import (
    Array,
    Boolean,
    Bytes,
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
    Pointer,
    Sequence,
    Slice,
    Text,
)
from rulechain.values import StringMap

# How many steps the methods of times and durations take.
_METHOD_STEPS = {"Format": 150, "String": 150}
_OTHER_METHOD_STEPS = 30
_TEXT_MAPS = frozenset(["metadata", "global", "vars"])


def _literal(kind: Kind) -> Handler:
    def handle(_: Emitter, node: Any) -> Emitted:
        return Emitted(code.constant(node.value), kind)

    return handle


def _nil(_: Emitter, __: Nil) -> Emitted:
    return Emitted(code.constant(None), kinds.NIL)


def _name(emitter: Emitter, node: Name) -> Emitted:
    return emitter.bound(node.name) or Emitted(code.name(emitter.root(node.name)))


def _pointer(emitter: Emitter, node: Pointer) -> Emitted:
    if emitter.pointers:
        element, position, accumulator, kind = emitter.pointers[-1]
        known = {"": (element, kind), "index": (position, kinds.INT), "acc": (accumulator, kinds.ANY)}
        identifier, kind = known.get(node.name, (None, kinds.ANY))
        if identifier is not None:
            return Emitted(code.name(identifier), kind)
    # Refused by the checker, but for the arguments of a call that can only fail.
    return Emitted(code.constant(None))


def _let(emitter: Emitter, node: Let) -> Emitted:
    value = emitter.emit(node.value)
    with emitter.binding(node.name, value.kind) as identifier:
        body = emitter.emit(node.body)
    return Emitted(code.after(code.bind(identifier, value.code), body.code), body.kind)


def _sequence(emitter: Emitter, node: Sequence) -> Emitted:
    *before, last = [emitter.emit(item) for item in node.items]
    result = last.code
    for item in reversed(before):
        result = code.after(item.code, result)
    return Emitted(result, last.kind)


def _conditional(emitter: Emitter, node: Conditional) -> Emitted:
    condition = emitter.truth(node.condition)
    then, otherwise = emitter.emit(node.then), emitter.emit(node.otherwise)
    kind = then.kind if then.kind == otherwise.kind else kinds.ANY
    return Emitted(code.choose(condition, then.code, otherwise.code), kind)


def _member(emitter: Emitter, node: Member) -> Emitted:
    return Emitted(_fetch(emitter, emitter.code(node.base), node))


def _fetch(emitter: Emitter, base: ast.expr, node: Member) -> ast.expr:
    return _fetch_key(emitter, base, node, node.name, members.member)


def _fetch_key(
    emitter: Emitter, base: ast.expr, node: Member | Index, text: str, fetch: Callable[[Any, Any], Any]
) -> ast.expr:
    """Return code for `base.name` or `base["name"]`: maps inline, the kind of map that the base suggests first."""
    key = code.constant(text)
    if isinstance(base, ast.Constant):
        return emitter.helper(node.span, fetch, base, key)
    first, again = emitter.once(base)
    emitter.objects["StringMap"] = StringMap
    plain: tuple[ast.expr, ast.expr] = code.name("dict"), code.call(code.attribute(again, "get"), key)
    texts: tuple[ast.expr, ast.expr] = code.name("StringMap"), code.item(again, key)
    preferred, other = plain, texts
    if isinstance(node.base, Name) and node.base.name in _TEXT_MAPS:
        preferred, other = texts, plain
    rest = emitter.helper(node.span, fetch, again, key)
    if isinstance(node.base, (Name, Member)):
        rest = code.choose(code.is_(code.type_of(again), other[0]), other[1], rest)
    return code.choose(code.is_(code.type_of(first), preferred[0]), preferred[1], rest)


def _index(emitter: Emitter, node: Index) -> Emitted:
    return Emitted(_fetch_index(emitter, emitter.code(node.base), node))


def _fetch_index(emitter: Emitter, base: ast.expr, node: Index) -> ast.expr:
    if isinstance(node.key, Text):
        return _fetch_key(emitter, base, node, node.key.value, members.index)
    if isinstance(node.key, Integer) and not isinstance(base, ast.Constant):
        return _fetch_place(emitter, base, node, node.key.value)
    return emitter.helper(node.span, members.index, base, emitter.code(node.key))


def _fetch_place(emitter: Emitter, base: ast.expr, node: Index, place: int) -> ast.expr:
    """Return code for `base[0]`: lists that are long enough inline."""
    first, again = emitter.once(base)
    least = place + 1 if place >= 0 else -place
    is_list = code.is_(code.type_of(first), code.name("list"))
    is_long = code.compare(code.call("len", again), (ast.GtE(), code.constant(least)))
    inline = code.item(again, code.constant(place))
    rest = emitter.helper(node.span, members.index, again, code.constant(place))
    return code.choose(ast.BoolOp(ast.And(), [is_list, is_long]), inline, rest)


def _slice(emitter: Emitter, node: Slice) -> Emitted:
    return Emitted(_cut(emitter, emitter.code(node.base), node))


def _cut(emitter: Emitter, base: ast.expr, node: Slice) -> ast.expr:
    bounds = [code.constant(...) if bound is None else emitter.code(bound) for bound in (node.start, node.end)]
    return bounded(emitter, node.span, emitter.helper(node.span, members.cut, base, *bounds))


def _method_call(emitter: Emitter, node: MethodCall) -> Emitted:
    return Emitted(_invoke(emitter, emitter.code(node.callee.base), node))


def _invoke(emitter: Emitter, base: ast.expr, node: MethodCall) -> ast.expr:
    arguments = [emitter.code(argument) for argument in node.arguments]
    name = node.callee.name
    called = emitter.helper(node.span, members.call_member, base, code.constant(name), *arguments)
    return taken(emitter, node.span, called, _METHOD_STEPS.get(name, _OTHER_METHOD_STEPS))


def _chain(emitter: Emitter, node: Chain) -> Emitted:
    """Emit the links from the base outwards; each `?.` gives nil for the whole chain when what it follows is nil."""
    links: list[Node] = []
    base = node.body
    while isinstance(base, (Member, Index, Slice, MethodCall)):
        links.append(base)
        base = base.callee.base if isinstance(base, MethodCall) else base.base
    result = emitter.code(base)
    if len(links) > LEVELS_PER_FUNCTION:
        return Emitted(_long_chain(emitter, result, links))
    guards: list[ast.expr] = []
    for link in reversed(links):
        if _is_optional(link):
            first, result = emitter.once(result)
            guards.append(first)
        result = _link(emitter, result, link)
    if emitter.traits.nil_lists:
        result = emitter.helper(node.span, go.plain_nil, result)
    for guard in reversed(guards):
        result = code.choose(is_missing(emitter, node.span, guard), code.constant(None), result)
    return Emitted(result)


def _is_optional(link: Node) -> bool:
    return bool((link.callee if isinstance(link, MethodCall) else link).optional)  # type: ignore[attr-defined]


def _long_chain(emitter: Emitter, base: ast.expr, links: list[Node]) -> ast.expr:
    """Return a call of a function that goes along a chain link by link: code for it would nest once per link."""
    value = emitter.fresh("t")
    body = [code.assign(value, base)]
    for link in reversed(links):
        if _is_optional(link):
            body.append(code.when(is_missing(emitter, link.span, code.name(value)), code.give(code.constant(None))))
        body.append(code.assign(value, _link(emitter, code.name(value), link)))
    result: ast.expr = code.name(value)
    if emitter.traits.nil_lists:
        result = emitter.helper(links[-1].span, go.plain_nil, result)
    return emitter.apart([*body, code.give(result)])


def _link(emitter: Emitter, base: ast.expr, link: Node) -> ast.expr:
    if isinstance(link, Member):
        return _fetch(emitter, base, link)
    if isinstance(link, Index):
        return _fetch_index(emitter, base, link)
    return _cut(emitter, base, link) if isinstance(link, Slice) else _invoke(emitter, base, link)  # type: ignore[arg-type]


def _array(emitter: Emitter, node: Array) -> Emitted:
    built: ast.expr = ast.List([emitter.code(item) for item in node.items], code.LOAD)
    if emitter.pointers:
        built = emitter.helper(node.span, make_list, built, emitter.budget())
    return Emitted(weighed(emitter, node.span, built), kinds.LIST)


def _map(emitter: Emitter, node: Map) -> Emitted:
    keys: list[ast.expr | None] = []
    for pair in node.pairs:
        if isinstance(pair.key, Text):
            keys.append(code.constant(pair.key.value))
        else:
            keys.append(emitter.helper(pair.span, operators.computed_key, emitter.code(pair.key)))
    built: ast.expr = ast.Dict(keys, [emitter.code(pair.value) for pair in node.pairs])
    if emitter.pointers:
        built = emitter.helper(node.span, make_map, built, emitter.budget())
    return Emitted(weighed(emitter, node.span, built), kinds.MAP)


HANDLERS: dict[type[Node], Handler] = {
    Nil: _nil,
    Boolean: _literal(kinds.BOOL),
    Integer: _literal(kinds.INT),
    Float: _literal(kinds.FLOAT),
    Text: _literal(kinds.STRING),
    Bytes: _literal(kinds.BYTES),
    Name: _name,
    Pointer: _pointer,
    Let: _let,
    Sequence: _sequence,
    Conditional: _conditional,
    Member: _member,
    Index: _index,
    Slice: _slice,
    MethodCall: _method_call,
    Chain: _chain,
    Array: _array,
    Map: _map,
}
