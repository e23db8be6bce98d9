"""Functions on numbers. An int stays an int; what rounds or averages gives a float."""

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from rulechain.expr.faults import Fault
from rulechain.expr.functions.registry import FunctionSpec
from rulechain.expr.go import bad_conversion, is_number, truncate, type_name, wrap

_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(
    r"[+-]?(?:(?P<plain>(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?)"
    r"|(?P<hex>0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]*[pP][+-]?[0-9]+)|(?P<named>inf|infinity|nan))",
    re.IGNORECASE,
)
# Python refuses to convert much longer ones; 64 bits need 19 digits, and leading zeros are allowed.
_LONGEST_INTEGER = 4000
_PLAIN = frozenset([int, float])
_FLOATS = frozenset([float])
_LOWEST, _HIGHEST = -(2.0**63), 2.0**63
_SURE_DIGITS = 19
_FLOAT_CHARACTERS = "0123456789.+-eE"
_EMPTY = 'the text is empty: test for it, as in x == "" ? 0 : {}(x)'
_BITS = 64
_MASK = 2**64 - 1


def _abs(value: Any) -> Any:
    if not is_number(value):
        raise Fault(f"invalid argument for abs (type {type_name(value)})")
    return wrap(abs(value)) if isinstance(value, int) else abs(float(value))


def _rounder(name: str, rule: Callable[[float], float]) -> Callable[[Any], float]:
    def apply(value: Any) -> float:
        if not is_number(value):
            raise Fault(f"invalid argument for {name} (type {type_name(value)})")
        number = float(value)
        if isinstance(value, int) or not math.isfinite(number):
            return number
        return math.copysign(rule(number), number)

    return apply


def _half_away(number: float) -> float:
    whole = math.trunc(number)
    return float(whole) if abs(number - whole) < 0.5 else float(whole + math.copysign(1, number))


def _int(value: Any) -> int:
    kind = type(value)
    if kind is float and _LOWEST < value < _HIGHEST:
        return int(value)
    if kind is str and len(value) < _SURE_DIGITS and value.isascii() and value.isdigit():
        return int(value)
    if isinstance(value, float):
        return truncate(value)
    if is_number(value):
        return int(value)
    if isinstance(value, str):
        if _INTEGER.fullmatch(value) and len(value) < _LONGEST_INTEGER and wrap(int(value)) == int(value):
            return int(value)
        raise Fault(f"invalid operation: int({value})", _unread(value))
    if (number := getattr(value, "go_int", None)) is not None:
        return int(number)
    raise Fault(f"invalid operation: int({type_name(value)})")


def _float(value: Any) -> float:
    kind = type(value)
    if kind is float:
        return value  # type: ignore[no-any-return]
    if kind is str and not value.strip(_FLOAT_CHARACTERS):
        # Of these characters Python makes the same number as Go, or refuses as Go does.
        try:
            if math.isfinite(number := float(value)):
                return number
        except ValueError:
            pass
    if is_number(value):
        return float(value)
    if isinstance(value, str):
        return _parse_float(value)
    raise Fault(f"invalid operation: float({type_name(value)})")


def _unread(source: str) -> str | None:
    """Return why a text is no whole number, where that is easily said."""
    if not source.strip():
        return _EMPTY.format("int")
    return "write int(float(…)) for a text with a fraction" if _FLOAT.fullmatch(source) else None


def _parse_float(source: str) -> float:
    match = _FLOAT.fullmatch(source)
    if match is None:
        raise Fault(f"invalid operation: float({source})", None if source.strip() else _EMPTY.format("float"))
    number = float.fromhex(source.replace("_", "")) if match["hex"] else float(source.replace("_", ""))
    if math.isinf(number) and match["named"] is None:
        raise Fault(f"invalid operation: float({source})")
    return number


def _numbers(name: str, values: tuple[Any, ...]) -> Iterator[Any]:
    for value in values:
        if is_number(value):
            yield value
        elif type(value) is list and _PLAIN.issuperset(map(type, value)):
            yield from value
        elif isinstance(value, (list, tuple, bytes)):
            yield from _numbers(name, tuple(value))
        elif (number := getattr(value, "go_int", None)) is not None:
            yield number
        else:
            raise Fault(f"invalid argument for {name} (type {type_name(value)})")


def _max(*values: Any) -> Any:
    if len(values) == 1 and _are_floats(values[0]):
        return max(values[0])
    return _extreme("max", values, lambda best, number: best < number)


def _min(*values: Any) -> Any:
    if len(values) == 1 and _are_floats(values[0]):
        return min(values[0])
    return _extreme("min", values, lambda best, number: best > number)


def _are_floats(value: Any) -> bool:
    """Tell whether a value is a list of floats, at least one: Python's own functions tell the extremes of these."""
    return type(value) is list and {*map(type, value)} == _FLOATS


def _extreme(name: str, values: tuple[Any, ...], beaten: Callable[[Any, Any], bool]) -> Any:
    if len(values) == 1 and not is_number(values[0]) and not isinstance(values[0], (list, tuple)):
        return values[0]
    best: Any = None
    for number in _numbers(name, values):
        if best is None or beaten(best, number):
            best = number
    return best


def _mean(*values: Any) -> float:
    numbers = [float(number) for number in _numbers("mean", values)]
    total = 0.0
    for number in numbers:
        total += number
    return total / len(numbers) if numbers else 0.0


def _median(*values: Any) -> float:
    import statistics  # noqa: PLC0415 - takes time, and few need it

    numbers = [float(number) for number in _numbers("median", values)]
    return statistics.median(numbers) if numbers else 0.0


def _bit(name: str, rule: Callable[[int, int], int]) -> Callable[[Any, Any], int]:
    def apply(left: Any, right: Any) -> int:
        for value in (left, right):
            if type(value) is not int:
                raise Fault(
                    f"cannot use {type_name(value)} as argument (type int) to call {name}",
                    "numbers of a message are floats: write int(…)",
                )
        return wrap(rule(left, right))

    return apply


def _shift(name: str, rule: Callable[[int, int], int]) -> Callable[[int, int], int]:
    def apply(number: int, places: int) -> int:
        if places < 0:
            raise Fault(f"invalid operation: negative shift count {places} (type int)")
        return rule(number, min(places, _BITS))

    return _bit(name, apply)


def _bit_not(value: Any) -> int:
    if type(value) is not int:
        raise bad_conversion(value, "int", "numbers of a message are floats: write int(…)")
    return ~value


def number_functions() -> list[FunctionSpec]:
    """Return the functions on numbers."""
    return [
        FunctionSpec("abs(x: number): same", _abs, "Drop the sign."),
        FunctionSpec("ceil(x: number): float", _rounder("ceil", math.ceil), "Round up."),
        FunctionSpec("floor(x: number): float", _rounder("floor", math.floor), "Round down."),
        FunctionSpec("round(x: number): float", _rounder("round", _half_away), "Round, halves away from zero."),
        FunctionSpec("int(x: convertible): int", _int, "Convert to a whole number; a fraction is dropped."),
        FunctionSpec("float(x: convertible): float", _float, "Convert to a float."),
        FunctionSpec(
            "max(x: numbers, ...more: numbers): any",
            _max,
            "Find the largest of the numbers, in lists too.",
            cost="deep",
        ),
        FunctionSpec(
            "min(x: numbers, ...more: numbers): any",
            _min,
            "Find the smallest of the numbers, in lists too.",
            cost="deep",
        ),
        FunctionSpec(
            "mean(x: numbers, ...more: numbers): any", _mean, "Average the numbers, 0 without any.", cost="deep"
        ),
        FunctionSpec(
            "median(x: numbers, ...more: numbers): any",
            _median,
            "Find the middle of the numbers, 0 without any.",
            cost="deep",
        ),
        FunctionSpec("bitand(x: int, y: int): int", _bit("bitand", lambda x, y: x & y), "Keep the bits set in both."),
        FunctionSpec("bitor(x: int, y: int): int", _bit("bitor", lambda x, y: x | y), "Keep the bits set in either."),
        FunctionSpec(
            "bitxor(x: int, y: int): int", _bit("bitxor", lambda x, y: x ^ y), "Keep the bits set in one of the two."
        ),
        FunctionSpec(
            "bitnand(x: int, y: int): int", _bit("bitnand", lambda x, y: x & ~y), "Clear in `x` the bits set in `y`."
        ),
        FunctionSpec("bitnot(x: int): int", _bit_not, "Turn every bit over."),
        FunctionSpec("bitshl(x: int, places: int): int", _shift("bitshl", lambda x, y: x << y), "Shift to the left."),
        FunctionSpec(
            "bitshr(x: int, places: int): int",
            _shift("bitshr", lambda x, y: x >> y),
            "Shift to the right, keeping the sign.",
        ),
        FunctionSpec(
            "bitushr(x: int, places: int): int",
            _shift("bitushr", lambda x, y: (x & _MASK) >> y),
            "Shift to the right, filling with zeros.",
        ),
    ]
