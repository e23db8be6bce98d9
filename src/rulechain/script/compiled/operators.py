"""JavaScript's operators on values of any kind; the code that knows the kinds does without them."""

import math
from typing import Any

from rulechain.script.compiled.errors import Bail
from rulechain.script.compiled.texts import LONGEST
from rulechain.script.compiled.values import UNDEFINED, is_object, number, text


def add(left: Any, right: Any) -> Any:
    """Return `left + right`."""
    if type(left) is float and type(right) is float:
        return left + right
    if type(left) is str or type(right) is str:
        joined = text(left) + text(right)
        if len(joined) > LONGEST:
            raise Bail
        return joined
    return number(left) + number(right)


def divide(left: Any, right: Any) -> float:
    """Return `left / right`."""
    dividend, divisor = number(left), number(right)
    if divisor:
        return dividend / divisor
    if not dividend or dividend != dividend or divisor != divisor:  # noqa: PLR0124 - NaN
        return math.nan
    return math.copysign(math.inf, dividend) * math.copysign(1.0, divisor)


def remainder(left: Any, right: Any) -> float:
    """Return `left % right`: the dividend's sign stays."""
    dividend, divisor = number(left), number(right)
    if not divisor or math.isinf(dividend) or dividend != dividend or divisor != divisor:  # noqa: PLR0124 - NaN
        return math.nan
    return math.fmod(dividend, divisor)


def less(left: Any, right: Any) -> bool:
    """Return `left < right`."""
    if type(left) is str and type(right) is str:
        return left < right
    return number(left) < number(right)


def greater(left: Any, right: Any) -> bool:
    """Return `left > right`."""
    if type(left) is str and type(right) is str:
        return left > right
    return number(left) > number(right)


def at_most(left: Any, right: Any) -> bool:
    """Return `left <= right`."""
    if type(left) is str and type(right) is str:
        return left <= right
    return number(left) <= number(right)


def at_least(left: Any, right: Any) -> bool:
    """Return `left >= right`."""
    if type(left) is str and type(right) is str:
        return left >= right
    return number(left) >= number(right)


def same(left: Any, right: Any) -> bool:
    """Return `left === right`."""
    if isinstance(left, float):
        return isinstance(right, float) and left == right
    if type(left) is str:
        return type(right) is str and left == right
    return left is right


def equal(left: Any, right: Any) -> bool:
    """Return `left == right`."""
    if left is None or left is UNDEFINED:
        return right is None or right is UNDEFINED
    if right is None or right is UNDEFINED:
        return False
    if is_object(left) and is_object(right):
        return left is right
    if type(left) is str and type(right) is str:
        return left == right
    return number(left) == number(right)


def int32(value: Any) -> int:
    """Return a value as bit operators take it: a whole number of 32 bits with a sign."""
    operand = number(value)
    if not math.isfinite(operand):
        return 0
    return ((int(operand) + 0x80000000) & 0xFFFFFFFF) - 0x80000000


def bit_and(left: Any, right: Any) -> float:
    """Return `left & right`."""
    return float(int32(left) & int32(right))


def bit_or(left: Any, right: Any) -> float:
    """Return `left | right`."""
    return float(int32(left) | int32(right))


def bit_xor(left: Any, right: Any) -> float:
    """Return `left ^ right`."""
    return float(int32(left) ^ int32(right))


def bit_not(value: Any) -> float:
    """Return `~value`."""
    return float(~int32(value))


def shift_left(left: Any, right: Any) -> float:
    """Return `left << right`."""
    return float(int32(float(int32(left) << (int32(right) & 31))))


def shift_right(left: Any, right: Any) -> float:
    """Return `left >> right`."""
    return float(int32(left) >> (int32(right) & 31))


def shift_right_unsigned(left: Any, right: Any) -> float:
    """Return `left >>> right`."""
    return float((int32(left) & 0xFFFFFFFF) >> (int32(right) & 31))
