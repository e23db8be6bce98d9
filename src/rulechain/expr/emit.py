"""Nodes to Python syntax trees: names, members, calls, literals and control flow.

One function per kind of node, listed in `HANDLERS`; operators and predicates have modules of their own. Each returns
the code and the static type of its value, so that the code around it can leave out tests that cannot fail.
"""

import ast
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from rulechain.diagnostics import Span
from rulechain.expr import code, go, kinds, members, operators
from rulechain.expr.functions import FunctionRegistry
from rulechain.expr.kinds import Kind
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
    Pointer,
    Sequence,
    Slice,
    Text,
)
from rulechain.values import StringMap

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEXT_MAPS = frozenset(["metadata", "global", "vars"])
BUDGET = "budget"


class Emitted(NamedTuple):
    """Code for a value, and what is known of the value."""

    code: ast.expr
    kind: Kind = kinds.ANY


class Pointers(NamedTuple):
    """The Python names of `#`, `#index` and `#acc` in one predicate."""

    element: str
    position: str
    accumulator: str


class Emitter:
    """The state of one compilation: places, helper objects, roots, bound names and enclosing predicates."""

    def __init__(self, registry: FunctionRegistry, handlers: Mapping[type[Node], "Handler"]) -> None:
        self.registry = registry
        self.spans: list[Span] = []
        self.objects: dict[str, Any] = {}
        self.roots: dict[str, str] = {}
        self.pointers: list[Pointers] = []
        self.budgeted = False
        # How many bodies of `reduce` are being compiled: they may put what they got into what they give, twice.
        self.shares = 0
        self._handlers = handlers
        self._lets: list[tuple[str, str]] = []
        self._fresh = 0

    def emit(self, node: Node) -> Emitted:
        """Return the code of any node."""
        return self._handlers[type(node)](self, node)

    def code(self, node: Node) -> ast.expr:
        """Return the code of any node without its static type."""
        return self.emit(node).code

    def fresh(self, prefix: str) -> str:
        """Return a Python name that nothing else has."""
        self._fresh += 1
        return f"{prefix}{self._fresh}"

    def at(self, span: Span, built: ast.expr) -> ast.expr:
        """Return the code, marked as what an error at this place comes from."""
        self.spans.append(span)
        built.lineno = built.end_lineno = len(self.spans)
        built.col_offset = built.end_col_offset = 0
        return built

    def helper(self, span: Span, function: Callable[..., Any], *arguments: ast.expr) -> ast.expr:
        """Return a call of a run-time helper on behalf of a place."""
        self.objects[function.__name__] = function
        return self.at(span, code.call(function.__name__, *arguments))

    def held(self, value: Any, prefix: str) -> ast.expr:
        """Return a read of an object that was made at compile time."""
        identifier = self.fresh(prefix)
        self.objects[identifier] = value
        return code.name(identifier)

    def budget(self) -> ast.expr:
        """Return a read of the evaluation's budget, which is then made at its start."""
        self.budgeted = True
        return code.name(BUDGET)

    def bounded(self, span: Span, built: ast.expr) -> ast.expr:
        """Return the code, its result charged to the budget where a predicate may make it over and over."""
        return self.helper(span, operators.charge, built, self.budget()) if self.pointers else built

    def weighed(self, span: Span, built: ast.expr) -> ast.expr:
        """Return code for a container, weighed where it may hold a value that was bound or accumulated before."""
        if not self.shares and not self._lets:
            return built
        return self.helper(span, operators.weigh, built, self.budget())

    def once(self, value: ast.expr) -> tuple[ast.expr, ast.expr]:
        """Return code that evaluates a value the first time, and code that reads it again."""
        if isinstance(value, (ast.Name, ast.Constant)):
            return value, value
        identifier = self.fresh("t")
        return code.bind(identifier, value), code.name(identifier)

    def root(self, name: str) -> str:
        """Return the Python name that holds a root, fetched once at the start of an evaluation."""
        if name not in self.roots:
            self.roots[name] = self.fresh("r")
        return self.roots[name]

    def bound(self, name: str) -> str | None:
        """Return the Python name of a variable bound by `let`, or None."""
        return next((identifier for known, identifier in reversed(self._lets) if known == name), None)

    @contextmanager
    def binding(self, name: str) -> "Iterator[str]":
        """Bind a `let` name while its body is compiled; gives its Python name."""
        identifier = self.fresh("v")
        self._lets.append((name, identifier))
        yield identifier
        self._lets.pop()

    def truth(self, node: Node) -> ast.expr:
        """Return the code of a condition: a value that must be a bool."""
        emitted = self.emit(node)
        if emitted.kind == kinds.BOOL:
            return emitted.code
        return self.helper(node.span, go.boolean, emitted.code)


Handler = Callable[[Emitter, Any], Emitted]


def _literal(kind: Kind) -> Handler:
    def handle(_: Emitter, node: Any) -> Emitted:
        return Emitted(code.constant(node.value), kind)

    return handle


def _nil(_: Emitter, __: Nil) -> Emitted:
    return Emitted(code.constant(None), kinds.NIL)


def _name(emitter: Emitter, node: Name) -> Emitted:
    return Emitted(code.name(emitter.bound(node.name) or emitter.root(node.name)))


def _pointer(emitter: Emitter, node: Pointer) -> Emitted:
    if not emitter.pointers:
        # Refused by the checker, but for the arguments of a call that can only fail.
        return Emitted(code.constant(None))
    names = emitter.pointers[-1]
    if node.name == "index":
        return Emitted(code.name(names.position), kinds.INT)
    return Emitted(code.name(names.accumulator if node.name == "acc" else names.element))


def _let(emitter: Emitter, node: Let) -> Emitted:
    value = emitter.code(node.value)
    with emitter.binding(node.name) as identifier:
        body = emitter.emit(node.body)
    return Emitted(code.after(code.bind(identifier, value), body.code), body.kind)


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
    """Return code for `base.name`: maps inline, the kind of map that the name suggests first."""
    key = code.constant(node.name)
    if isinstance(base, ast.Constant):
        return emitter.helper(node.span, members.member, base, key)
    first, again = emitter.once(base)
    emitter.objects["StringMap"] = StringMap
    plain: tuple[ast.expr, ast.expr] = code.name("dict"), code.call(code.attribute(again, "get"), key)
    texts: tuple[ast.expr, ast.expr] = code.name("StringMap"), code.item(again, key)
    preferred, other = plain, texts
    if isinstance(node.base, Name) and node.base.name in _TEXT_MAPS:
        preferred, other = texts, plain
    rest = emitter.helper(node.span, members.member, again, key)
    if isinstance(node.base, (Name, Member)):
        rest = code.choose(code.is_(code.type_of(again), other[0]), other[1], rest)
    return code.choose(code.is_(code.type_of(first), preferred[0]), preferred[1], rest)


def _index(emitter: Emitter, node: Index) -> Emitted:
    return Emitted(_fetch_index(emitter, emitter.code(node.base), node))


def _fetch_index(emitter: Emitter, base: ast.expr, node: Index) -> ast.expr:
    if isinstance(node.key, Text) and not isinstance(base, ast.Constant):
        first, again = emitter.once(base)
        key = code.constant(node.key.value)
        inline = code.call(code.attribute(again, "get"), key)
        rest = emitter.helper(node.span, members.index, again, key)
        return code.choose(code.is_(code.type_of(first), code.name("dict")), inline, rest)
    return emitter.helper(node.span, members.index, base, emitter.code(node.key))


def _slice(emitter: Emitter, node: Slice) -> Emitted:
    return Emitted(_cut(emitter, emitter.code(node.base), node))


def _cut(emitter: Emitter, base: ast.expr, node: Slice) -> ast.expr:
    bounds = [code.constant(...) if bound is None else emitter.code(bound) for bound in (node.start, node.end)]
    return emitter.bounded(node.span, emitter.helper(node.span, members.cut, base, *bounds))


def _method_call(emitter: Emitter, node: MethodCall) -> Emitted:
    return Emitted(_invoke(emitter, emitter.code(node.callee.base), node))


def _invoke(emitter: Emitter, base: ast.expr, node: MethodCall) -> ast.expr:
    arguments = [emitter.code(argument) for argument in node.arguments]
    return emitter.helper(node.span, members.call_member, base, code.constant(node.callee.name), *arguments)


def _chain(emitter: Emitter, node: Chain) -> Emitted:
    """Emit the links from the base outwards; each `?.` gives nil for the whole chain when what it follows is nil."""
    links: list[Node] = []
    base = node.body
    while isinstance(base, (Member, Index, Slice, MethodCall)):
        links.append(base)
        base = base.callee.base if isinstance(base, MethodCall) else base.base
    guards: list[ast.expr] = []
    result = emitter.code(base)
    for link in reversed(links):
        if (link.callee if isinstance(link, MethodCall) else link).optional:  # type: ignore[attr-defined]
            first, result = emitter.once(result)
            guards.append(first)
        result = _link(emitter, result, link)
    for guard in reversed(guards):
        result = code.choose(code.is_nil(guard), code.constant(None), result)
    return Emitted(result)


def _link(emitter: Emitter, base: ast.expr, link: Node) -> ast.expr:
    if isinstance(link, Member):
        return _fetch(emitter, base, link)
    if isinstance(link, Index):
        return _fetch_index(emitter, base, link)
    return _cut(emitter, base, link) if isinstance(link, Slice) else _invoke(emitter, base, link)  # type: ignore[arg-type]


def _call(emitter: Emitter, node: Call) -> Emitted:
    arguments = [emitter.emit(argument) for argument in node.arguments]
    codes = [argument.code for argument in arguments]
    variable = None if node.builtin else emitter.bound(node.name)
    spec = emitter.registry.get(node.name)
    if spec is None or variable is not None:
        callee = code.name(variable or emitter.root(node.name))
        if variable is None and not node.builtin:
            return Emitted(emitter.helper(node.span, members.call_named, callee, code.constant(node.name), *codes))
        return Emitted(emitter.helper(node.span, members.call_value, callee, *codes))
    if spec.budgeted:
        codes.append(emitter.budget())
    identifier = f"f_{spec.name}"
    emitter.objects[identifier] = spec.call
    result = emitter.at(node.span, code.call(identifier, *codes))
    if spec.builds:
        result = emitter.helper(node.span, operators.make_list, result, emitter.budget())
    kind = spec.result_kind([argument.kind for argument in arguments])
    trusted = kind if spec.trusted else kinds.ANY
    return Emitted(
        result if trusted in (kinds.INT, kinds.FLOAT, kinds.BOOL) else emitter.bounded(node.span, result), trusted
    )


def _array(emitter: Emitter, node: Array) -> Emitted:
    built: ast.expr = ast.List([emitter.code(item) for item in node.items], code.LOAD)
    if emitter.pointers:
        built = emitter.helper(node.span, operators.make_list, built, emitter.budget())
    return Emitted(emitter.weighed(node.span, built), kinds.LIST)


def _map(emitter: Emitter, node: Map) -> Emitted:
    keys: list[ast.expr | None] = []
    for pair in node.pairs:
        if isinstance(pair.key, Text):
            keys.append(code.constant(pair.key.value))
        else:
            keys.append(emitter.helper(pair.span, operators.computed_key, emitter.code(pair.key)))
    built: ast.expr = ast.Dict(keys, [emitter.code(pair.value) for pair in node.pairs])
    if emitter.pointers:
        built = emitter.helper(node.span, operators.make_map, built, emitter.budget())
    return Emitted(emitter.weighed(node.span, built), kinds.MAP)


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
    Call: _call,
    Array: _array,
    Map: _map,
}
