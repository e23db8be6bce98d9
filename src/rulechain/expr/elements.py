"""What the loops of predicate functions need at run time: their elements, their refusals and an order.

The loops themselves are generated, see `emit_elements`.
"""

from collections.abc import Sequence
from functools import cmp_to_key
from typing import Any, NoReturn

from rulechain.expr.budget import check_steps
from rulechain.expr.faults import Fault
from rulechain.expr.go import bad_conversion, bytes_in, type_name
from rulechain.expr.operators import less


def elements(collection: Any) -> list[Any]:
    """Return what a predicate function goes over: a list's elements, a text's bytes.

    Raises:
        Fault: The value has no elements.
    """
    if isinstance(collection, list):
        return collection
    if isinstance(collection, tuple):
        return list(collection)
    if isinstance(collection, (str, bytes)):
        return bytes_in(collection.encode("utf-8", "surrogateescape") if isinstance(collection, str) else collection)
    if isinstance(collection, dict):
        if collection:
            raise _no_elements()
        return []
    missing = "a value is missing: give a default with ??, as in (msg.items ?? [])"
    shown, hint = ("zero", missing) if collection is None else (type_name(collection), "it takes a list")
    raise Fault(f"reflect: call of reflect.Value.Len on {shown} Value", hint)


class _Unreadable(list[None]):
    """As many places as a map has keys; none can be read."""

    __slots__ = ()


def sized(collection: Any) -> Any:
    """Return what a predicate that reads no element goes over: a map has a size, though no elements."""
    return _Unreadable([None] * len(collection)) if isinstance(collection, dict) else collection


def refuse_unreadable(items: list[Any]) -> None:
    """Refuse to give an element of a map."""
    if type(items) is _Unreadable:
        raise _no_elements()


def _no_elements() -> Fault:
    hint = "to go over a map write keys(…), values(…) or toPairs(…) around it"
    return Fault("reflect: call of reflect.Value.Index on map Value", hint)


def refuse_absent(instead: str) -> NoReturn:
    """Refuse to give an element of a filter that kept none."""
    raise Fault("reflect: slice index out of range", f"no element was kept; {instead}(…) gives nil then")


def refuse_empty() -> NoReturn:
    """Refuse to fold nothing."""
    raise Fault("reduce of empty array with no initial value")


def check_order(order: Any) -> None:
    """Refuse anything but the words for an order."""
    if not isinstance(order, str):
        raise bad_conversion(order, "string")
    if order not in {"asc", "desc"}:
        raise Fault("unknown order, use asc or desc")


def sort_by(items: list[Any], keys: list[Any], order: str, budget: list[int]) -> list[Any]:
    """Return the items sorted by their keys; equal ones keep their order."""
    return sort_values(items, keys, budget, descending=order == "desc")


# Values that Python orders as the language does.
_ORDERED = ({int}, {float}, {str})


def sort_values(items: Sequence[Any], keys: Sequence[Any], budget: list[int], *, descending: bool = False) -> list[Any]:
    """Return the items in the order of their keys, which must all be numbers or all be texts."""
    if set(map(type, keys)) in _ORDERED:
        places = sorted(range(len(keys)), key=keys.__getitem__, reverse=descending)
        return [items[place] for place in places]
    budget[1] += len(keys) * len(keys).bit_length()
    check_steps(budget)

    def compare(one: tuple[Any, Any], other: tuple[Any, Any]) -> int:
        if less(one[0], other[0]):
            return -1
        return 1 if less(other[0], one[0]) else 0

    if len(keys) > 1:
        pairs = sorted(zip(keys, items, strict=True), key=cmp_to_key(compare), reverse=descending)
        return [item for _, item in pairs]
    return list(items)
