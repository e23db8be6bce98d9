"""Methods of lists, and those that texts have under the same name."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from rulechain.script.compiled.errors import Bail
from rulechain.script.compiled.operators import same
from rulechain.script.compiled.text_methods import a_text, bound
from rulechain.script.compiled.texts import LONGEST, MANY
from rulechain.script.compiled.values import UNDEFINED, text, truthy

# What an arrow function becomes: it takes an item and its index.
Callback = Callable[[Any, float], Any]
_PATIENCE_S = 0.05


def includes(this: Any, search: Any) -> bool:
    """Do `includes(search)`: in lists, NaN is found."""
    if type(this) is str:
        return a_text(search) in this
    if search != search:  # noqa: PLR0124 - NaN
        return any(item != item for item in a_list(this))  # noqa: PLR0124
    return any(same(item, search) for item in a_list(this))


def index_of(this: Any, search: Any) -> float:
    """Do `indexOf(search)`."""
    if type(this) is str:
        return float(this.find(a_text(search)))
    return next((float(index) for index, item in enumerate(a_list(this)) if same(item, search)), -1.0)


def cut(this: Any, start: Any = 0.0, end: Any = UNDEFINED) -> Any:
    """Do `slice(start, end)`."""
    if type(this) is not str:
        a_list(this)
    length = len(this)
    return this[bound(start, length) : length if end is UNDEFINED else bound(end, length)]


def concat(this: Any, other: Any) -> Any:
    """Do `concat(other)`."""
    if type(this) is str:
        joined: Any = this + a_text(other)
    else:
        joined = a_list(this) + a_list(other)
    if len(joined) > (LONGEST if type(joined) is str else MANY):
        raise Bail
    return joined


def join(this: Any, separator: Any = ",") -> str:
    """Do `join(separator)`."""
    texts = ["" if item is None or item is UNDEFINED else text(item) for item in a_list(this)]
    if sum(map(len, texts)) + len(texts) * len(a_text(separator)) > LONGEST:
        raise Bail
    return str(separator.join(texts))


def push(this: Any, item: Any) -> float:
    """Do `push(item)`."""
    a_list(this).append(item)
    return float(len(this))


def for_map(this: Any, callback: Callback) -> list[Any]:
    """Do `map(callback)`."""
    return [callback(item, index) for item, index in _each(this)]


def for_filter(this: Any, callback: Callback) -> list[Any]:
    """Do `filter(callback)`."""
    return [item for item, index in _each(this) if truthy(callback(item, index))]


def some(this: Any, callback: Callback) -> bool:
    """Do `some(callback)`."""
    return any(truthy(callback(item, index)) for item, index in _each(this))


def every(this: Any, callback: Callback) -> bool:
    """Do `every(callback)`."""
    return all(truthy(callback(item, index)) for item, index in _each(this))


def find(this: Any, callback: Callback) -> Any:
    """Do `find(callback)`."""
    return next((item for item, index in _each(this) if truthy(callback(item, index))), UNDEFINED)


def find_index(this: Any, callback: Callback) -> float:
    """Do `findIndex(callback)`."""
    return next((index for item, index in _each(this) if truthy(callback(item, index))), -1.0)


def reduce(this: Any, callback: Callable[[Any, Any], Any], start: Any) -> Any:
    """Do `reduce(callback, start)`."""
    value = start
    for item, _ in _each(this):
        value = callback(value, item)
    return value


def a_list(value: Any) -> list[Any]:
    """Return a value that is a list."""
    if type(value) is not list:
        raise Bail
    return value


def _each(value: Any) -> Iterator[tuple[Any, float]]:
    """Return items and their indexes; a callback that changes the list sees what it changes, and not what it adds.

    A callback that takes long is left to QuickJS and its time limit.
    """
    if type(value) is not list or len(value) > MANY:
        raise Bail
    latest = time.monotonic() + _PATIENCE_S
    for index in range(len(value)):
        yield value[index], float(index)
        if time.monotonic() > latest:
            raise Bail
