"""Go's view of a template's values: their types' names, their truth, and the value that is not there."""

import math
from typing import Any, Final, Literal

from rulechain.values import StringMap


class Missing:
    """The type of `MISSING`: what a key leads to that a map does not have. Its own fields are missing too."""

    __slots__ = ()

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
NO_VALUE = "<no value>"

_NAMES: dict[type, str] = {
    bool: "bool",
    int: "int",
    float: "float64",
    str: "string",
    bytes: "[]uint8",
    list: "[]interface {}",
    tuple: "[]interface {}",
    StringMap: "map[string]string",
    dict: "map[string]interface {}",
}


def type_name(value: Any) -> str:
    """Return how Go names the value's type: `float64`, `<nil>`, `[]interface {}`."""
    if value is None or value is MISSING:
        return "<nil>"
    exact = _NAMES.get(type(value))
    return exact or next((name for kind, name in _NAMES.items() if isinstance(value, kind)), type(value).__name__)


def is_true(value: Any) -> bool:
    """Tell Go templates' truth: what is empty, zero or not there is false."""
    return math.isnan(value) or bool(value) if isinstance(value, float) else bool(value)


def is_number(value: Any) -> bool:
    """Tell whether the value is an int or a float; a bool is neither."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def to_bytes(text: str) -> bytes:
    """Return a text's bytes, as Go sees it."""
    return text.encode("utf-8", "surrogateescape")


def from_bytes(data: bytes) -> str:
    """Return the text of some bytes."""
    return data.decode("utf-8", "surrogateescape")
