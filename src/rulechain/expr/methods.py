"""The methods of times and durations: what expr-lang lets an expression call on them.

`METHODS` says for each static type which there are, with the arguments they take and what they give; `find_method`
finds the one of a value.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from rulechain.expr import kinds
from rulechain.expr.go import text
from rulechain.expr.kinds import BOOL, DURATION, FLOAT, INT, MONTH, STRING, TIME, WEEKDAY, Kind
from rulechain.expr.layouts import MONTHS, STRING_LAYOUT, WEEKDAYS, format_time
from rulechain.expr.times import (
    HOUR,
    MINUTE,
    SECOND,
    UTC_LOCATION,
    Duration,
    NamedInteger,
    Time,
    days_from_civil,
    format_duration,
    local_location,
    rounded,
    shift_date,
)

_ZERO_S = days_from_civil(1, 1, 1) * 86_400


class Method(NamedTuple):
    """A method: its implementation, whose first argument is the value, its arguments and its result."""

    call: Callable[..., Any]
    result: Kind
    arguments: tuple[Kind, ...] = ()


def _month(time: Time) -> NamedInteger:
    month = time.date[1]
    return NamedInteger(month, MONTHS[month - 1], "time.Month")


def _weekday(time: Time) -> NamedInteger:
    return NamedInteger(time.weekday, WEEKDAYS[time.weekday], "time.Weekday")


def _truncated(time: Time, step: Any, *, up: bool) -> Time:
    # Go counts the steps from the year 1, not from 1970.
    zero = _ZERO_S * SECOND
    return Time(rounded(time.nanoseconds - zero, step, up=up) + zero, time.location)


def _compare(time: Time, other: Time) -> int:
    return (time.nanoseconds > other.nanoseconds) - (time.nanoseconds < other.nanoseconds)


_OF_TIME: dict[str, Method] = {
    "Year": Method(lambda time: time.date[0], INT),
    "Month": Method(_month, MONTH),
    "Day": Method(lambda time: time.date[2], INT),
    "Hour": Method(lambda time: time.clock[0], INT),
    "Minute": Method(lambda time: time.clock[1], INT),
    "Second": Method(lambda time: time.clock[2], INT),
    "Nanosecond": Method(lambda time: time.nanoseconds % SECOND, INT),
    "Weekday": Method(_weekday, WEEKDAY),
    "YearDay": Method(lambda time: time.year_day, INT),
    "Unix": Method(lambda time: time.nanoseconds // SECOND, INT),
    "UnixMilli": Method(lambda time: time.nanoseconds // 1_000_000, INT),
    "UnixMicro": Method(lambda time: time.nanoseconds // 1_000, INT),
    "UnixNano": Method(lambda time: time.nanoseconds, INT),
    "Format": Method(lambda time, layout: format_time(time, text(layout)), STRING, (STRING,)),
    "String": Method(lambda time: format_time(time, STRING_LAYOUT), STRING),
    "Add": Method(lambda time, step: Time(time.nanoseconds + step.nanoseconds, time.location), TIME, (DURATION,)),
    "AddDate": Method(shift_date, TIME, (INT, INT, INT)),
    "Sub": Method(lambda time, other: Duration(time.nanoseconds - other.nanoseconds), DURATION, (TIME,)),
    "Truncate": Method(lambda time, step: _truncated(time, step, up=False), TIME, (DURATION,)),
    "Round": Method(lambda time, step: _truncated(time, step, up=True), TIME, (DURATION,)),
    "In": Method(lambda time, zone: Time(time.nanoseconds, zone), TIME, (kinds.LOCATION,)),
    "UTC": Method(lambda time: Time(time.nanoseconds, UTC_LOCATION), TIME),
    "Local": Method(lambda time: Time(time.nanoseconds, local_location()), TIME),
    "Before": Method(lambda time, other: time.nanoseconds < other.nanoseconds, BOOL, (TIME,)),
    "After": Method(lambda time, other: time.nanoseconds > other.nanoseconds, BOOL, (TIME,)),
    "Equal": Method(lambda time, other: time.nanoseconds == other.nanoseconds, BOOL, (TIME,)),
    "Compare": Method(_compare, INT, (TIME,)),
    "IsZero": Method(lambda time: time.nanoseconds == _ZERO_S * SECOND, BOOL),
    "Location": Method(lambda time: time.location, kinds.LOCATION),
}
_OF_DURATION: dict[str, Method] = {
    "Hours": Method(lambda span: span.nanoseconds / HOUR, FLOAT),
    "Minutes": Method(lambda span: span.nanoseconds / MINUTE, FLOAT),
    "Seconds": Method(lambda span: span.nanoseconds / SECOND, FLOAT),
    "Milliseconds": Method(lambda span: _toward_zero(span.nanoseconds, 1_000_000), INT),
    "Microseconds": Method(lambda span: _toward_zero(span.nanoseconds, 1_000), INT),
    "Nanoseconds": Method(lambda span: span.nanoseconds, INT),
    "Abs": Method(lambda span: Duration(abs(span.nanoseconds)), DURATION),
    "Truncate": Method(lambda span, step: _cut_duration(span, step, up=False), DURATION, (DURATION,)),
    "Round": Method(lambda span, step: _cut_duration(span, step, up=True), DURATION, (DURATION,)),
    "String": Method(lambda span: format_duration(span.nanoseconds), STRING),
}
_OF_NAMED: dict[str, Method] = {"String": Method(lambda named: named.name, STRING)}
METHODS: dict[Kind, dict[str, Method]] = {
    TIME: _OF_TIME,
    DURATION: _OF_DURATION,
    MONTH: _OF_NAMED,
    WEEKDAY: _OF_NAMED,
    kinds.LOCATION: {"String": Method(lambda zone: zone.name, STRING)},
}


def _toward_zero(number: int, unit: int) -> int:
    return abs(number) // unit * (1 if number > 0 else -1)


def _cut_duration(span: Duration, step: Any, *, up: bool) -> Duration:
    size = rounded(abs(span.nanoseconds), step, up=up)
    return Duration(-size if span.nanoseconds < 0 else size)


def find_method(value: Any, name: str) -> Method | None:
    """Return a value's method by name, or None."""
    type_name = getattr(value, "go_type", None)
    return None if type_name is None else METHODS.get(Kind(type_name), {}).get(name)
