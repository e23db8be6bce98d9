"""The static types of predicate functions: `filter`, `map` and their like."""

from rulechain.diagnostics import Code
from rulechain.expr import kinds
from rulechain.expr.checker import Checker
from rulechain.expr.kinds import ANY, BOOL, INT, LIST, NIL, STRING, Kind, literal_list_of, unknown
from rulechain.expr.nodes import Predicate

_MUST_BE_BOOL = frozenset(
    ["all", "none", "any", "one", "filter", "find", "findLast", "findIndex", "findLastIndex", "count"]
)
_RESULTS: dict[str, Kind] = {
    **dict.fromkeys(["all", "none", "any", "one"], BOOL),
    **dict.fromkeys(["findIndex", "findLastIndex", "count"], INT),
    "groupBy": kinds.GROUPS,
    "reduce": ANY,
}
_EXTRA = {"sortBy", "reduce"}
_POINTERS = {"map": ("index",), "reduce": ("index", "acc")}


def predicate_kind(checker: Checker, node: Predicate) -> Kind:
    """Return the static type of a predicate function's call, and note what is wrong with it."""
    collection = checker.kind(node.collection)
    if not (unknown(collection) or collection.is_list):
        hint = "to go over a map write keys(…), values(…) or toPairs(…) around it" if collection.is_map else None
        checker.mismatch(f"builtin {node.name} takes only array (got {collection})", node.collection.span, hint)
        collection = ANY
    body = _predicate_body(checker, node, collection)
    if node.extra is not None:
        kind = checker.kind(node.extra)
        if node.name not in _EXTRA:
            message = f"{node.name} takes 2 arguments, got 3"
            return checker.refuse(Code.WRONG_ARGUMENTS, message, node.span)
        if node.name == "sortBy" and kind not in (STRING, ANY):
            return checker.mismatch(f"cannot use {kind} as argument (type string) to call sortBy", node.extra.span)
    if node.name in _RESULTS:
        return _RESULTS[node.name]
    if node.name in {"filter", "sortBy"}:
        return collection if collection.is_list else LIST
    if node.name == "map":
        return literal_list_of(body)
    if node.name == "sum":
        return body if node.body is not None else collection.element or ANY
    return collection.element or ANY


def _predicate_body(checker: Checker, node: Predicate, collection: Kind) -> Kind:
    if node.body is None:
        if node.name not in {"count", "sum"}:
            hint = f"say what to do with each element, as in {node.name}(items, .price > 10)"
            checker.refuse(Code.WRONG_ARGUMENTS, f"{node.name} takes at least 2 arguments, got 1", node.span, hint)
        return ANY
    with checker.inside(collection, *_POINTERS.get(node.name, ())):
        body = checker.kind(node.body)
    if body == NIL:
        return checker.mismatch("a predicate cannot be nil", node.body.span)
    if node.name in _MUST_BE_BOOL and body not in (BOOL, ANY):
        return checker.mismatch(f"predicate should return boolean (got {body})", node.body.span)
    return body
