"""What the operators of JMESPath mean, where the generated code does not say it itself."""

from collections.abc import Callable
from typing import Any

_NUMBERS = (int, float)


def is_true(value: Any) -> bool:
    """Tell JMESPath's truth: null, false and whatever is empty are false, and every number is true."""
    return bool(value) or (isinstance(value, _NUMBERS) and not isinstance(value, bool))


def field(value: Any, name: str) -> Any:
    """Return a member of whatever has members; null for anything else."""
    try:
        return value.get(name)
    except AttributeError:
        return None


def equal(left: Any, right: Any) -> bool:
    """Compare two values; unlike in Python, 1 is not true and 0 is not false."""
    return bool(left == right) and (type(left) is bool) == (type(right) is bool)


def less(left: Any, right: Any) -> bool | None:
    """Order two numbers or two texts; anything else has no order: null."""
    return left < right if _ordered(left, right) else None


def less_or_equal(left: Any, right: Any) -> bool | None:
    """Order two numbers or two texts; anything else has no order: null."""
    return left <= right if _ordered(left, right) else None


def greater(left: Any, right: Any) -> bool | None:
    """Order two numbers or two texts; anything else has no order: null."""
    return left > right if _ordered(left, right) else None


def greater_or_equal(left: Any, right: Any) -> bool | None:
    """Order two numbers or two texts; anything else has no order: null."""
    return left >= right if _ordered(left, right) else None


def _ordered(left: Any, right: Any) -> bool:
    if isinstance(left, str):
        return isinstance(right, str)
    return _is_number(left) and _is_number(right)


def _is_number(value: Any) -> bool:
    return isinstance(value, _NUMBERS) and not isinstance(value, bool)


class Reference:
    """An expression passed to a function, such as `&age` in `sort_by(people, &age)`."""

    # The library's functions call visit(expression, value) of what is given, and know it by its class's name.
    __slots__ = ("expression",)

    def __init__(self, expression: Callable[[Any], Any]) -> None:
        self.expression = expression

    def visit(self, expression: Callable[[Any], Any], value: Any) -> Any:
        """Evaluate the expression on one element."""
        return expression(value)


Reference.__name__ = "_Expression"
