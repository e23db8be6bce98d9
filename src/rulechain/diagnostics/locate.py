"""Find a JSON pointer's place in a document's text. Runs only when a diagnostic is shown, on text that did parse."""

import json
import re
from collections.abc import Iterator

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SCALAR = re.compile(r"[^,\]}\s]+")


def find_value(text: str, pointer: str, *, of_key: bool = False) -> tuple[int, int] | None:
    """Return the offsets of the value (or of its key) that a JSON pointer leads to.

    Of a key that occurs twice the last one counts, as in the decoded document. None when the pointer leads nowhere.
    """
    tokens = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    start = _skip_space(text, 1 if text.startswith("\ufeff") else 0)
    key_place: tuple[int, int] | None = None
    for token in tokens:
        step = _step(text, start, token)
        if step is None:
            return None
        start, key_place = step
    if of_key and key_place is not None:
        return key_place
    return start, _end_of_value(text, start)


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Return the 1-based line and column of an offset; CRLF, LF and CR each end a line."""
    before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    line = before.count("\n") + 1
    return line, len(before) - (before.rfind("\n") + 1) + 1


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


def _step(text: str, start: int, token: str) -> tuple[int, tuple[int, int] | None] | None:
    if text[start : start + 1] == "{":
        found = None
        for key, key_place, value in _members(text, start):
            if key == token:
                found = value, key_place
        return found
    if text[start : start + 1] == "[" and token.isdigit():
        for index, value in enumerate(_items(text, start)):
            if index == int(token):
                return value, None
    return None


def _members(text: str, start: int) -> Iterator[tuple[str, tuple[int, int], int]]:
    # (key, where the key stands, where its value starts)
    position = _skip_space(text, start + 1)
    while text[position : position + 1] == '"':
        match = _STRING.match(text, position)
        if match is None:
            return
        value = _skip_space(text, _skip_space(text, match.end()) + 1)
        yield json.loads(match.group(), strict=False), match.span(), value
        position = _after_comma(text, _end_of_value(text, value))


def _items(text: str, start: int) -> Iterator[int]:
    position = _skip_space(text, start + 1)
    while position < len(text) and text[position] != "]":
        yield position
        position = _after_comma(text, _end_of_value(text, position))


def _end_of_value(text: str, start: int) -> int:
    depth = 0
    position = start
    while position < len(text):
        character = text[position]
        if character == '"':
            match = _STRING.match(text, position)
            position = match.end() if match else len(text)
        elif character in "[{":
            depth += 1
            position += 1
        elif character in "]}":
            depth -= 1
            position += 1
        elif character in ",: \t\r\n":
            position += 1
            continue
        else:
            match = _SCALAR.match(text, position)
            position = match.end() if match else position + 1
        if depth == 0:
            return position
    return position


def _after_comma(text: str, position: int) -> int:
    position = _skip_space(text, position)
    return _skip_space(text, position + 1) if text[position : position + 1] == "," else position


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
