"""Functions on lists and maps."""

from collections.abc import Sequence
from typing import Any

from rulechain.expr.any_map import AnyMap
from rulechain.expr.budget import check_steps
from rulechain.expr.elements import sort_values
from rulechain.expr.faults import Fault
from rulechain.expr.functions.convert import print_value
from rulechain.expr.functions.registry import FunctionSpec
from rulechain.expr.go import NilList, bytes_in, is_number, to_int, type_name
from rulechain.expr.members import index
from rulechain.expr.operators import equal, map_key

# Comparing two lists or maps takes so many steps at least.
_COMPARISON = 4
_PAIRS = "each pair is a list of a key and a value"


def _list(name: str, value: Any) -> Sequence[Any]:
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, bytes):
        return bytes_in(value)
    raise Fault(f"cannot {name} {type_name(value)}", "it takes a list")


def length(value: Any) -> int:
    """Return how many elements, keys or characters a value has."""
    if isinstance(value, (str, list, dict, bytes, tuple)):
        return len(value)
    missing = "a value is missing: give a default with ??, as in len(msg.items ?? [])"
    hint = missing if value is None else "it takes a text, a list or a map"
    raise Fault(f"invalid argument for len (type {type_name(value)})", hint)


def _first(value: Any) -> Any:
    return _fetch_or_nil(value, 0)


def _last(value: Any) -> Any:
    return _fetch_or_nil(value, -1)


def _fetch_or_nil(value: Any, position: int) -> Any:
    try:
        return index(value, position)
    except Fault:
        return None


def _get(value: Any, key: Any) -> Any:
    if isinstance(value, dict):
        return value.get(map_key(key, value))
    if isinstance(value, (list, tuple, str, bytes)):
        if not is_number(key):
            raise Fault(f"invalid operation: int({type_name(key)})")
        return _fetch_or_nil(value, to_int(key))
    return None


def _take(value: Any, count: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise Fault(f"cannot take from {type_name(value)}")
    if type(count) is not int:
        raise Fault(f"cannot take {type_name(count)} elements", "write int(…) around it")
    if count < 0:
        raise Fault("reflect.Value.Slice: slice index out of bounds")
    return list(value[:count])


def _map(name: str, value: Any) -> dict[Any, Any]:
    if isinstance(value, dict):
        return value
    raise Fault(f"cannot get {name} from {type_name(value)}")


def _keys(value: Any) -> list[Any]:
    return list(_map("keys", value))


def _values(value: Any) -> list[Any]:
    return list(_map("values", value).values())


def _to_pairs(value: Any) -> list[Any]:
    if not isinstance(value, dict):
        raise Fault(f"cannot transform {type_name(value)} to pairs")
    return [[key, item] for key, item in value.items()]


def _from_pairs(value: Any) -> AnyMap:
    if not isinstance(value, (list, tuple)):
        raise Fault(f"cannot transform {type_name(value)} from pairs", "it takes a list of pairs")
    pairs = AnyMap()
    for pair in value:
        if not isinstance(pair, (list, tuple)):
            raise Fault(f"invalid pair {type_name(pair)}", _PAIRS)
        if len(pair) != 2:
            raise Fault(f"invalid pair length {print_value(pair)}", _PAIRS)
        pairs[pair[0]] = pair[1]
    return pairs


def _reverse(value: Any) -> list[Any]:
    return list(reversed(_list("reverse", value)))


def _uniq(value: Any, budget: list[int]) -> list[Any]:
    kept: list[Any] = []
    simple: set[Any] = set()
    for item in _list("uniq", value):
        if isinstance(item, str) or is_number(item):
            if item not in simple:
                simple.add(item)
                kept.append(item)
        else:
            budget[1] += len(kept) * _COMPARISON
            check_steps(budget)
            if not any(equal(item, other) for other in kept):
                kept.append(item)
    return kept


def _concat(*values: Any) -> list[Any]:
    joined: list[Any] = []
    for value in values:
        joined.extend(_list("concat", value))
    return joined or NilList()


def _flatten(value: Any) -> list[Any]:
    flat: list[Any] = []
    for item in _list("flatten", value):
        if isinstance(item, (list, tuple)):
            flat.extend(_flatten(item))
        else:
            flat.append(item)
    return flat


def _sort(value: Any, *rest: Any) -> list[Any]:
    order, budget = rest if len(rest) > 1 else ("asc", rest[0])
    if not isinstance(order, str) or order not in {"asc", "desc"}:
        raise Fault(f"invalid order {order}, expected asc or desc")
    if not isinstance(value, (list, tuple)):
        if value is None or isinstance(value, (str, dict)) or is_number(value):
            return NilList()
        raise Fault(f"cannot sort {type_name(value)}")
    return sort_values(value, value, budget, descending=order == "desc")


def collection_functions() -> list[FunctionSpec]:
    """Return the functions on lists and maps."""
    return [
        FunctionSpec("len(x: sized): int", length, "Count elements, keys or characters."),
        FunctionSpec("first(list: array): element", _first, "Take the first element, nil without one."),
        FunctionSpec("last(list: array): element", _last, "Take the last element, nil without one."),
        FunctionSpec("get(x: any, key: any): item", _get, "Fetch an element, nil where there is none."),
        FunctionSpec("take(list: array, count: int): part", _take, "Keep the first elements."),
        FunctionSpec("keys(map: map): array", _keys, "List a map's keys.", cost="flat"),
        FunctionSpec("values(map: map): array", _values, "List a map's values.", cost="flat"),
        FunctionSpec("toPairs(map: map): array", _to_pairs, "List a map's keys with their values.", cost="flat"),
        FunctionSpec(
            "fromPairs(pairs: array): anymap", _from_pairs, "Make a map of keys with their values.", cost="flat"
        ),
        FunctionSpec("reverse(list: array): array", _reverse, "Turn the order around.", builds=True, cost="flat"),
        FunctionSpec(
            "uniq(list: array): array",
            _uniq,
            "Drop elements equal to an earlier one.",
            builds=True,
            budgeted=True,
            cost="flat",
        ),
        FunctionSpec(
            "concat(list: array, ...more: array): array", _concat, "Put lists together.", builds=True, cost="flat"
        ),
        FunctionSpec(
            "flatten(list: array): array",
            _flatten,
            "Put the elements of inner lists in their place.",
            builds=True,
            cost="deep",
        ),
        FunctionSpec(
            "sort(list: list, order?: string): array",
            _sort,
            'Sort numbers or texts, "asc" or "desc".',
            budgeted=True,
            cost="flat",
        ),
    ]
