"""What scripts find under global names: `Math`, `Number`, `JSON`, `Object`, `Array` and the conversions.

Functions whose last digit depends on a library (`Math.pow`, `Math.log`), and those that ask the clock or chance, are
left to QuickJS.
"""

import math
import re
from collections.abc import Callable
from typing import Any

from rulechain.script.compiled import list_methods, text_methods
from rulechain.script.compiled.errors import Bail
from rulechain.script.compiled.json_text import parse, stringify
from rulechain.script.compiled.members import in_order
from rulechain.script.compiled.texts import MANY
from rulechain.script.compiled.values import SPACE, number, read_number, text, truthy

_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?(?:Infinity|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_RADIX = 10.0
# More digits than these may be rounded differently.
_SURE_DIGITS = 15
_SAFE = 2.0**53 - 1


def floor(value: Any) -> float:
    """Do `Math.floor(value)`."""
    operand = number(value)
    return float(math.floor(operand)) if math.isfinite(operand) and operand else operand


def ceil(value: Any) -> float:
    """Do `Math.ceil(value)`."""
    operand = number(value)
    return math.copysign(math.ceil(operand), operand) if math.isfinite(operand) else operand


def trunc(value: Any) -> float:
    """Do `Math.trunc(value)`."""
    operand = number(value)
    return math.copysign(math.trunc(operand), operand) if math.isfinite(operand) else operand


def rounded(value: Any) -> float:
    """Do `Math.round(value)`: halves go up."""
    operand = number(value)
    if not math.isfinite(operand):
        return operand
    below = math.floor(operand)
    return math.copysign(below + (operand - below >= 0.5), operand)


def sign(value: Any) -> float:
    """Do `Math.sign(value)`."""
    operand = number(value)
    return math.copysign(1.0, operand) if operand and operand == operand else operand  # noqa: PLR0124 - NaN


def square_root(value: Any) -> float:
    """Do `Math.sqrt(value)`."""
    operand = number(value)
    return math.nan if operand < 0 else math.sqrt(operand)


def absolute(value: Any) -> float:
    """Do `Math.abs(value)`."""
    return abs(number(value))


def largest(*values: Any) -> float:
    """Do `Math.max(…)`."""
    return _extreme(max, [number(value) for value in values], -math.inf)


def smallest(*values: Any) -> float:
    """Do `Math.min(…)`."""
    return _extreme(min, [number(value) for value in values], math.inf)


def parse_integer(value: Any, radix: Any = _RADIX) -> float:
    """Do `parseInt(value)` in base 10."""
    digits = text(value).strip(SPACE)
    found = _INTEGER.match(digits)
    if radix != _RADIX or digits.lstrip("+-")[:2] in ("0x", "0X"):
        raise Bail
    if found is None:
        return math.nan
    if found.end() - found.start() > _SURE_DIGITS:
        raise Bail
    return float(found[0])


def parse_number(value: Any) -> float:
    """Do `parseFloat(value)`."""
    found = _FLOAT.match(text(value).strip(SPACE))
    return math.nan if found is None else read_number(found[0])


def is_nan(value: Any) -> bool:
    """Do `isNaN(value)`."""
    return math.isnan(number(value))


def is_finite(value: Any) -> bool:
    """Do `isFinite(value)`."""
    return math.isfinite(number(value))


def is_nan_itself(value: Any) -> bool:
    """Do `Number.isNaN(value)`."""
    return isinstance(value, float) and math.isnan(value)


def is_finite_itself(value: Any) -> bool:
    """Do `Number.isFinite(value)`."""
    return isinstance(value, float) and math.isfinite(value)


def is_integer(value: Any) -> bool:
    """Do `Number.isInteger(value)`."""
    return isinstance(value, float) and value.is_integer()


def is_safe_integer(value: Any) -> bool:
    """Do `Number.isSafeInteger(value)`."""
    return is_integer(value) and abs(value) <= _SAFE


def is_list(value: Any) -> bool:
    """Do `Array.isArray(value)`."""
    return type(value) is list


def keys(value: Any) -> list[str]:
    """Do `Object.keys(value)`."""
    return list(_few(value))


def values(value: Any) -> list[Any]:
    """Do `Object.values(value)`."""
    return list(_few(value).values())


def entries(value: Any) -> list[list[Any]]:
    """Do `Object.entries(value)`."""
    return [[key, item] for key, item in _few(value).items()]


def has_own(this: Any, name: Any) -> bool:
    """Do `hasOwnProperty(name)`."""
    if not isinstance(this, dict) or type(name) is not str or "hasOwnProperty" in this:
        raise Bail
    return name in this


def _few(value: Any) -> dict[str, Any]:
    members = in_order(value)
    if len(members) > MANY:
        raise Bail
    return members


def _extreme(choose: Callable[..., float], operands: list[float], of_none: float) -> float:
    if any(map(math.isnan, operands)):
        return math.nan
    found: float = choose(operands, default=of_none)
    if found == 0:
        return choose((operand for operand in operands if operand == 0), key=lambda zero: math.copysign(1.0, zero))
    return found


# What a call may name: the function, how many arguments it takes at least and at most, and the kind of its result.
Known = tuple[Callable[..., Any], int, int, str]

ANY_NUMBER = 1000

FUNCTIONS: dict[str, Known] = {
    "String": (text, 1, 1, "text"),
    "Number": (number, 1, 1, "number"),
    "Boolean": (truthy, 1, 1, "truth"),
    "parseInt": (parse_integer, 1, 2, "number"),
    "parseFloat": (parse_number, 1, 1, "number"),
    "isNaN": (is_nan, 1, 1, "truth"),
    "isFinite": (is_finite, 1, 1, "truth"),
    "Math.floor": (floor, 1, 1, "number"),
    "Math.ceil": (ceil, 1, 1, "number"),
    "Math.round": (rounded, 1, 1, "number"),
    "Math.trunc": (trunc, 1, 1, "number"),
    "Math.sign": (sign, 1, 1, "number"),
    "Math.abs": (absolute, 1, 1, "number"),
    "Math.sqrt": (square_root, 1, 1, "number"),
    "Math.max": (largest, 0, ANY_NUMBER, "number"),
    "Math.min": (smallest, 0, ANY_NUMBER, "number"),
    "Number.isNaN": (is_nan_itself, 1, 1, "truth"),
    "Number.isFinite": (is_finite_itself, 1, 1, "truth"),
    "Number.isInteger": (is_integer, 1, 1, "truth"),
    "Number.isSafeInteger": (is_safe_integer, 1, 1, "truth"),
    "Number.parseInt": (parse_integer, 1, 2, "number"),
    "Number.parseFloat": (parse_number, 1, 1, "number"),
    "JSON.stringify": (stringify, 1, 1, "any"),
    "JSON.parse": (parse, 1, 1, "any"),
    "Array.isArray": (is_list, 1, 1, "truth"),
    "Object.keys": (keys, 1, 1, "any"),
    "Object.values": (values, 1, 1, "any"),
    "Object.entries": (entries, 1, 1, "any"),
}

CONSTANTS: dict[str, float] = {
    "Math.PI": math.pi,
    "Math.E": math.e,
    "Number.MAX_SAFE_INTEGER": _SAFE,
    "Number.MIN_SAFE_INTEGER": -_SAFE,
}

# Names that a script's own variables must not take: these functions, and what calls of them go through.
GLOBALS = frozenset(name.partition(".")[0] for name in [*FUNCTIONS, *CONSTANTS]) | {"global", "vars"}

METHODS: dict[str, Known] = {
    "toLowerCase": (text_methods.to_lower_case, 0, 0, "text"),
    "toUpperCase": (text_methods.to_upper_case, 0, 0, "text"),
    "trim": (text_methods.trim, 0, 0, "text"),
    "trimStart": (text_methods.trim_start, 0, 0, "text"),
    "trimEnd": (text_methods.trim_end, 0, 0, "text"),
    "startsWith": (text_methods.starts_with, 1, 1, "truth"),
    "endsWith": (text_methods.ends_with, 1, 1, "truth"),
    "lastIndexOf": (text_methods.last_index_of, 1, 1, "number"),
    "charAt": (text_methods.char_at, 0, 1, "text"),
    "charCodeAt": (text_methods.char_code_at, 0, 1, "number"),
    "substring": (text_methods.substring, 1, 2, "text"),
    "substr": (text_methods.substr, 1, 2, "text"),
    "split": (text_methods.split, 1, 1, "any"),
    "replace": (text_methods.replace, 2, 2, "text"),
    "replaceAll": (text_methods.replace_all, 2, 2, "text"),
    "padStart": (text_methods.pad_start, 1, 2, "text"),
    "padEnd": (text_methods.pad_end, 1, 2, "text"),
    "repeat": (text_methods.repeat, 1, 1, "text"),
    "toString": (text_methods.to_text, 0, 0, "text"),
    "toFixed": (text_methods.to_fixed, 0, 1, "text"),
    "includes": (list_methods.includes, 1, 1, "truth"),
    "indexOf": (list_methods.index_of, 1, 1, "number"),
    "slice": (list_methods.cut, 0, 2, "any"),
    "concat": (list_methods.concat, 1, 1, "any"),
    "join": (list_methods.join, 0, 1, "text"),
    "push": (list_methods.push, 1, 1, "number"),
    "hasOwnProperty": (has_own, 1, 1, "truth"),
}

# Methods that take an arrow function first.
CALLBACK_METHODS: dict[str, Known] = {
    "map": (list_methods.for_map, 1, 1, "any"),
    "filter": (list_methods.for_filter, 1, 1, "any"),
    "some": (list_methods.some, 1, 1, "truth"),
    "every": (list_methods.every, 1, 1, "truth"),
    "find": (list_methods.find, 1, 1, "any"),
    "findIndex": (list_methods.find_index, 1, 1, "number"),
    "reduce": (list_methods.reduce, 2, 2, "any"),
}
