"""Times read from text, by Go's reference layouts."""

import re

from rulechain.expr.faults import Fault
from rulechain.expr.layouts import CHUNK, MONTHS, SHORT_DAYS, SHORT_MONTHS, WEEKDAYS
from rulechain.expr.times import UTC_LOCATION, Location, Time, days_from_civil, make_time

_GUESSED = (
    "2006-01-02",
    "15:04:05",
    "2006-01-02 15:04:05",
    "2006-01-02T15:04:05Z07:00",
    "02 Jan 06 15:04 MST",
    "Monday, 02-Jan-06 15:04:05 MST",
    "Mon, 02 Jan 2006 15:04:05 MST",
)
_LAYOUT = 'a layout shows how 2006-01-02 15:04:05 would be written, as in "02.01.2006 15:04"'


class _Reading:
    """What has been read of a time so far."""

    def __init__(self, value: str, layout: str) -> None:
        self.year, self.month, self.day = 0, 1, 1
        self.hour = self.minute = self.second = self.fraction = 0
        self.day_of_year: int | None = None
        self.afternoon: bool | None = None
        self.offset: int | None = None
        self.zone_name = ""
        self._value = value
        self._layout = layout
        self._at = 0

    def expect(self, literal: str) -> None:
        """Read text that stands in the layout itself."""
        if not self._value.startswith(literal, self._at):
            raise self._fault(literal)
        self._at += len(literal)

    def take(self, pattern: str, chunk: str) -> str:
        """Read what a pattern matches."""
        match = re.compile(pattern, re.IGNORECASE).match(self._value, self._at)
        if match is None:
            raise self._fault(chunk)
        self._at = match.end()
        return match[0]

    def end(self) -> None:
        """Refuse what is left over."""
        if self._at < len(self._value):
            raise Fault(f'parsing time "{self._value}": extra text: "{self._value[self._at :]}"')

    def _fault(self, chunk: str) -> Fault:
        rest = self._value[self._at :]
        message = f'parsing time "{self._value}" as "{self._layout}": cannot parse "{rest}" as "{chunk}"'
        return Fault(message, None if CHUNK.search(self._layout) else _LAYOUT)


def parse_time(layout: str, value: str, location: Location | None = None) -> Time:
    """Return the time a text stands for by a layout; without a zone in the text it is in the location, or in UTC.

    Raises:
        Fault: The text does not follow the layout, or names no moment.
    """
    reading = _Reading(value, layout)
    position = 0
    for match in CHUNK.finditer(layout):
        reading.expect(layout[position : match.start()])
        _read(reading, match[0], followed_by=layout[match.end() : match.end() + 2])
        position = match.end()
    reading.expect(layout[position:])
    reading.end()
    return _assembled(reading, value, location)


def _read(reading: _Reading, chunk: str, followed_by: str) -> None:
    if chunk[0] in "Z-":
        _read_zone(reading, chunk)
    elif chunk[0] in ".,":
        pattern = f"[.,][0-9]{{{len(chunk) - 1}}}" if chunk[1] == "0" else "(?:[.,][0-9]+)?"
        _set_fraction(reading, reading.take(pattern, chunk))
    elif chunk in {"January", "Jan"}:
        names = MONTHS if chunk == "January" else SHORT_MONTHS
        found = reading.take("|".join(names), chunk)
        reading.month = [name.lower() for name in names].index(found.lower()) + 1
    elif chunk in {"Monday", "Mon"}:
        reading.take("|".join(WEEKDAYS if chunk == "Monday" else SHORT_DAYS), chunk)
    elif chunk == "MST":
        reading.zone_name = reading.take(r"UTC|GMT[+-][0-9]{1,2}|[A-Z]{3,5}", chunk)
    elif chunk in {"PM", "pm"}:
        reading.afternoon = reading.take("AM|PM", chunk).upper() == "PM"
    else:
        _read_number(reading, chunk, followed_by)


def _read_number(reading: _Reading, chunk: str, followed_by: str) -> None:
    two = "[0-9]{2}"
    patterns = {"2006": "[0-9]{4}", "002": "[0-9]{3}", "__2": " {0,2}[0-9]{1,3}", "_2": " ?[0-9]{1,2}", "15": two}
    pattern = patterns.get(chunk, two if len(chunk) == 2 else "[0-9]{1,2}")
    number = int(reading.take(pattern, chunk))
    if chunk == "06":
        reading.year = number + (1900 if number >= 69 else 2000)
    elif chunk in {"002", "__2"}:
        reading.day_of_year = number
    else:
        fields = {"2006": "year", "1": "month", "2": "day", "15": "hour", "3": "hour", "4": "minute", "5": "second"}
        setattr(reading, fields["2006" if chunk == "2006" else chunk.lstrip("0_")], number)
    if chunk in {"5", "05"} and followed_by[:1] not in {".", ","}:
        # Go reads a fraction behind the seconds even where the layout has none.
        _set_fraction(reading, reading.take(r"(?:[.,][0-9]+)?", chunk))


def _set_fraction(reading: _Reading, written: str) -> None:
    reading.fraction = int(written[1:10].ljust(9, "0")) if written else 0


def _read_zone(reading: _Reading, chunk: str) -> None:
    colon = ":" if ":" in chunk else ""
    count = len(chunk.replace(":", "")) // 2
    pattern = "[+-]" + colon.join(["[0-9]{2}"] * count)
    written = reading.take(f"Z|{pattern}" if chunk[0] == "Z" else pattern, chunk)
    if written in {"Z", "z"}:
        reading.offset = 0
        return
    digits = written[1:].replace(":", "").ljust(6, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:6])
    reading.offset = -seconds if written[0] == "-" else seconds


def _assembled(reading: _Reading, value: str, location: Location | None) -> Time:
    if reading.afternoon is not None:
        reading.hour = reading.hour % 12 + (12 if reading.afternoon else 0)
    date = (reading.year, reading.month, reading.day)
    if reading.day_of_year is not None:
        date = (reading.year, 1, reading.day_of_year)
    clock = (reading.hour, reading.minute, reading.second)
    days_in_month = days_from_civil(date[0], date[1] + 1, 1) - days_from_civil(date[0], date[1], 1)
    for name, good in (
        ("month", 1 <= reading.month <= 12),
        ("day", 1 <= reading.day <= days_in_month),
        ("hour", reading.hour < 24),
        ("minute", reading.minute < 60),
        ("second", reading.second < 60),
    ):
        if not good:
            raise Fault(f'parsing time "{value}": {name} out of range')
    return make_time(date, clock, reading.fraction, _zone_of(reading, location))


def _zone_of(reading: _Reading, location: Location | None) -> Location:
    if reading.offset is not None:
        if reading.offset == 0 and not reading.zone_name:
            return UTC_LOCATION
        return Location(reading.zone_name, None, reading.offset)
    if reading.zone_name == "UTC":
        return UTC_LOCATION
    if reading.zone_name:
        hours = reading.zone_name.removeprefix("GMT")
        return Location(reading.zone_name, None, int(hours) * 3600 if hours[:1] in {"+", "-"} else 0)
    return location or UTC_LOCATION


def guess_time(value: str, location: Location | None) -> Time:
    """Return the time of a text in one of the usual forms.

    Raises:
        Fault: It is in none of them.
    """
    for layout in _GUESSED:
        try:
            return parse_time(layout, value, location)
        except Fault:
            continue
    raise Fault(f"invalid date {value}", 'give its layout as an example: date(x, "02.01.2006")')
