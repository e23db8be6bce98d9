"""Find a JSON pointer's place in a document's text. Runs only when a diagnostic is shown, on text that did parse."""

import functools
import json
import re
from dataclasses import dataclass
from typing import NamedTuple

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


class _Place(NamedTuple):
    """Offsets of a value and of the key it stands under."""

    value: tuple[int, int]
    key: tuple[int, int] | None


def pointer_to(*path: str | int) -> str:
    """Return the JSON pointer of a path of keys and indexes."""
    return "".join(["/" + str(part).replace("~", "~0").replace("/", "~1") for part in path])


def find_value(text: str, pointer: str, *, of_key: bool = False) -> tuple[int, int] | None:
    """Return the offsets of the value (or of its key) that a JSON pointer leads to.

    Of a key that occurs twice the last one counts, as in the decoded document. None when the pointer leads nowhere.
    """
    place = _places(text).get(pointer)
    if place is None:
        return None
    return place.key if of_key and place.key is not None else place.value


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Return the 1-based line and column of an offset; CRLF, LF and CR each end a line."""
    before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    line = before.count("\n") + 1
    return line, len(before) - (before.rfind("\n") + 1) + 1


def line_at(text: str, line: int) -> str:
    """Return a line by the number that `line_and_column` gives it, without its end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[line - 1]


def decoded_offset(text: str, start: int, offset: int) -> int:
    """Return where character `offset` of the decoded string that begins at `text[start]` stands in the text."""
    position = start + 1
    for _ in range(offset):
        if position >= len(text) or text[position] == '"':
            break
        if text[position] != "\\":
            position += 1
        elif text.startswith("\\u", position):
            pair = re.match(
                r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}", text[position : position + 12]
            )
            position += 12 if pair else 6
        else:
            position += 2
    return position


@dataclass(slots=True)
class _Open:
    """A list or object that is not closed yet, and the place in it that comes next."""

    pointer: str
    start: int
    own_key_place: tuple[int, int] | None
    is_object: bool
    # What the next value stands under: in an object its key, once that was read, in a list its index.
    key: str = ""
    key_place: tuple[int, int] | None = None
    index: int = 0


# Checking a document asks for many places in one text, so the text is walked once. A few texts are enough: diagnostics
# are shown document by document.
@functools.lru_cache(maxsize=4)
def _places(text: str) -> dict[str, _Place]:
    """Return every value's place by its JSON pointer."""
    places: dict[str, _Place] = {}
    stack: list[_Open] = []
    for match in _TOKEN.finditer(text, 1 if text.startswith("\ufeff") else 0):
        mark, top = match[0], stack[-1] if stack else None
        if mark in "]}":
            if top is not None:
                stack.pop()
                places[top.pointer] = _Place((top.start, match.end()), top.own_key_place)
        elif mark == ",":
            if top is not None:
                top.index += 1
                top.key_place = None
        elif mark == ":":
            continue
        elif top is not None and top.is_object and top.key_place is None:
            top.key, top.key_place = _key(mark), match.span()
        else:
            pointer = "" if top is None else top.pointer + pointer_to(top.key if top.is_object else top.index)
            key = None if top is None else top.key_place
            if mark in "[{":
                stack.append(_Open(pointer, match.start(), key, mark == "{"))
            else:
                places[pointer] = _Place(match.span(), key)
    return places


def _key(written: str) -> str:
    return str(json.loads(written, strict=False)) if "\\" in written else written[1:-1]
