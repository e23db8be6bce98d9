"""Times, durations and places on the clock, as Go's package time has them: nanoseconds, and years from 0."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, ClassVar

from rulechain.expr.faults import Fault
from rulechain.expr.go import is_number, text, to_int, wrap
from rulechain.expr.layouts import RFC3339_NANO, STRING_LAYOUT, format_time
from rulechain.expr.time_hints import DURATION_FORM, unit_hint, zone_hint

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
_DAY_S = 86_400
_UNITS = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,
    "\u03bcs": 1_000,
    "ms": 1_000_000,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}
_DURATION = re.compile(r"(?P<number>[0-9]+\.?[0-9]*|\.[0-9]+)(?P<unit>[^0-9.]*)")


@dataclass(frozen=True, slots=True)
class NamedInteger:
    """A month or a weekday: it converts to an int, but is none to the operators."""

    go_int: int
    name: str
    go_type: str = field(repr=False)

    def __text__(self) -> str:
        return self.name

    def __json__(self) -> int:
        return self.go_int


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of time in nanoseconds."""

    go_type: ClassVar[str] = "time.Duration"

    nanoseconds: int

    @property
    def go_int(self) -> int:
        """The number that `int()` gives."""
        return self.nanoseconds

    def __text__(self) -> str:
        return format_duration(self.nanoseconds)

    def __json__(self) -> int:
        return self.nanoseconds

    @staticmethod
    def go_operator(operator: str, left: Any, right: Any) -> Any:
        """Return the operator's result where a duration takes part."""
        if isinstance(left, Duration) and isinstance(right, Duration):
            return _between(operator, left.nanoseconds, right.nanoseconds)
        if operator == "*":
            return _scaled(left, right)
        if operator == "+" and isinstance(right, Time):
            return Time(right.nanoseconds + left.nanoseconds, right.location)
        return NotImplemented


def _between(operator: str, left: int, right: int) -> Any:
    if operator in _ORDER:
        return _ORDER[operator](left, right)
    if operator in _DURATION_RESULTS:
        return Duration(wrap(_DURATION_RESULTS[operator](left, right)))
    return NotImplemented


_ORDER: dict[str, Callable[[int, int], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
_DURATION_RESULTS: dict[str, Callable[[int, int], int]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
}


def _scaled(left: Any, right: Any) -> Any:
    """Return a duration times an int; times a float it is a plain float of nanoseconds, as in expr-lang."""
    duration, factor = (left, right) if isinstance(left, Duration) else (right, left)
    if not is_number(factor):
        return NotImplemented
    if isinstance(factor, float):
        return duration.nanoseconds * float(factor)
    return Duration(wrap(duration.nanoseconds * factor))


@dataclass(frozen=True, slots=True)
class Location:
    """A time zone: by name, or a fixed offset in seconds."""

    go_type: ClassVar[str] = "*time.Location"

    name: str
    zone: tzinfo | None = field(default=None, compare=False)
    offset: int = 0

    def at(self, seconds: int) -> tuple[str, int]:
        """Return the zone's abbreviation and offset at a moment."""
        if self.zone is None:
            return self.name, self.offset
        try:
            local = datetime.fromtimestamp(seconds, self.zone)
        except (ValueError, OverflowError, OSError):
            # Python's calendar ends where Go's goes on.
            return self.name, 0
        shift = local.utcoffset()
        return local.tzname() or self.name, int(shift.total_seconds()) if shift else 0

    def __text__(self) -> str:
        return self.name


UTC_LOCATION = Location("UTC")


def local_location() -> Location:
    """Return the zone of this machine."""
    zone = datetime.now(UTC).astimezone().tzinfo
    return Location("Local", zone)


def load_location(name: str) -> Location:
    """Return an IANA zone by name.

    Raises:
        Fault: There is none of this name.
    """
    if name in {"", "UTC"}:
        return UTC_LOCATION
    if name == "Local":
        return local_location()
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - takes time, and few expressions name a zone

    try:
        return Location(name, ZoneInfo(name))
    except (ValueError, OSError, KeyError):
        raise Fault(f"unknown time zone {name}", zone_hint(name)) from None


@dataclass(frozen=True, slots=True)
class Time:
    """A moment, in nanoseconds since 1970 in UTC, seen in a zone; equal to any other view of the same moment."""

    go_type: ClassVar[str] = "time.Time"

    nanoseconds: int
    location: Location = field(default=UTC_LOCATION, compare=False)

    def __text__(self) -> str:
        return format_time(self, STRING_LAYOUT)

    def __json__(self) -> str:
        return format_time(self, RFC3339_NANO)

    @property
    def zone(self) -> tuple[str, int]:
        """The abbreviation and offset of its zone at this moment."""
        return self.location.at(self.nanoseconds // SECOND)

    @property
    def wall_seconds(self) -> int:
        """Seconds since 1970 as the clock on the wall counts them."""
        return self.nanoseconds // SECOND + self.zone[1]

    @property
    def date(self) -> tuple[int, int, int]:
        """Year, month and day on the wall."""
        return civil_from_days(self.wall_seconds // _DAY_S)

    @property
    def clock(self) -> tuple[int, int, int]:
        """Hour, minute and second on the wall."""
        minutes, second = divmod(self.wall_seconds % _DAY_S, 60)
        return minutes // 60, minutes % 60, second

    @property
    def weekday(self) -> int:
        """The day of the week, Sunday being 0."""
        return (self.wall_seconds // _DAY_S + 4) % 7

    @property
    def year_day(self) -> int:
        """The day of the year, from 1."""
        year, month, day = self.date
        return days_from_civil(year, month, day) - days_from_civil(year, 1, 1) + 1

    @staticmethod
    def go_operator(operator: str, left: Any, right: Any) -> Any:
        """Return the operator's result where a time takes part."""
        if isinstance(left, Time) and isinstance(right, Time):
            if operator == "-":
                return Duration(left.nanoseconds - right.nanoseconds)
            return _ORDER[operator](left.nanoseconds, right.nanoseconds) if operator in _ORDER else NotImplemented
        if isinstance(left, Time) and isinstance(right, Duration) and operator in {"+", "-"}:
            step = right.nanoseconds if operator == "+" else -right.nanoseconds
            return Time(left.nanoseconds + step, left.location)
        if isinstance(left, Duration):
            return Duration.go_operator(operator, left, right)
        return NotImplemented


def days_from_civil(year: int, month: int, day: int) -> int:
    """Return the days since 1970-01-01 of a date in the Gregorian calendar, with any year, month and day."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    shifted = year - (month <= 2)
    era, in_era = divmod(shifted, 400)
    in_year = (153 * ((month + 9) % 12) + 2) // 5
    return era * 146_097 + in_era * 365 + in_era // 4 - in_era // 100 + in_year + day - 1 - 719_468


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Return year, month and day of a number of days since 1970-01-01."""
    era, in_era = divmod(days + 719_468, 146_097)
    year_of_era = (in_era - in_era // 1460 + in_era // 36_524 - in_era // 146_096) // 365
    day_of_year = in_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1


def make_time(date: tuple[int, int, int], clock: tuple[int, int, int], fraction: int, location: Location) -> Time:
    """Return the moment at which the clock on a zone's wall shows this."""
    hour, minute, second = clock
    wall = days_from_civil(*date) * _DAY_S + hour * 3600 + minute * 60 + second
    # The offset depends on the moment, and the moment on the offset: one correction settles it.
    guess = wall - location.at(wall)[1]
    return Time((wall - location.at(guess)[1]) * SECOND + fraction, location)


def parse_duration(value: Any) -> Duration:
    """Return a duration written as `1h30m`, `1.5s` or `-2ms`.

    Raises:
        Fault: The text is no duration.
    """
    source = text(value)
    body = source[1:] if source[:1] in {"+", "-"} else source
    if body == "0":
        return Duration(0)
    total, position = 0, 0
    while position < len(body):
        match = _DURATION.match(body, position)
        if match is None:
            break
        if not match["unit"]:
            raise Fault(f'time: missing unit in duration "{source}"', DURATION_FORM)
        if match["unit"] not in _UNITS:
            hint = unit_hint(match["number"], match["unit"])
            raise Fault(f'time: unknown unit "{match["unit"]}" in duration "{source}"', hint)
        whole, _, fraction = match["number"].partition(".")
        unit = _UNITS[match["unit"]]
        total += int(whole or 0) * unit + int(fraction or 0) * unit // 10 ** len(fraction)
        position = match.end()
    if not body or position < len(body) or total > 2**63 - 1:
        raise Fault(f'time: invalid duration "{source}"', DURATION_FORM)
    return Duration(-total if source[0] == "-" else total)


def format_duration(nanoseconds: int) -> str:
    """Return a duration as Go writes it: `1h30m0s`, `1.5s`, `20ms`."""
    size = abs(nanoseconds)
    sign = "-" if nanoseconds < 0 else ""
    if size < SECOND:
        for unit, name in ((1_000_000, "ms"), (1_000, "\u00b5s"), (1, "ns")):
            if size >= unit:
                return f"{sign}{_decimal(size, unit)}{name}"
        return "0s"
    hours, rest = divmod(size, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    before = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{before}{_decimal(rest, SECOND)}s"


def _decimal(size: int, unit: int) -> str:
    whole, rest = divmod(size, unit)
    return f"{whole}.{str(rest).zfill(len(str(unit)) - 1).rstrip('0')}" if rest else str(whole)


def rounded(nanoseconds: int, step: Any, *, up: bool) -> int:
    """Return nanoseconds cut to, or rounded to, a multiple of a duration."""
    if not isinstance(step, Duration):
        raise Fault(f"cannot use {step} as a duration")
    if step.nanoseconds <= 0:
        return nanoseconds
    rest = nanoseconds % step.nanoseconds
    down = nanoseconds - rest
    return down + step.nanoseconds if up and rest * 2 >= step.nanoseconds else down


def shift_date(time: Time, years: Any, months: Any, days: Any) -> Time:
    """Return the moment so many years, months and days later on the calendar."""
    year, month, day = time.date
    date = (year + to_int(years), month + to_int(months), day + to_int(days))
    return make_time(date, time.clock, time.nanoseconds % SECOND, time.location)
