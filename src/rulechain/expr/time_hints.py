"""What was probably meant by a duration or a time zone that is none."""

from collections.abc import Mapping
from functools import cache

DURATION_FORM = "a duration is written like 1h30m, with the units ns, us, ms, s, m and h"
_ZONE_FORM = "zones have IANA names such as Europe/Berlin, or UTC"

# How many of which unit a word stands for.
_MEANT = {
    **dict.fromkeys(["msec", "msecs", "millis", "millisecond", "milliseconds"], (1, "ms")),
    **dict.fromkeys(["s", "sec", "secs", "second", "seconds"], (1, "s")),
    **dict.fromkeys(["m", "min", "mins", "minute", "minutes"], (1, "m")),
    **dict.fromkeys(["h", "hr", "hrs", "hour", "hours"], (1, "h")),
    **dict.fromkeys(["d", "day", "days"], (24, "h")),
    **dict.fromkeys(["w", "wk", "week", "weeks"], (168, "h")),
}


def unit_hint(number: str, unit: str) -> str:
    """Return what to write for a number of an unknown unit: `24h` for `1d`."""
    word = unit.strip().lower()
    if word not in _MEANT:
        return DURATION_FORM
    times, known = _MEANT[word]
    if times == 1:
        return f"write {number}{known}: the units are ns, us, ms, s, m and h, without blanks"
    return f"write {float(number) * times:g}{known}: h is the largest unit"


def zone_hint(name: str) -> str:
    """Return the zone of a city or of a name in another case, else what zones look like."""
    found = _zones().get(name.lower().replace(" ", "_"))
    return _ZONE_FORM if found is None else f'write timezone("{found}")'


@cache
def _zones() -> Mapping[str, str]:
    """Return every zone by its name and by its city, in lower case. Finding them takes a while: only for a hint."""
    from zoneinfo import available_timezones  # noqa: PLC0415 - same

    names = sorted(available_timezones())
    by_city = {name.rpartition("/")[2].lower(): name for name in reversed(names)}
    return by_city | {name.lower(): name for name in names}
