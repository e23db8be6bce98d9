"""JavaScript's values in Python, and what each counts as elsewhere.

Texts are str, numbers float, truth values bool, null is None, objects are dicts and lists are lists; `undefined` is a
value of its own. Objects never convert to text or number here: scripts may redefine how, so QuickJS does that.
"""

import math
import re
from typing import Any, Final

from rulechain.script.compiled.errors import Bail
from rulechain.values.numbers import format_float_json

# JavaScript's white space and line ends.
SPACE: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
# Python and JavaScript read the same numbers of these, and of no other texts.
_OF_DECIMALS: Final = "0123456789.+-eE"
_BASED = re.compile(r"0[xXoObB]")
_INFINITE: Final = {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}
# Of more digits, QuickJS does not read all.
MOST_DIGITS: Final = 30
# Below, a whole number's digits are those of the integer.
_WHOLE = 1e15


class Undefined:
    """The type of `undefined`."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED: Final = Undefined()


def read_number(digits: str) -> float:
    """Return the number that a decimal stands for."""
    if len(digits) > MOST_DIGITS:
        raise Bail
    return float(digits)


def number_text(number: float) -> str:
    """Return a number as `String` writes it."""
    if -_WHOLE < number < _WHOLE:
        whole = int(number)
        if whole == number:
            return str(whole)
    elif math.isnan(number):
        return "NaN"
    elif math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return format_float_json(float(number))


def text(value: Any) -> str:
    """Return a value's text, as `String(value)` and `${value}` give it."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if isinstance(value, float):
        return number_text(value)
    if kind is bool:
        return "true" if value else "false"
    if value is None:
        return "null"
    if value is UNDEFINED:
        return "undefined"
    raise Bail


def number(value: Any) -> float:
    """Return what a value counts as where a number is asked for."""
    kind = type(value)
    if kind is float:
        return value  # type: ignore[no-any-return]
    if kind is str:
        return _number_of(value) if value.strip(_OF_DECIMALS) else _decimal(value)
    if kind is bool:
        return 1.0 if value else 0.0
    if value is None:
        return 0.0
    if value is UNDEFINED:
        return math.nan
    if isinstance(value, float):
        return float(value)
    raise Bail


def _decimal(text: str) -> float:
    """Return the number that a text stands for which has no characters but those of decimals."""
    try:
        return read_number(text)
    except ValueError:
        return math.nan if text else 0.0


def _number_of(text: str) -> float:
    digits = text.strip(SPACE)
    if not digits.strip(_OF_DECIMALS):
        return _decimal(digits)
    if _BASED.match(digits):
        raise Bail
    return _INFINITE.get(digits, math.nan)


def truthy(value: Any) -> bool:
    """Return what a value counts as in a condition."""
    kind = type(value)
    if kind is bool:
        return value  # type: ignore[no-any-return]
    if kind is str:
        return bool(value)
    if isinstance(value, float):
        return not math.isnan(value) and bool(value)
    return value is not None and value is not UNDEFINED


def type_name(value: Any) -> str:
    """Return `typeof value`."""
    if isinstance(value, str):
        return "string"
    if isinstance(value, float):
        return "number"
    if isinstance(value, bool):
        return "boolean"
    return "undefined" if value is UNDEFINED else "object"


def is_object(value: Any) -> bool:
    """Whether a value is an object or a list."""
    return isinstance(value, (dict, list))
