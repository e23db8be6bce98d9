"""Maps with keys of any type, as `groupBy` and `fromPairs` make them."""

from collections.abc import ItemsView, Iterator, KeysView
from typing import Any

from rulechain.expr.faults import Fault
from rulechain.expr.go import NilList, type_name
from rulechain.values import JsonError, to_json, to_text


def _apart(key: Any) -> Any:
    """Return the key that is kept: Go tells 1 from 1.0 and from true, which a dict does not."""
    kind = type(key)
    if kind is str:
        return key
    if kind is float or kind is int:
        return (kind, key)
    if isinstance(key, (list, dict)):
        raise Fault(f"runtime error: hash of unhashable type {type_name(key)}")
    return (float if isinstance(key, float) else kind, key)


def _together(kept: Any) -> Any:
    return kept if type(kept) is str else kept[1]


class AnyMap(dict[Any, Any]):
    """What `fromPairs` gives. It has a text form, but no JSON form, whatever its keys are."""

    __slots__ = ()
    any_keys = True
    go_type = "map[interface {}]interface {}"

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_apart(key), value)

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(_apart(key))

    def __contains__(self, key: Any) -> bool:
        return super().__contains__(_apart(key))

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the value of a key of this very type."""
        return super().get(_apart(key), default)

    def __iter__(self) -> Iterator[Any]:
        return map(_together, super().__iter__())

    def keys(self) -> KeysView[Any]:  # type: ignore[override]
        """Return the keys as they were put in."""
        return KeysView(self)

    def items(self) -> ItemsView[Any, Any]:  # type: ignore[override]
        """Return the keys as they were put in, with their values."""
        return ItemsView(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self.items())})"

    def __json__(self) -> Any:
        raise JsonError(f"json: unsupported type: {self.go_type}")

    def __text__(self) -> str:
        return to_json({to_text(key): item for key, item in self.items()})


class Groups(AnyMap):
    """What `groupBy` gives: lists by key. A key without a list reads as the nil list; there is no text form either."""

    __slots__ = ()
    go_type = "map[interface {}][]interface {}"

    def add(self, key: Any, element: Any) -> None:
        """Put an element into the group of a key."""
        kept = _apart(key)
        group = dict.get(self, kept)
        if group is None:
            dict.__setitem__(self, kept, [element])
        else:
            group.append(element)

    def __missing__(self, key: Any) -> NilList:
        return NilList()

    def __text__(self) -> str:
        return to_json(self)
