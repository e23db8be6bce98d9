"""How Go writes floats, and numbers that keep the digits they were written with."""

import math
from typing import Self

# Between these, Python writes floats without an exponent.
_SMALL, _LARGE = 1e-4, 1e16


class ExactNumber(float):
    """A whole JSON number whose digits a float cannot hold, such as a 19-digit id.

    Computes as the float; written back to JSON or text untouched, it gives the digits it came with.
    """

    __slots__ = ("digits",)
    digits: str

    def __new__(cls, digits: str) -> Self:
        """Take the number as it stands in the JSON text."""
        number = super().__new__(cls, digits)
        number.digits = digits
        return number

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return type(self), (self.digits,)


def shortest_digits(number: float) -> tuple[str, str, int]:
    """Return sign, digits without trailing zeros, and the decimal exponent of the first digit (1.5e3 → "", "15", 3)."""
    text = repr(number)
    sign = "-" if text[0] == "-" else ""
    mantissa, _, exponent = text.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    first = int(exponent or 0) + (len(whole) - 1 if whole != "0" else -1 - (len(fraction) - len(fraction.lstrip("0"))))
    return sign, digits.rstrip("0") or "0", first if digits else 0


def format_float_plain(number: float) -> str:
    """Return a float's shortest digits, never with an exponent: RuleGo's text form (`1e21` → 22 digits)."""
    if isinstance(number, ExactNumber):
        return number.digits
    if _SMALL <= abs(number) < _LARGE or number == 0:
        return repr(number).removesuffix(".0")
    if not math.isfinite(number):
        return _not_finite(number)
    sign, digits, first = shortest_digits(number)
    return sign + _plain(digits, first)


def format_float(number: float, low: int, high: int) -> str:
    """Return a float's shortest digits as Go does, with an exponent outside `low <= exponent < high`."""
    if _SMALL <= abs(number) < min(10.0**high, _LARGE):
        return repr(float(number)).removesuffix(".0")
    if not math.isfinite(number):
        return _not_finite(number)
    sign, digits, first = shortest_digits(number)
    if low <= first < high:
        return sign + _plain(digits, first)
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{'-' if first < 0 else '+'}{abs(first):02d}"


def format_float_json(number: float) -> str:
    """Return a finite float as Go's encoding/json writes it: `10`, `1e+21`, `1e-7`."""
    if isinstance(number, ExactNumber):
        return number.digits
    text = format_float(number, -6, 21)
    return text.replace("e-0", "e-").replace("e+0", "e+")


def _plain(digits: str, first: int) -> str:
    if first < 0:
        return "0." + "0" * (-first - 1) + digits
    if len(digits) <= first + 1:
        return digits + "0" * (first + 1 - len(digits))
    return f"{digits[: first + 1]}.{digits[first + 1 :]}"


def _not_finite(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    return "+Inf" if number > 0 else "-Inf"
