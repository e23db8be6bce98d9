"""Predicate functions to Python code: each becomes a loop in a generated function of its own.

That function is called once, with the collection and the variables that the predicate reads, so an element costs no
call. `map` over `filter` and `sum` over `map` become one loop, as they do in expr-lang.
"""

import ast
from collections.abc import Callable
from typing import NamedTuple, TypeGuard

from rulechain.expr import code, elements, kinds, members, operators
from rulechain.expr.any_map import Groups
from rulechain.expr.charges import count_elements, count_steps, weighed
from rulechain.expr.emitter import Emitted, Emitter, Handler, Pointers
from rulechain.expr.kinds import Kind
from rulechain.expr.nodes import Call, Integer, MethodCall, Node, Pointer, Predicate, children

# For every element a predicate takes one step, and one more for each so many nodes; a call is like so many.
_NODES_PER_STEP = 8
_NODES_PER_CALL = 40
_WITHOUT_BODY = frozenset(["count", "sum"])
_WITH_EXTRA = frozenset(["reduce", "sortBy"])
_FUSED_WITH_FILTER = frozenset(["map", "sum"])
_KEEPS_ELEMENTS = frozenset(["groupBy", "sortBy"])
_COUNTS_PLACES = frozenset(["findIndex", "findLastIndex"])
_BACKWARDS = frozenset(["findLast", "findLastIndex"])
# Lists whose elements the generated code knows.
_KNOWN = frozenset([kinds.INTS, kinds.FLOATS, kinds.TEXTS])


class _Body(NamedTuple):
    """A predicate's body: the pointers of its own that it reads, and its size without the bodies of loops inside it."""

    node: Node
    reads: set[str]
    size: int


class _Loop(NamedTuple):
    """A predicate on its way to a loop: what is evaluated for each element, and the names of its variables.

    `opened` is the predicate whose collection is gone over, `filtered` the body of a filter in front of the predicate.
    """

    emitter: Emitter
    node: Predicate
    opened: Predicate
    body: _Body
    filtered: _Body | None
    items: str
    extra: str
    pointers: Pointers

    @property
    def looks(self) -> bool:
        """Whether elements are looked at: a map has places for them, but nothing there to see."""
        return "" in self.body.reads or self.filtered is not None or self.node.name in _KEEPS_ELEMENTS

    @property
    def element(self) -> ast.expr:
        """The element at hand."""
        return code.name(self.pointers.element)

    def truth(self) -> ast.expr:
        """Return code for whether the predicate holds."""
        return self.emitter.truth(self.body.node)

    def value(self) -> Emitted:
        """Return code for the predicate's value."""
        return self.emitter.emit(self.body.node)

    def call(self, function: Callable[..., object], *arguments: ast.expr) -> ast.expr:
        """Return a call of a run-time helper on behalf of the predicate."""
        return self.emitter.helper(self.node.span, function, *arguments)

    def seen(self) -> list[ast.stmt]:
        """Return the refusal to give an element that nothing was seen of, where it may be one of a map."""
        return [] if self.looks else [code.do(self.call(elements.refuse_unreadable, code.name(self.items)))]


class _Steps(NamedTuple):
    """The statements of a loop: before it, for each element, behind it; and the kind of what it gives."""

    before: list[ast.stmt]
    each: list[ast.stmt]
    after: list[ast.stmt]
    kind: Kind = kinds.ANY


def _predicate(emitter: Emitter, node: Predicate) -> Emitted:
    if node.body is None and node.name not in _WITHOUT_BODY:
        # Refused by the checker, but for what expr-lang does not look at.
        collection = emitter.code(node.collection)
        return Emitted(emitter.helper(node.span, members.refuse_call, code.constant(node.name), collection))
    opened, body, filtered = _fused(node)
    collection, kind = emitter.emit(opened.collection)
    pointers = _pointers(emitter, node, body, kind)
    loop = _Loop(emitter, node, opened, body, filtered, emitter.fresh("c"), emitter.fresh("x"), pointers)
    given = {loop.items: collection}
    if node.extra is not None and node.name in _WITH_EXTRA:
        given[loop.extra] = emitter.code(node.extra)
    emitter.pointers.append(pointers)
    test = None if filtered is None else emitter.truth(filtered.node)
    steps = _LOOPS[node.name](loop)
    emitter.pointers.pop()
    each = steps.each if test is None else [code.when(test, *steps.each)]
    built = emitter.apart([*_opening(loop), *steps.before, _header(loop, each), *steps.after], given)
    if node.name == "map":
        built = weighed(emitter, node.span, built)
    return Emitted(built, kind if node.name == "filter" and kind in _KNOWN else steps.kind)


def _fused(node: Predicate) -> tuple[Predicate, _Body, _Body | None]:
    """Return the predicate whose collection is gone over, the loop's body, and that of a filter in front of it."""
    opened = node.collection if node.name == "sum" and node.body is None and _is(node.collection, "map") else node
    body = _body_of(opened)
    inner = opened.collection
    if node.name in _FUSED_WITH_FILTER and "index" not in body.reads and _is(inner, "filter"):
        filtered = _body_of(inner)
        if "" in filtered.reads:
            return inner, body, filtered
    return opened, body, None


def _is(node: Node, name: str) -> TypeGuard[Predicate]:
    return isinstance(node, Predicate) and node.name == name and node.body is not None


def _body_of(predicate: Predicate) -> _Body:
    """Return a body with what is to be known of it; the pointers of a predicate inside it are others."""
    # `count` and `sum` without a body take the elements themselves.
    root = predicate.body or Pointer(predicate.span, "")
    reads: set[str] = set()
    size = 0
    stack = [root]
    while stack:
        node = stack.pop()
        size += _NODES_PER_CALL if isinstance(node, (Call, MethodCall)) else 1
        if isinstance(node, Pointer):
            reads.add(node.name)
        if isinstance(node, Predicate):
            stack.extend(part for part in (node.collection, node.extra) if part is not None)
        else:
            stack.extend(children(node))
    return _Body(root, reads, size)


def _pointers(emitter: Emitter, node: Predicate, body: _Body, collection: Kind) -> Pointers:
    element = collection.element if collection in _KNOWN else None
    return Pointers(
        emitter.fresh("e"),
        emitter.fresh("i") if "index" in body.reads or node.name in _COUNTS_PLACES else None,
        emitter.fresh("a") if node.name == "reduce" else None,
        element or kinds.ANY,
    )


def _opening(loop: _Loop) -> list[ast.stmt]:
    """Return the statements that make sure of a list, and charge for the way over it."""
    items, span = code.name(loop.items), loop.opened.span
    places = items if loop.looks else loop.emitter.helper(span, elements.sized, items)
    listed = loop.emitter.helper(span, elements.elements, places)
    is_other = code.compare(code.type_of(items), (ast.IsNot(), code.name("list")))
    steps: ast.expr = code.call("len", items)
    size = loop.body.size + (loop.filtered.size if loop.filtered else 0)
    if size >= _NODES_PER_STEP:
        steps = ast.BinOp(steps, ast.Mult(), code.constant(1 + size // _NODES_PER_STEP))
    return [code.when(is_other, code.assign(loop.items, listed)), *count_steps(loop.emitter, span, steps)]


def _header(loop: _Loop, each: list[ast.stmt]) -> ast.stmt:
    """Return the loop itself, over what the predicate goes over."""
    items: ast.expr = code.name(loop.items)
    first = 0
    if loop.node.name == "reduce" and loop.node.extra is None:
        items, first = code.item(items, ast.Slice(code.constant(1))), 1
    backwards = loop.node.name in _BACKWARDS
    element, position = loop.pointers.element, loop.pointers.position
    if position is None:
        return code.loop([element], code.call("reversed", items) if backwards else items, each)
    pairs = code.call("enumerate", items, code.constant(first))
    return code.loop([position, element], code.call("reversed", code.call("list", pairs)) if backwards else pairs, each)


def _all(loop: _Loop) -> _Steps:
    return _Steps([], [code.when(code.negated(loop.truth()), _answer(yes=False))], [_answer(yes=True)], kinds.BOOL)


def _any(loop: _Loop) -> _Steps:
    return _Steps([], [code.when(loop.truth(), _answer(yes=True))], [_answer(yes=False)], kinds.BOOL)


def _none(loop: _Loop) -> _Steps:
    return _Steps([], [code.when(loop.truth(), _answer(yes=False))], [_answer(yes=True)], kinds.BOOL)


def _answer(*, yes: bool) -> ast.stmt:
    return code.give(code.constant(yes))


def _one(loop: _Loop) -> _Steps:
    before, each, _, _ = _count(loop)
    is_one = code.compare(code.name("found"), (ast.Eq(), code.constant(1)))
    return _Steps(before, each, [code.give(is_one)], kinds.BOOL)


def _count(loop: _Loop) -> _Steps:
    """Count, but no further than to the number that settles the answer, where `rewrite` found one."""
    found = code.name("found")
    counted: list[ast.stmt] = [code.assign("found", ast.BinOp(found, ast.Add(), code.constant(1)))]
    if isinstance(loop.node.extra, Integer):
        settled = code.compare(found, (ast.Eq(), code.constant(loop.node.extra.value)))
        counted.append(code.when(settled, code.give(found)))
    before = [code.assign("found", code.constant(0))]
    return _Steps(before, [code.when(loop.truth(), *counted)], [code.give(found)], kinds.INT)


def _find(loop: _Loop) -> _Steps:
    """Find an element; `rewrite` leaves a third argument where there must be one, as for `filter(…)[0]`."""
    absent: ast.expr = code.constant(None)
    if loop.node.extra is not None:
        instead = "last" if loop.node.name == "findLast" else "first"
        absent = loop.call(elements.refuse_absent, code.constant(instead))
    return _Steps([], [code.when(loop.truth(), *loop.seen(), code.give(loop.element))], [code.give(absent)])


def _find_index(loop: _Loop) -> _Steps:
    position = code.name(str(loop.pointers.position))
    return _Steps([], [code.when(loop.truth(), code.give(position))], [code.give(code.constant(None))])


def _filter(loop: _Loop) -> _Steps:
    return _made(loop, [code.when(loop.truth(), *loop.seen(), code.append("made", loop.element))], kinds.LIST)


def _map(loop: _Loop) -> _Steps:
    value = loop.value()
    kind = kinds.list_of(value.kind)
    return _made(loop, [code.append("made", value.code)], kind if kind in _KNOWN else kinds.LIST)


def _made(loop: _Loop, each: list[ast.stmt], kind: Kind) -> _Steps:
    """Return the statements around those that put elements into a new list, which is charged for."""
    made = code.name("made")
    charged = count_elements(loop.emitter, loop.node.span, code.call("len", made))
    return _Steps([code.assign("made", ast.List([], code.LOAD))], each, [*charged, code.give(made)], kind)


def _sum(loop: _Loop) -> _Steps:
    """Add up, beginning with the int 0; floats, the commonest numbers, cost no call."""
    value, total = loop.value(), code.name("total")
    first, again = loop.emitter.once(value.code)
    loop.emitter.objects["NUMBERS"] = frozenset([int, float])
    is_number = code.compare(code.type_of(total), (ast.In(), code.name("NUMBERS")))
    are_floats = ast.BoolOp(ast.And(), [code.is_(code.type_of(first), code.name("float")), is_number])
    added = code.choose(are_floats, ast.BinOp(again, ast.Add(), total), loop.call(operators.add, again, total))
    before = [code.assign("total", code.constant(0))]
    return _Steps(before, [code.assign("total", added)], [code.give(total)])


def _group_by(loop: _Loop) -> _Steps:
    groups = code.name("groups")
    add = code.call(code.attribute(groups, "add"), loop.value().code, loop.element)
    before = [code.assign("groups", loop.call(Groups))]
    return _Steps(before, [code.do(loop.emitter.at(loop.node.span, add))], [code.give(groups)], kinds.GROUPS)


def _sort_by(loop: _Loop) -> _Steps:
    order = code.constant("asc") if loop.node.extra is None else code.name(loop.extra)
    before = [
        code.do(loop.call(elements.check_order, order)),
        *count_elements(loop.emitter, loop.node.span, code.call("len", code.name(loop.items))),
        code.assign("keys", ast.List([], code.LOAD)),
    ]
    done = loop.call(elements.sort_by, code.name(loop.items), code.name("keys"), order, loop.emitter.budget())
    return _Steps(before, [code.append("keys", loop.value().code)], [code.give(done)], kinds.LIST)


def _reduce(loop: _Loop) -> _Steps:
    """Fold; without a start the first element is it."""
    accumulated, items = str(loop.pointers.accumulator), code.name(loop.items)
    loop.emitter.folds += 1
    folded = loop.value().code
    loop.emitter.folds -= 1
    before = [code.assign(accumulated, code.name(loop.extra))]
    if loop.node.extra is None:
        refused = code.when(code.negated(items), code.do(loop.call(elements.refuse_empty)))
        before = [refused, *loop.seen(), code.assign(accumulated, code.item(items, code.constant(0)))]
    return _Steps(before, [code.assign(accumulated, folded)], [code.give(code.name(accumulated))])


_LOOPS: dict[str, Callable[[_Loop], _Steps]] = {
    "all": _all,
    "any": _any,
    "none": _none,
    "one": _one,
    "count": _count,
    "find": _find,
    "findLast": _find,
    "findIndex": _find_index,
    "findLastIndex": _find_index,
    "filter": _filter,
    "map": _map,
    "sum": _sum,
    "groupBy": _group_by,
    "sortBy": _sort_by,
    "reduce": _reduce,
}
HANDLERS: dict[type[Node], Handler] = {Predicate: _predicate}
