"""Go's reference layouts: times written by the example of Mon Jan 2 15:04:05 MST 2006."""

import re
from typing import Protocol

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
CHUNK = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|__2|_2(?!006)|002|01|02|03|04|05|06|15|1|2|3|4|5|PM|pm"
    r"|[Z-]07:00:00|[Z-]070000|[Z-]07:00|[Z-]0700|[Z-]07|[.,](?:0+|9+)(?![0-9])"
)
SHORT_MONTHS = tuple(name[:3] for name in MONTHS)
SHORT_DAYS = tuple(name[:3] for name in WEEKDAYS)
RFC3339_NANO = "2006-01-02T15:04:05.999999999Z07:00"
STRING_LAYOUT = "2006-01-02 15:04:05.999999999 -0700 MST"


class View(Protocol):
    """A moment seen in a zone."""

    @property
    def nanoseconds(self) -> int:
        """Nanoseconds since 1970."""

    @property
    def date(self) -> tuple[int, int, int]:
        """Year, month and day on the wall."""

    @property
    def clock(self) -> tuple[int, int, int]:
        """Hour, minute and second on the wall."""

    @property
    def weekday(self) -> int:
        """The day of the week, Sunday being 0."""

    @property
    def year_day(self) -> int:
        """The day of the year, from 1."""

    @property
    def zone(self) -> tuple[str, int]:
        """The zone's abbreviation and offset in seconds."""


def format_time(time: View, layout: str) -> str:
    """Return a time written by a layout."""
    return CHUNK.sub(lambda match: _written(time, match[0]), layout)


def _written(time: View, chunk: str) -> str:
    year, month, day = time.date
    hour, minute, second = time.clock
    if chunk[0] in "Z-":
        return _zone(time.zone[1], chunk)
    if chunk[0] in ".,":
        digits = str(time.nanoseconds % 1_000_000_000).zfill(9)[: len(chunk) - 1]
        if chunk[1] == "9":
            digits = digits.rstrip("0")
        return chunk[0] + digits if digits else ""
    forms = {
        "January": MONTHS[month - 1],
        "Jan": SHORT_MONTHS[month - 1],
        "Monday": WEEKDAYS[time.weekday],
        "Mon": SHORT_DAYS[time.weekday],
        "MST": time.zone[0] or _zone(time.zone[1], "-0700"),
        "2006": f"{year:04d}",
        "06": f"{year % 100:02d}",
        "002": f"{time.year_day:03d}",
        "__2": f"{time.year_day:3d}",
        "_2": f"{day:2d}",
        "PM": "PM" if hour >= 12 else "AM",
        "pm": "pm" if hour >= 12 else "am",
    }
    numbers = {"1": month, "2": day, "15": hour, "3": hour % 12 or 12, "4": minute, "5": second}
    if chunk in forms:
        return forms[chunk]
    number = numbers[chunk.lstrip("0")]
    return f"{number:02d}" if len(chunk) == 2 else str(number)


def _zone(offset: int, chunk: str) -> str:
    if chunk[0] == "Z" and offset == 0:
        return "Z"
    sign = "-" if offset < 0 else "+"
    parts = [abs(offset) // 3600, abs(offset) // 60 % 60, abs(offset) % 60]
    count = len(chunk.replace(":", "")) // 2
    return sign + (":" if ":" in chunk else "").join(f"{part:02d}" for part in parts[:count])
