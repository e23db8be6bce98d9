"""A read-only map from text to text in which a missing key reads as the empty text."""

from collections.abc import Mapping
from typing import Any, NoReturn


class StringMap(dict[str, str]):
    """Metadata, global properties and chain variables.

    `map["missing"]` is `""`, as in RuleGo's `map[string]string`; `in`, `get`, iteration and `dict(map)` behave as in
    any dict. It cannot be changed, so messages may share it: make another with `StringMap({**map, "key": "text"})`.
    """

    __slots__ = ()

    def __missing__(self, key: str) -> str:
        return ""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("a StringMap is read-only: make another one, StringMap({**map, key: text})")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def copy(self) -> "StringMap":
        """Return the map itself: it never changes."""
        return self

    def __reduce__(self) -> tuple[type, tuple[dict[str, str]]]:
        return type(self), (dict(self),)


def string_map(mapping: Mapping[str, str] | None) -> StringMap:
    """Return the mapping as a StringMap, without a copy where it is one.

    Raises:
        TypeError: A key or value is not a str.
    """
    if type(mapping) is StringMap:
        return mapping
    if not mapping:
        return EMPTY
    for key, value in mapping.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise TypeError(f"metadata maps str to str, got {key!r}: {value!r}")
    return StringMap(mapping)


EMPTY = StringMap()
