"""Functions on times and durations."""

import time as clock
from typing import Any

from rulechain.expr.faults import Fault
from rulechain.expr.functions.registry import FunctionSpec
from rulechain.expr.go import bad_conversion, is_number, text, type_name
from rulechain.expr.read_time import guess_time, parse_time
from rulechain.expr.times import Location, Time, load_location, local_location, parse_duration


def _now(location: Any = None) -> Time:
    if location is not None and not isinstance(location, Location):
        raise Fault("invalid number of arguments (expected 0, got 1)", 'pass a zone: now(timezone("UTC"))')
    return Time(clock.time_ns(), location or local_location())


_MOMENT = 'a moment of milliseconds is written date("1970-01-01") + duration(string(int(ts)) + "ms")'


def _date(first: Any, *rest: Any) -> Time:
    location = first if isinstance(first, Location) else None
    arguments = list(rest) if location is not None else [first, *rest]
    if not arguments:
        raise Fault(f"interface conversion: interface {{}} is {type_name(first)}, not string")
    if is_number(arguments[0]):
        raise bad_conversion(arguments[0], "string", _MOMENT)
    value, *layout = [text(argument) for argument in arguments]
    if not layout:
        return guess_time(value, location)
    if len(layout) > 1:
        location = load_location(layout[1])
    return parse_time(layout[0], value, location)


def _timezone(name: Any) -> Location:
    return load_location(text(name))


def time_functions() -> list[FunctionSpec]:
    """Return the functions on times and durations."""
    return [
        FunctionSpec(
            "now(zone?: location): time", _now, "Take the current time, in this machine's zone or another.", steps=20
        ),
        FunctionSpec(
            "date(text: any, layout?: any, zone?: any, last?: any): time",
            _date,
            "Read a time, by a layout or in one of the usual forms; a zone may come first.",
            cost="slow",
            steps=300,
        ),
        FunctionSpec(
            "duration(text: string): duration", parse_duration, "Read a duration such as 1h30m.", cost="slow", steps=20
        ),
        FunctionSpec(
            "timezone(name: string): location", _timezone, "Load a time zone by its IANA name.", cost="slow", steps=20
        ),
    ]
