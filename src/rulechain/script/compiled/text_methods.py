"""Methods of texts and numbers. Arguments of any other kind than the usual one are left to QuickJS."""

import math
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from rulechain.script.compiled.errors import Bail
from rulechain.script.compiled.texts import LONGEST, MANY
from rulechain.script.compiled.values import SPACE, UNDEFINED, number_text, text

_MAX_DIGITS = 100
_FIXED_LIMIT = 1e21
_exact = Context(prec=1000, rounding=ROUND_HALF_UP)


def to_lower_case(this: Any) -> str:
    """Do `toLowerCase()`; outside ASCII the two languages know different versions of Unicode."""
    return _ascii(this).lower()


def to_upper_case(this: Any) -> str:
    """Do `toUpperCase()`."""
    return _ascii(this).upper()


def trim(this: Any) -> str:
    """Do `trim()`."""
    return a_text(this).strip(SPACE)


def trim_start(this: Any) -> str:
    """Do `trimStart()`."""
    return a_text(this).lstrip(SPACE)


def trim_end(this: Any) -> str:
    """Do `trimEnd()`."""
    return a_text(this).rstrip(SPACE)


def starts_with(this: Any, search: Any) -> bool:
    """Do `startsWith(search)`."""
    return a_text(this).startswith(a_text(search))


def ends_with(this: Any, search: Any) -> bool:
    """Do `endsWith(search)`."""
    return a_text(this).endswith(a_text(search))


def last_index_of(this: Any, search: Any) -> float:
    """Do `lastIndexOf(search)`."""
    return float(a_text(this).rfind(a_text(search)))


def char_at(this: Any, index: Any = 0.0) -> str:
    """Do `charAt(index)`."""
    value, at = a_text(this), whole(index)
    return value[at : at + 1] if at >= 0 else ""


def char_code_at(this: Any, index: Any = 0.0) -> float:
    """Do `charCodeAt(index)`."""
    value, at = a_text(this), whole(index)
    return float(ord(value[at])) if 0 <= at < len(value) else math.nan


def substring(this: Any, start: Any, end: Any = UNDEFINED) -> str:
    """Do `substring(start, end)`: negative places are 0, and the smaller comes first."""
    length = len(a_text(this))
    first = min(max(whole(start), 0), length)
    last = length if end is UNDEFINED else min(max(whole(end), 0), length)
    return a_text(this)[min(first, last) : max(first, last)]


def substr(this: Any, start: Any, count: Any = UNDEFINED) -> str:
    """Do `substr(start, count)`."""
    length = len(a_text(this))
    first = bound(start, length)
    return a_text(this)[first : length if count is UNDEFINED else first + max(whole(count), 0)]


def split(this: Any, separator: Any) -> list[str]:
    """Do `split(separator)`."""
    value = a_text(this)
    parts = value.count(separator) if a_text(separator) else len(value)
    if parts > MANY:
        raise Bail
    return value.split(separator) if separator else list(value)


def replace(this: Any, search: Any, replacement: Any) -> str:
    """Do `replace(search, replacement)` with texts: the first place only."""
    if "$" in a_text(replacement):
        raise Bail
    return short(a_text(this).replace(a_text(search), replacement, 1))


def replace_all(this: Any, search: Any, replacement: Any) -> str:
    """Do `replaceAll(search, replacement)` with texts."""
    if "$" in a_text(replacement) or not a_text(search):
        raise Bail
    if a_text(this).count(search) * len(replacement) > LONGEST:
        raise Bail
    return short(this.replace(search, replacement))


def pad_start(this: Any, length: Any, filler: Any = " ") -> str:
    """Do `padStart(length, filler)`."""
    return _padding(this, length, filler) + a_text(this)


def pad_end(this: Any, length: Any, filler: Any = " ") -> str:
    """Do `padEnd(length, filler)`."""
    return a_text(this) + _padding(this, length, filler)


def repeat(this: Any, count: Any) -> str:
    """Do `repeat(count)`."""
    value, times = a_text(this), whole(count)
    if not 0 <= times <= LONGEST or times * len(value) > LONGEST:
        raise Bail
    return value * times


def to_text(this: Any) -> str:
    """Do `toString()` of a text, a number or a truth value."""
    if this is None or this is UNDEFINED:
        raise Bail
    return text(this)


def to_fixed(this: Any, digits: Any = 0.0) -> str:
    """Do `toFixed(digits)`: the exact value of the number, rounded half away from zero."""
    if not isinstance(this, float):
        raise Bail
    places = whole(digits)
    if not 0 <= places <= _MAX_DIGITS:
        raise Bail
    if not abs(this) < _FIXED_LIMIT:
        return number_text(this)
    rounded = f"{Decimal(abs(this)).quantize(Decimal(1).scaleb(-places), context=_exact):f}"
    return f"-{rounded}" if this < 0 else rounded


def a_text(value: Any) -> str:
    """Return a value that is a text."""
    if type(value) is not str:
        raise Bail
    return value


def whole(value: Any) -> int:
    """Return a number without its fraction."""
    if type(value) is not float or not math.isfinite(value):
        raise Bail
    return int(value)


def bound(value: Any, length: int) -> int:
    """Return a place where a negative one counts from the end."""
    at = whole(value)
    return max(at + length, 0) if at < 0 else min(at, length)


def _ascii(value: Any) -> str:
    if not a_text(value).isascii():
        raise Bail
    return value  # type: ignore[no-any-return]


def short(value: str) -> str:
    """Return a text that has not grown too long."""
    if len(value) > LONGEST:
        raise Bail
    return value


def _padding(this: Any, length: Any, filler: Any) -> str:
    missing = whole(length) - len(a_text(this))
    if missing <= 0 or not a_text(filler):
        return ""
    if missing > LONGEST:
        raise Bail
    return str((filler * (missing // len(filler) + 1))[:missing])
