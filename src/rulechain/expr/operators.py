"""What operators do at run time, with Go's kinds: int and float apart, bool never a number, no truthiness.

Generated code calls these where its inline test for the common case fails.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from rulechain.expr.budget import check_steps, scan, scan_deep, spend
from rulechain.expr.faults import Fault, too_much_text
from rulechain.expr.go import (
    Byte,
    NilList,
    bad_conversion,
    bad_operands,
    bytes_in,
    is_integer,
    is_number,
    to_int,
    type_name,
    wrap,
)
from rulechain.expr.go_power import go_power
from rulechain.expr.limits import MAX_BUILT_TEXT, MAX_PATTERN, MAX_PATTERN_WORK

_PATTERNS_KEPT = 256
# What patterns take, in steps: their compilation, and a search in proportion to the program times the text.
_COMPILE_STEPS = 300
_COMPILE_STEPS_PER_INSTRUCTION = 3
_SEARCH_STEPS = 20
_SEARCH_WORK_PER_STEP = 20
_EXACT = 2.0**53


def add(left: Any, right: Any) -> Any:
    """Return `left + right`."""
    if type(left) is int and type(right) is int:
        return wrap(left + right)
    if isinstance(left, str) and isinstance(right, str):
        if len(left) + len(right) > MAX_BUILT_TEXT:
            raise too_much_text()
        return left + right
    if is_number(left) and is_number(right):
        if isinstance(left, float) or isinstance(right, float):
            return float(left) + float(right)
        return wrap(left + right)
    return _special("+", left, right)


def subtract(left: Any, right: Any) -> Any:
    """Return `left - right`."""
    if type(left) is int and type(right) is int:
        return wrap(left - right)
    if is_number(left) and is_number(right):
        if isinstance(left, float) or isinstance(right, float):
            return float(left) - float(right)
        return wrap(left - right)
    return _special("-", left, right)


def multiply(left: Any, right: Any) -> Any:
    """Return `left * right`."""
    if type(left) is int and type(right) is int:
        return wrap(left * right)
    if is_number(left) and is_number(right):
        if isinstance(left, float) or isinstance(right, float):
            return float(left) * float(right)
        return wrap(left * right)
    return _special("*", left, right)


def divide(left: Any, right: Any) -> Any:
    """Return `left / right`, always a float; a zero divisor gives an infinity or NaN."""
    if type(left) is float and (type(right) is float or type(right) is int) and right:
        return left / right
    if not (is_number(left) and is_number(right)):
        return _special("/", left, right)
    above, below = float(left), float(right)
    if below:
        return above / below
    if not above or math.isnan(above):
        return math.nan
    return math.copysign(math.inf, above) * math.copysign(1.0, below)


def modulo(left: Any, right: Any) -> Any:
    """Return `left % right`, for ints only; the sign follows the dividend."""
    if type(left) is int and type(right) is int and left >= 0 < right:
        return left % right
    if not is_integer(left) or not is_integer(right):
        raise bad_operands("%", left, right)
    if right == 0:
        raise Fault("runtime error: integer divide by zero")
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def power(left: Any, right: Any) -> Any:
    """Return `left ** right`, always a float."""
    if not (is_number(left) and is_number(right)):
        raise bad_operands("**", left, right)
    return go_power(float(left), float(right))


def negate(value: Any) -> Any:
    """Return `-value`."""
    if type(value) is int:
        return wrap(-value)
    if isinstance(value, float):
        return -float(value)
    if type(value) is Byte:
        return Byte(-value & 0xFF)
    raise Fault(f"invalid operation: - {type_name(value)}")


def _special(operator: str, left: Any, right: Any) -> Any:
    """Let times and durations work out the result, or refuse."""
    for value in (left, right):
        rule = getattr(type(value), "go_operator", None)
        if rule is not None and (result := rule(operator, left, right)) is not NotImplemented:
            return result
    raise bad_operands(operator, left, right)


def less(left: Any, right: Any) -> bool:
    """Return `left < right`."""
    if _comparable("<", left, right):
        return bool(left < right)
    return bool(_special("<", left, right))


def less_equal(left: Any, right: Any) -> bool:
    """Return `left <= right`."""
    if _comparable("<=", left, right):
        return bool(left <= right)
    return bool(_special("<=", left, right))


def greater(left: Any, right: Any) -> bool:
    """Return `left > right`."""
    if _comparable(">", left, right):
        return bool(left > right)
    return bool(_special(">", left, right))


def greater_equal(left: Any, right: Any) -> bool:
    """Return `left >= right`."""
    if _comparable(">=", left, right):
        return bool(left >= right)
    return bool(_special(">=", left, right))


def _comparable(operator: str, left: Any, right: Any) -> bool:
    """Tell whether Python's own comparison gives the answer: text by code points is text by UTF-8 bytes."""
    if is_number(left):
        return is_number(right)
    return isinstance(left, str) and isinstance(right, str) and bool(operator)


def equal(left: Any, right: Any) -> bool:
    """Return `left == right`: numbers across kinds, lists element by element, maps with exact types inside."""
    if left is right:
        return not (isinstance(left, float) and left != left)  # noqa: PLR0124 - NaN differs from itself
    if left is None or right is None:
        return type(left) is NilList or type(right) is NilList
    if is_number(left):
        if is_integer(left) and is_integer(right):
            return bool(left == right)
        return is_number(right) and float(left) == float(right)
    if isinstance(left, (list, tuple)):
        if not isinstance(right, (list, tuple)) or len(left) != len(right):
            return False
        return all(equal(one, other) for one, other in zip(left, right, strict=True))
    if isinstance(left, dict):
        return isinstance(right, dict) and same(left, right)
    if type(left) is bool or type(right) is bool:
        return False
    return bool(type(left) is type(right) and left == right) or (
        isinstance(left, str) and isinstance(right, str) and left == right
    )


def same(left: Any, right: Any) -> bool:
    """Tell whether two values are equal in type and value all the way down, as Go's reflect.DeepEqual does."""
    if isinstance(left, dict) and isinstance(right, dict):
        if type(left) is not type(right) or len(left) != len(right):
            return False
        return all(key in right and same(item, right[key]) for key, item in left.items())
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(same(one, other) for one, other in zip(left, right, strict=True))
    if isinstance(left, float) and isinstance(right, float):
        return left == right
    return type(left) is type(right) and bool(left == right)


def not_equal(left: Any, right: Any) -> bool:
    """Return `left != right`."""
    return not equal(left, right)


def contained(item: Any, container: Any) -> bool:
    """Return `item in container`: an element of a list, a key of a map; nothing is in nil."""
    if isinstance(container, (list, tuple)):
        if type(item) is str or (type(item) is float and item not in {0.0, 1.0} and abs(item) < _EXACT):
            # Python's own search tells these from everything else as the language does.
            return item in container
        return any(equal(item, element) for element in container)
    if isinstance(container, dict):
        return map_key(item, container) in container
    if container is None:
        return False
    if isinstance(container, bytes):
        return any(equal(item, byte) for byte in bytes_in(container))
    if getattr(type(container), "go_type", None) == "time.Time":
        if isinstance(item, str):
            return False
        raise Fault(f"cannot use {type_name(item)} as field name of time.Time")
    hint = "write contains to look inside a text" if isinstance(container, str) else None
    raise Fault(f'operator "in" not defined on {type_name(container)}', hint)


def map_key(key: Any, container: dict[Any, Any]) -> Any:
    """Return the key to look up in a map: nil stands for the empty text, other types than text are refused.

    Raises:
        Fault: The map's keys are texts and this is not one.
    """
    if isinstance(key, str):
        return key
    if getattr(container, "any_keys", False):
        return key
    if key is None:
        return ""
    raise Fault(f"reflect.Value.MapIndex: value of type {type_name(key)} is not assignable to type string")


def _pair(left: Any, right: Any) -> bool:
    """Tell whether both are texts; nil on either side is a plain no.

    Raises:
        Fault: Either is something else.
    """
    if left is None or right is None:
        return False
    for value in (left, right):
        if not isinstance(value, str):
            hint = "to look for an element or a key, write x in y" if isinstance(left, (list, tuple, dict)) else None
            raise bad_conversion(value, "string", hint)
    return True


def contains(left: Any, right: Any) -> bool:
    """Return `left contains right`."""
    return _pair(left, right) and right in left


def starts_with(left: Any, right: Any) -> bool:
    """Return `left startsWith right`."""
    return _pair(left, right) and left.startswith(right)


def ends_with(left: Any, right: Any) -> bool:
    """Return `left endsWith right`."""
    return _pair(left, right) and left.endswith(right)


class Pattern(NamedTuple):
    """A compiled pattern: its search, the size of its program, and the longest text it may be tried on.

    RE2 takes time in proportion to the size of its program times the length of the text, never more.
    """

    search: Callable[[str], object]
    size: int
    longest: int


def matches(left: Any, right: Any, budget: list[int]) -> bool:
    """Return `left matches right`, the pattern in RE2's syntax."""
    if left is None or right is None:
        return False
    if not isinstance(right, str):
        raise bad_conversion(right, "string")
    pattern = compile_pattern(right)
    budget[1] += _COMPILE_STEPS + _COMPILE_STEPS_PER_INSTRUCTION * pattern.size
    return matches_compiled(left, pattern, budget)


def matches_compiled(left: Any, pattern: Pattern, budget: list[int]) -> bool:
    """Return whether a pattern compiled at load occurs in the text."""
    if isinstance(left, bytes):
        left = left.decode("utf-8", "surrogateescape")
    if isinstance(left, str):
        if len(left) > pattern.longest:
            raise Fault(f"the text is too long for this pattern: at most {pattern.longest} characters")
        budget[1] += _SEARCH_STEPS + len(left) * pattern.size // _SEARCH_WORK_PER_STEP
        check_steps(budget)
        return pattern.search(left) is not None
    if left is None:
        return False
    raise bad_conversion(left, "string")


# A cache of pure values: the same pattern always compiles to the same search.
@lru_cache(maxsize=_PATTERNS_KEPT)
def compile_pattern(pattern: str) -> Pattern:
    """Return the search of an RE2 pattern.

    Raises:
        Fault: It is not one: RE2 has neither lookaround nor backreferences.
    """
    import re2  # noqa: PLC0415 - takes time, and many expressions have no pattern

    if len(pattern) > MAX_PATTERN:
        raise Fault(f"the pattern is too long: {len(pattern)} characters, at most {MAX_PATTERN} are allowed")
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as error:
        detail = error.args[0] if error.args else ""
        detail = detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
        raise Fault(
            f"error parsing regexp: {detail}", "patterns follow RE2: no lookaround, no backreferences"
        ) from None
    size = max(1, compiled.programsize)
    return Pattern(compiled.search, size, MAX_PATTERN_WORK // size)


def make_range(low: Any, high: Any, budget: list[int]) -> list[int]:
    """Return `low..high` with both ends; empty when descending."""
    first, last = to_int(low), to_int(high)
    size = max(0, last - first + 1)
    spend(budget, size)
    return list(range(first, last + 1))


def computed_key(key: Any) -> str:
    """Return the key of a map literal that was computed: it must be text."""
    if isinstance(key, str):
        return key
    raise bad_conversion(key, "string")


def contained_charged(item: Any, container: Any, budget: list[int]) -> bool:
    """Return `item in container`, charged to the steps of the evaluation."""
    deep = isinstance(item, (list, tuple, dict))
    return contained(item, scan_deep(container, budget) if deep else scan(container, budget))


def equal_charged(left: Any, right: Any, budget: list[int]) -> bool:
    """Return `left == right`, charged to the steps where both sides have parts."""
    if isinstance(left, (list, tuple, dict, str)) and isinstance(right, (list, tuple, dict, str)):
        scan_deep(left, budget)
    return equal(left, right)


def not_equal_charged(left: Any, right: Any, budget: list[int]) -> bool:
    """Return `left != right`, charged like `==`."""
    return not equal_charged(left, right, budget)
