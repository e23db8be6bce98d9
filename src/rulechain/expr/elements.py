"""Predicate functions at run time: each takes a collection and a Python function made from the predicate.

The functions receive predicates that already give a bool where one is needed; the compiler sees to that.
"""

from collections.abc import Callable, Sequence
from functools import cmp_to_key
from typing import Any

from rulechain.expr.any_map import Groups
from rulechain.expr.faults import Fault
from rulechain.expr.go import bad_conversion, boolean, bytes_in, type_name
from rulechain.expr.operators import add, check_steps, less, spend

Predicate = Callable[[Any], Any]


def elements(collection: Any, budget: list[int]) -> Sequence[Any]:
    """Return what a predicate function goes over: a list's elements, a text's bytes.

    Raises:
        Fault: The value has no elements, or the evaluation has gone over too many.
    """
    kind = type(collection)
    if kind is not list:
        if isinstance(collection, tuple):
            collection = list(collection)
        elif isinstance(collection, (str, bytes)):
            data = collection.encode("utf-8", "surrogateescape") if isinstance(collection, str) else collection
            collection = bytes_in(data)
        elif isinstance(collection, dict):
            if collection:
                raise Fault("reflect: call of reflect.Value.Index on map Value")
            return ()
        elif not isinstance(collection, list):
            shown = "zero" if collection is None else type_name(collection)
            raise Fault(f"reflect: call of reflect.Value.Len on {shown} Value")
    budget[1] += len(collection)
    check_steps(budget)
    return collection  # type: ignore[no-any-return]


class _Unreadable(list[None]):
    """As many places as a map has keys; none can be read."""

    __slots__ = ()


def sized(collection: Any) -> Any:
    """Return what a predicate that reads no element goes over: a map has a size, though no elements."""
    return _Unreadable([None] * len(collection)) if isinstance(collection, dict) else collection


def _refuse_unreadable(collection: Any) -> None:
    if type(collection) is _Unreadable:
        raise Fault("reflect: call of reflect.Value.Index on map Value")


def all_of(collection: Any, predicate: Predicate, budget: list[int]) -> bool:
    """Tell whether the predicate holds for every element."""
    return all(predicate(element) for element in elements(collection, budget))


def none_of(collection: Any, predicate: Predicate, budget: list[int]) -> bool:
    """Tell whether the predicate holds for no element."""
    return not any(predicate(element) for element in elements(collection, budget))


def any_of(collection: Any, predicate: Predicate, budget: list[int]) -> bool:
    """Tell whether the predicate holds for some element."""
    return any(predicate(element) for element in elements(collection, budget))


def one_of(collection: Any, predicate: Predicate, budget: list[int]) -> bool:
    """Tell whether the predicate holds for exactly one element."""
    return sum([1 for element in elements(collection, budget) if predicate(element)]) == 1


def filter_by(collection: Any, predicate: Predicate, budget: list[int]) -> list[Any]:
    """Return the elements for which the predicate holds."""
    kept = [element for element in elements(collection, budget) if predicate(element)]
    if kept:
        _refuse_unreadable(collection)
    spend(budget, len(kept))
    return kept


def map_by(collection: Any, function: Predicate, budget: list[int]) -> list[Any]:
    """Return the function's value for each element."""
    made = [function(element) for element in elements(collection, budget)]
    spend(budget, len(made))
    return made


def map_indexed(collection: Any, function: Callable[[Any, int], Any], budget: list[int]) -> list[Any]:
    """Return the function's value for each element and its position."""
    made = [function(element, position) for position, element in enumerate(elements(collection, budget))]
    spend(budget, len(made))
    return made


def count_by(collection: Any, predicate: Predicate, budget: list[int]) -> int:
    """Return for how many elements the predicate holds."""
    return sum([1 for element in elements(collection, budget) if predicate(element)])


def count_up_to(collection: Any, predicate: Predicate, enough: int, budget: list[int]) -> int:
    """Return for how many elements the predicate holds, or `enough` when there are as many."""
    found = 0
    for element in elements(collection, budget):
        if predicate(element):
            found += 1
            if found == enough:
                break
    return found


def sum_by(collection: Any, function: Predicate, budget: list[int]) -> Any:
    """Return the sum of the function's values, beginning with the int 0."""
    return _total([function(element) for element in elements(collection, budget)])


def find(collection: Any, predicate: Predicate, budget: list[int]) -> Any:
    """Return the first element for which the predicate holds, or nil."""
    for element in elements(collection, budget):
        if predicate(element):
            _refuse_unreadable(collection)
            return element
    return None


def find_last(collection: Any, predicate: Predicate, budget: list[int]) -> Any:
    """Return the last element for which the predicate holds, or nil."""
    for element in reversed(elements(collection, budget)):
        if predicate(element):
            _refuse_unreadable(collection)
            return element
    return None


def find_existing(collection: Any, predicate: Predicate, budget: list[int]) -> Any:
    """Return the first element for which the predicate holds; there must be one."""
    for element in elements(collection, budget):
        if predicate(element):
            _refuse_unreadable(collection)
            return element
    raise Fault("reflect: slice index out of range", "no element was kept; first(…) gives nil then")


def find_last_existing(collection: Any, predicate: Predicate, budget: list[int]) -> Any:
    """Return the last element for which the predicate holds; there must be one."""
    for element in reversed(elements(collection, budget)):
        if predicate(element):
            _refuse_unreadable(collection)
            return element
    raise Fault("reflect: slice index out of range", "no element was kept; last(…) gives nil then")


def find_index(collection: Any, predicate: Predicate, budget: list[int]) -> int | None:
    """Return the position of the first element for which the predicate holds, or nil."""
    for position, element in enumerate(elements(collection, budget)):
        if predicate(element):
            return position
    return None


def find_last_index(collection: Any, predicate: Predicate, budget: list[int]) -> int | None:
    """Return the position of the last element for which the predicate holds, or nil."""
    items = elements(collection, budget)
    for position in range(len(items) - 1, -1, -1):
        if predicate(items[position]):
            return position
    return None


def group_by(collection: Any, function: Predicate, budget: list[int]) -> Groups:
    """Return the elements by the function's value."""
    groups = Groups()
    for element in elements(collection, budget):
        groups.add(function(element), element)
    return groups


def sort_by(collection: Any, function: Predicate, order: Any, budget: list[int]) -> list[Any]:
    """Return the elements sorted by the function's value; equal ones keep their order."""
    if not isinstance(order, str):
        raise bad_conversion(order, "string")
    if order not in {"asc", "desc"}:
        raise Fault("unknown order, use asc or desc")
    items = list(elements(collection, budget))
    spend(budget, len(items))
    return sort_values(items, [function(element) for element in items], budget, descending=order == "desc")


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


_NO_START = object()


def reduce_by(
    collection: Any, function: Callable[[Any, int, Any], Any], budget: list[int], start: Any = _NO_START
) -> Any:
    """Return the function folded over the elements; without a start the first element is it."""
    items = elements(collection, budget)
    accumulated, first = start, 0
    if start is _NO_START:
        if not items:
            raise Fault("reduce of empty array with no initial value")
        _refuse_unreadable(collection)
        accumulated, first = items[0], 1
    for position in range(first, len(items)):
        accumulated = function(accumulated, position, items[position])
    return accumulated


def count_true(collection: Any, budget: list[int]) -> int:
    """Return how many elements are true; each must be a bool."""
    return sum([1 for element in elements(collection, budget) if boolean(element)])


def sum_of(collection: Any, budget: list[int]) -> Any:
    """Return the sum of the elements."""
    return _total(elements(collection, budget))


def _total(values: Sequence[Any]) -> Any:
    total: Any = 0
    for value in values:
        # Floats, the commonest numbers, without a call.
        total = value + total if type(value) is float and type(total) is float else add(value, total)
    return total
