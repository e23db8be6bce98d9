"""Go's reference layouts: times written by the example of Mon Jan 2 15:04:05 MST 2006."""

import re
from collections.abc import Callable
from typing import NamedTuple, Protocol

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


class _Wall(NamedTuple):
    """What clock and calendar on the wall show: worked out once, whatever the layout asks for."""

    date: tuple[int, int, int]
    clock: tuple[int, int, int]
    weekday: int
    year_day: int
    zone: tuple[str, int]
    fraction: int


def format_time(time: View, layout: str) -> str:
    """Return a time written by a layout."""
    wall = _Wall(time.date, time.clock, time.weekday, time.year_day, time.zone, time.nanoseconds % 1_000_000_000)
    return CHUNK.sub(lambda match: _written(wall, match[0]), layout)


def _written(wall: _Wall, chunk: str) -> str:
    if (form := _FORMS.get(chunk)) is not None:
        return form(wall)
    if chunk[0] in "Z-":
        return _zone(wall.zone[1], chunk)
    digits = str(wall.fraction).zfill(9)[: len(chunk) - 1]
    if chunk[1] == "9":
        digits = digits.rstrip("0")
    return chunk[0] + digits if digits else ""


_FORMS: dict[str, Callable[[_Wall], str]] = {
    "2006": lambda wall: f"{wall.date[0]:04d}",
    "06": lambda wall: f"{wall.date[0] % 100:02d}",
    "January": lambda wall: MONTHS[wall.date[1] - 1],
    "Jan": lambda wall: SHORT_MONTHS[wall.date[1] - 1],
    "01": lambda wall: f"{wall.date[1]:02d}",
    "1": lambda wall: str(wall.date[1]),
    "02": lambda wall: f"{wall.date[2]:02d}",
    "_2": lambda wall: f"{wall.date[2]:2d}",
    "2": lambda wall: str(wall.date[2]),
    "002": lambda wall: f"{wall.year_day:03d}",
    "__2": lambda wall: f"{wall.year_day:3d}",
    "Monday": lambda wall: WEEKDAYS[wall.weekday],
    "Mon": lambda wall: SHORT_DAYS[wall.weekday],
    "15": lambda wall: f"{wall.clock[0]:02d}",
    "03": lambda wall: f"{wall.clock[0] % 12 or 12:02d}",
    "3": lambda wall: str(wall.clock[0] % 12 or 12),
    "PM": lambda wall: "PM" if wall.clock[0] >= 12 else "AM",
    "pm": lambda wall: "pm" if wall.clock[0] >= 12 else "am",
    "04": lambda wall: f"{wall.clock[1]:02d}",
    "4": lambda wall: str(wall.clock[1]),
    "05": lambda wall: f"{wall.clock[2]:02d}",
    "5": lambda wall: str(wall.clock[2]),
    "MST": lambda wall: wall.zone[0] or _zone(wall.zone[1], "-0700"),
}


def _zone(offset: int, chunk: str) -> str:
    if chunk[0] == "Z" and offset == 0:
        return "Z"
    sign = "-" if offset < 0 else "+"
    parts = [abs(offset) // 3600, abs(offset) // 60 % 60, abs(offset) % 60]
    count = len(chunk.replace(":", "")) // 2
    return sign + (":" if ":" in chunk else "").join(f"{part:02d}" for part in parts[:count])
