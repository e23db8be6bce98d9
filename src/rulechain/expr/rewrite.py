"""Shorter ways to the same value: loops that stop as soon as the answer is known, and lists that are never built.

expr-lang does the same, and it can be seen: an element behind the one that settles the answer is not looked at, so it
cannot fail.
"""

from msgspec.structs import replace

from rulechain.expr.functions import FunctionRegistry, builtin_registry
from rulechain.expr.nodes import Binary, Boolean, Call, Index, Integer, Node, Predicate, with_children

# For `count(…) OP n`: how many more than n must be found before the answer is settled.
_SETTLED_BY = {">": 1, ">=": 0, "<": 0, "<=": 1}


def rewrite(root: Node, registry: FunctionRegistry) -> Node:
    """Return a tree that gives the same value with less work."""
    builtin = builtin_registry()
    known = {name for name in _ON_FILTERS if registry.get(name) is builtin.get(name)}

    def change(node: Node) -> Node:
        node = with_children(node, change)
        if isinstance(node, Binary):
            return _count(node)
        if isinstance(node, Index):
            return _index(node)
        if isinstance(node, Call) and node.name in known and len(node.arguments) == 1:
            return _call(node)
        return node

    return change(root)


def _of_filter(node: Node) -> Predicate | None:
    is_filter = isinstance(node, Predicate) and node.name == "filter" and node.body is not None
    return node if is_filter else None  # type: ignore[return-value]


def _count(node: Binary) -> Node:
    """`count(a, p) >= 3` need not count further than 3; `count(a, p) > 0` asks for any."""
    left, right = node.left, node.right
    if not isinstance(left, Predicate) or left.name != "count" or left.body is None or not isinstance(right, Integer):
        return node
    extra = _SETTLED_BY.get(node.operator)
    if extra is None or right.value + extra < 1:
        return node
    if node.operator in {">", ">="} and right.value + extra == 1:
        return replace(left, name="any")
    return replace(node, left=replace(left, extra=Integer(right.span, right.value + extra)))


def _index(node: Index) -> Node:
    """`filter(a, p)[0]` is the first that is found, and fails without one."""
    found = _of_filter(node.base)
    if found is None or node.optional:
        return node
    must_exist = Boolean(node.span, value=True)
    key = node.key
    if isinstance(key, Integer) and key.value == 0:
        return replace(found, name="find", extra=must_exist)
    if isinstance(key, Integer) and key.value == -1:
        return replace(found, name="findLast", extra=must_exist)
    return node


_ON_FILTERS = {"first": "find", "last": "findLast", "len": "count"}


def _call(node: Call) -> Node:
    """`first(filter(a, p))` is `find(a, p)`, and `len(filter(a, p))` is `count(a, p)`."""
    found = _of_filter(node.arguments[0])
    return node if found is None else replace(found, name=_ON_FILTERS[node.name])
