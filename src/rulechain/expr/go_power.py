"""Powers digit for digit as Go computes them, which differ from C's in the last place."""

import math

_HALF = 0.5
_HUGE = 2.0**63
_OUT_OF_RANGE = 1 << 12


def go_power(base: float, exponent: float) -> float:
    """Return `base ** exponent` by the algorithm of Go's math.Pow."""
    if exponent == 2:
        return base * base
    if exponent in {0, 1} or base in {0, 1} or not math.isfinite(base) or not math.isfinite(exponent):
        return _special(base, exponent)
    if abs(exponent) == _HALF and base >= 0:
        return math.sqrt(base) if exponent > 0 else 1 / math.sqrt(base)
    fraction, whole = math.modf(abs(exponent))
    if fraction and base < 0:
        return math.nan
    if whole >= _HUGE:
        return 1.0 if base == -1 else 0.0 if (abs(base) < 1) == (exponent > 0) else math.inf
    start = 1.0
    if fraction:
        if fraction > _HALF:
            fraction, whole = fraction - 1, whole + 1
        start = math.exp(fraction * math.log(base))
    mantissa, shift = _by_squaring(base, int(whole), start)
    if exponent < 0:
        mantissa, shift = 1 / mantissa, -shift
    try:
        return math.ldexp(mantissa, shift)
    except OverflowError:
        return math.copysign(math.inf, mantissa)


def _by_squaring(base: float, exponent: int, mantissa: float) -> tuple[float, int]:
    """Return `mantissa * base ** exponent` as a number near one and a power of two."""
    factor, power = math.frexp(base)
    shift = 0
    while exponent:
        if abs(power) > _OUT_OF_RANGE:
            return mantissa, shift + power
        if exponent & 1:
            mantissa *= factor
            shift += power
        factor *= factor
        power <<= 1
        if factor < _HALF:
            factor += factor
            power -= 1
        exponent >>= 1
    return mantissa, shift


def _special(base: float, exponent: float) -> float:
    """Return the power where either side is zero, one, infinite or not a number; here C and Go agree."""
    try:
        return math.pow(base, exponent)
    except (OverflowError, ValueError):
        # What is left is zero to a negative power.
        odd = exponent.is_integer() and exponent % 2 == 1
        return math.copysign(math.inf, base) if odd else math.inf
