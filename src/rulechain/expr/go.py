"""Go's view of values: type names as its messages print them, 64-bit arithmetic, conversions to int and bool."""

import math
from typing import Any

from rulechain.expr.faults import Fault

_MAX = 2**63 - 1
_MIN = -(2**63)
_SPAN = 2**64
_MISSING_TEXT = 'a value is missing: give a default with ??, as in (msg.name ?? "")'
_INTEGER_HINT = "numbers of a message are floats: write int(…), as in int(msg.count) % 2"


class Byte(int):
    """One byte of a text: Go's uint8. To the operators it is a whole number like any other."""

    __slots__ = ()
    go_type = "uint8"


def bytes_in(data: bytes) -> list[Byte]:
    """Return the elements of a text or of bytes."""
    return [Byte(byte) for byte in data]


class NilList(list[Any]):
    """Go's nil slice: an empty list that equals nil, is absent to `??` and is `null` in JSON."""

    __slots__ = ()

    def __json__(self) -> None:
        return None


def is_nil(value: Any) -> bool:
    """Tell whether a value is nil, or a list that Go never made."""
    return value is None or type(value) is NilList


def plain_nil(value: Any) -> Any:
    """Return the value; nil for a list that Go never made, which is what an optional chain makes of it."""
    return None if is_nil(value) else value


def type_name(value: Any) -> str:
    """Return how Go names the value's type: `float64`, `<nil>`, `[]interface {}`."""
    if value is None:
        return "<nil>"
    known = _NAMES.get(type(value))
    if known is not None:
        return known
    if (name := getattr(type(value), "go_type", None)) is not None:
        return str(name)
    for kind, name in _NAMES.items():
        if isinstance(value, kind):
            return name
    return "func(...interface {}) interface {}" if callable(value) else type(value).__name__


_NAMES: dict[type, str] = {
    bool: "bool",
    int: "int",
    float: "float64",
    str: "string",
    list: "[]interface {}",
    tuple: "[]interface {}",
    bytes: "[]uint8",
    dict: "map[string]interface {}",
}


def is_number(value: Any) -> bool:
    """Tell whether the value is an int or a float; a bool is neither."""
    return isinstance(value, (int, float)) and value is not True and value is not False


def is_integer(value: Any) -> bool:
    """Tell whether the value is a whole number by type."""
    return isinstance(value, int) and value is not True and value is not False


def wrap(number: int) -> int:
    """Return the number as 64-bit arithmetic leaves it."""
    if _MIN <= number <= _MAX:
        return number
    return (number - _MIN) % _SPAN + _MIN


def truncate(number: float) -> int:
    """Return a float without its fraction, as Go converts it on amd64: out of range gives the smallest int."""
    if not math.isfinite(number) or not -(2.0**63) <= number < 2.0**63:
        return _MIN
    return int(number)


def to_int(value: Any) -> int:
    """Return a number as an int, for indexes, bounds and counts.

    Raises:
        Fault: The value is not a number.
    """
    kind = type(value)
    if kind is int:
        return value  # type: ignore[no-any-return]
    if isinstance(value, float):
        return truncate(value)
    if kind is Byte:
        return int(value)
    hint = "a list is indexed with a number; a text becomes one by int(…)" if kind is str else None
    raise Fault(f"invalid operation: int({type_name(value)})", hint)


def boolean(value: Any) -> bool:
    """Return the value if it is a bool.

    Raises:
        Fault: It is not: the language knows no truthiness.
    """
    if value is True or value is False:
        return value
    raise bad_conversion(value, "bool", hint="conditions must be true or false; compare the value, as in x != nil")


def text(value: Any) -> str:
    """Return the value if it is text.

    Raises:
        Fault: It is not.
    """
    if isinstance(value, str):
        return value
    raise bad_conversion(value, "string")


def bad_conversion(value: Any, wanted: str, hint: str | None = None) -> Fault:
    """Return the refusal of a value of the wrong type, in Go's words."""
    name = "nil" if value is None else type_name(value)
    if wanted == "string" and hint is None:
        hint = _MISSING_TEXT if value is None else "write string(…) around it" if is_number(value) else None
    return Fault(f"interface conversion: interface {{}} is {name}, not {wanted}", hint)


def bad_operands(operator: str, left: Any, right: Any) -> Fault:
    """Return the refusal of an operator between two values, in Go's words."""
    hint = None
    if isinstance(left, str) != isinstance(right, str) and (is_number(left) or is_number(right)):
        hint = "convert one side first: float(…), int(…) or string(…)"
    elif operator == "%" and is_number(left) and is_number(right):
        hint = _INTEGER_HINT
    elif left is None or right is None:
        hint = "a value is missing: give a default with ??, as in (msg.count ?? 0)"
    elif isinstance(left, dict) and operator == "<":
        hint = "maps have no order: sortBy(items, .name) sorts by a member"
    elif isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)) and operator == "+":
        hint = "write concat(a, b) to put lists together"
    return Fault(f"invalid operation: {type_name(left)} {operator} {type_name(right)}", hint)
