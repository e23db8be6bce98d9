"""Predicate functions to Python syntax trees: each predicate becomes a lambda, handed to a helper of `elements`."""

import ast
from collections.abc import Callable
from typing import Any

from rulechain.expr import code, elements, kinds, operators
from rulechain.expr.charges import weighed
from rulechain.expr.emitter import Emitted, Emitter, Handler, Pointers
from rulechain.expr.kinds import Kind
from rulechain.expr.nodes import Integer, Node, Pointer, Predicate, children

_TESTS: dict[str, tuple[Callable[..., Any], Kind]] = {
    "all": (elements.all_of, kinds.BOOL),
    "none": (elements.none_of, kinds.BOOL),
    "any": (elements.any_of, kinds.BOOL),
    "one": (elements.one_of, kinds.BOOL),
    "filter": (elements.filter_by, kinds.LIST),
    "find": (elements.find, kinds.ANY),
    "findLast": (elements.find_last, kinds.ANY),
    "findIndex": (elements.find_index, kinds.ANY),
    "findLastIndex": (elements.find_last_index, kinds.ANY),
    "count": (elements.count_by, kinds.INT),
}
_VALUES: dict[str, tuple[Callable[..., Any], Kind]] = {
    "map": (elements.map_by, kinds.LIST),
    "sum": (elements.sum_by, kinds.ANY),
    "groupBy": (elements.group_by, kinds.GROUPS),
}
# `filter(…)[0]` and `filter(…)[-1]`, as `rewrite` leaves them.
_EXISTING = {"find": elements.find_existing, "findLast": elements.find_last_existing}
_KEEPS_ELEMENTS = frozenset(["groupBy", "sortBy"])
_INLINE = frozenset(["filter", "map"])
_WITHOUT_BODY: dict[str, tuple[Callable[..., Any], Kind]] = {
    "count": (elements.count_true, kinds.INT),
    "sum": (elements.sum_of, kinds.ANY),
}


def _predicate(emitter: Emitter, node: Predicate) -> Emitted:
    collection = emitter.code(node.collection)
    if node.name in _INLINE and node.body is not None and _uses(node.body, "") and not _uses(node.body, "index"):
        return _comprehension(emitter, node, node.body, collection)
    if node.name not in _KEEPS_ELEMENTS and node.body is not None and not _uses(node.body, ""):
        collection = emitter.helper(node.span, elements.sized, collection)
    if node.body is None:
        helper, kind = _WITHOUT_BODY[node.name]
        return Emitted(emitter.helper(node.span, helper, collection, emitter.budget()), kind)
    if node.name == "reduce":
        return _reduce(emitter, node, node.body, collection)
    if node.name == "sortBy":
        body = _lambda(emitter, node.body)
        order = code.constant("asc") if node.extra is None else emitter.code(node.extra)
        return Emitted(
            emitter.helper(node.span, elements.sort_by, collection, body, order, emitter.budget()), kinds.LIST
        )
    if isinstance(node.extra, Integer):
        body, enough = _lambda(emitter, node.body, boolean=True), code.constant(node.extra.value)
        counted = emitter.helper(node.span, elements.count_up_to, collection, body, enough, emitter.budget())
        return Emitted(counted, kinds.INT)
    if node.name in _TESTS:
        helper, kind = _TESTS[node.name]
        if node.extra is not None:
            helper = _EXISTING[node.name]
        body = _lambda(emitter, node.body, boolean=True)
    else:
        helper, kind = _VALUES[node.name]
        indexed = node.name == "map" and _uses(node.body, "index")
        body = _lambda(emitter, node.body, indexed=indexed)
        helper = elements.map_indexed if indexed else helper
    built = emitter.helper(node.span, helper, collection, body, emitter.budget())
    return Emitted(weighed(emitter, node.span, built) if node.name == "map" else built, kind)


def _comprehension(emitter: Emitter, node: Predicate, body: Node, collection: ast.expr) -> Emitted:
    """Emit `filter` or `map` as a list comprehension, which saves a call per element."""
    items = emitter.fresh("c")
    opened = code.bind(items, emitter.helper(node.span, elements.elements, collection, emitter.budget()))
    names = _enter(emitter)
    tests = [emitter.truth(body)] if node.name == "filter" else []
    element = code.name(names.element) if node.name == "filter" else emitter.code(body)
    emitter.pointers.pop()
    loop = ast.comprehension(ast.Name(names.element, code.STORE), code.name(items), tests, 0)
    made = emitter.helper(node.span, operators.make_list, ast.ListComp(element, [loop]), emitter.budget())
    # A collection may bind names, which Python forbids inside a comprehension's own `in` part.
    built = code.after(opened, made)
    return Emitted(weighed(emitter, node.span, built) if node.name == "map" else built, kinds.LIST)


def _reduce(emitter: Emitter, node: Predicate, body: Node, collection: ast.expr) -> Emitted:
    names = _enter(emitter, index=True, accumulator=True)
    emitter.folds += 1
    folded = emitter.code(body)
    emitter.folds -= 1
    emitter.pointers.pop()
    function = code.function([name for name in reversed(names) if name is not None], folded)
    start = [] if node.extra is None else [emitter.code(node.extra)]
    return Emitted(emitter.helper(node.span, elements.reduce_by, collection, function, emitter.budget(), *start))


def _lambda(emitter: Emitter, body: Node, *, boolean: bool = False, indexed: bool = False) -> ast.expr:
    names = _enter(emitter, index=indexed)
    value = emitter.truth(body) if boolean else emitter.code(body)
    emitter.pointers.pop()
    return code.function([name for name in names if name is not None], value)


def _enter(emitter: Emitter, *, index: bool = False, accumulator: bool = False) -> Pointers:
    names = Pointers(
        emitter.fresh("e"), emitter.fresh("i") if index else None, emitter.fresh("a") if accumulator else None
    )
    emitter.pointers.append(names)
    return names


def _uses(body: Node, name: str) -> bool:
    """Tell whether a predicate reads its own pointer of a name; that of a predicate inside it is another one."""
    stack = [body]
    while stack:
        node = stack.pop()
        if isinstance(node, Pointer) and node.name == name:
            return True
        if isinstance(node, Predicate):
            stack.extend(part for part in (node.collection, node.extra) if part is not None)
        else:
            stack.extend(children(node))
    return False


HANDLERS: dict[type[Node], Handler] = {Predicate: _predicate}
