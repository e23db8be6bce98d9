"""Say why a text is not JSON, and which keys it writes twice.

Takes a text that the fast decoder found fault with, gives places and words; used by `read`. Own wording and places,
because those of Python's decoder change from version to version.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from rulechain.diagnostics import Code, Span

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_SOUND_PART = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_WORD = re.compile(r"[^\s\[\]{},:\"'/#;=]+")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LIKE_NUMBER = re.compile(r"[+-]?\.?[0-9]")
_CLOSING = {"{": "}", "[": "]"}
_RESPELLED = {
    "none": "null",
    "nil": "null",
    "undefined": "null",
    "nan": "null",
    "infinity": "null",
    "-infinity": "null",
    "true": "true",
    "false": "false",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """The first place where a text stops being JSON."""

    message: str
    span: Span
    hint: str | None = None
    # The bracket that is still open there.
    opened: Span | None = None
    code: Code = Code.JSON_SYNTAX


@dataclass(frozen=True, slots=True)
class DuplicateKey:
    """A key that one object has several times, with each of its places."""

    key: str
    places: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Scan:
    """What a look at every character of a text found."""

    fault: Fault | None
    duplicates: tuple[DuplicateKey, ...]


def scan_json(text: str, *, depth: int) -> Scan:
    """Look for the first syntax fault and for all duplicate keys before it; nesting beyond `depth` is a fault too."""
    scanner = _Scanner(text, depth)
    try:
        scanner.document()
    except _FaultFoundError as found:
        return Scan(found.fault, tuple(scanner.duplicates))
    return Scan(None, tuple(scanner.duplicates))


class _FaultFoundError(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(slots=True)
class _Scanner:
    text: str
    depth: int
    position: int = 0
    # Offsets of the brackets that are open here.
    open: list[int] = field(default_factory=list)
    duplicates: list[DuplicateKey] = field(default_factory=list)

    def document(self) -> None:
        if not self._next():
            raise self._fault("the document is empty, expected a JSON object", 0, 0)
        self._value()
        if character := self._next():
            hint = "a file holds one document" if character in '{["' else None
            self._refuse_oddity(character)
            raise self._fault("there is text after the end of the document", self.position, self._end_of_word(), hint)

    def _value(self) -> None:
        character = self._next()
        if character in _CLOSING:
            self._container(character)
        elif character == '"':
            self._string()
        else:
            self._scalar(character)

    def _container(self, bracket: str) -> None:
        if len(self.open) == self.depth:
            place = Span(self.position, self.position + 1)
            message = f"nesting goes deeper than {self.depth} levels"
            raise _FaultFoundError(Fault(message, place, code=Code.DOCUMENT_TOO_LARGE))
        self.open.append(self.position)
        self.position += 1
        if self._next() != _CLOSING[bracket]:
            if bracket == "{":
                self._members()
            else:
                self._items()
        self.position += 1
        self.open.pop()

    def _members(self) -> None:
        places: dict[str, list[Span]] = {}
        while True:
            key, place = self._key()
            places.setdefault(key, []).append(place)
            if self._next() != ":":
                self._refuse_end()
                raise self._fault(
                    f'expected ":" after the key "{key}"',
                    self.position,
                    self.position + 1,
                    'write ":" before the value',
                )
            self.position += 1
            self._value()
            if self._at_end_of_container("}", "members"):
                break
        self.duplicates += [DuplicateKey(key, tuple(spans)) for key, spans in places.items() if len(spans) > 1]

    def _items(self) -> None:
        while True:
            self._value()
            if self._at_end_of_container("]", "items"):
                break

    def _at_end_of_container(self, closing: str, parts: str) -> bool:
        """Step over a comma, and say whether the closing bracket came instead."""
        end = self.position
        character = self._next()
        if character == closing:
            return True
        if character == ",":
            comma = self.position
            self.position += 1
            if self._next() in ("}", "]"):
                raise self._fault(
                    f'a comma stands before the closing "{self.text[self.position]}"',
                    comma,
                    comma + 1,
                    "remove the comma",
                )
            return False
        self._refuse_end()
        self._refuse_oddity(character)
        if character in "}]":
            opening = self.text[self.open[-1]]
            raise self._fault(
                f'found "{character}" where "{opening}" must be closed by "{closing}"',
                self.position,
                self.position + 1,
                opened=self._opened(),
            )
        if character == ";":
            raise self._fault('found ";" instead of ","', self.position, self.position + 1, 'write ","')
        raise self._fault(f"a comma is missing between two {parts}", end, end, 'write "," here')

    def _key(self) -> tuple[str, Span]:
        character = self._next()
        if character == '"':
            start = self.position
            text = self._string()
            return str(json.loads(text)), Span(start, self.position)
        self._refuse_end()
        self._refuse_oddity(character)
        if word := _WORD.match(self.text, self.position):
            raise self._fault(f"the key {word[0]} has no double quotes", *word.span(), hint=f'write "{word[0]}"')
        raise self._fault(
            f"expected a key in double quotes, found {_shown(character)}", self.position, self.position + 1
        )

    def _string(self) -> str:
        match = _STRING.match(self.text, self.position)
        if match is not None:
            self.position = match.end()
            return match[0]
        start = self.position
        sound = _SOUND_PART.match(self.text, start)
        stop = sound.end() if sound else start + 1
        fault = self.text[stop : stop + 1]
        if fault == "\\" and self.text[stop + 1 : stop + 2].strip():
            escape = self.text[stop : stop + 2]
            raise self._fault(
                f'"{escape}" means nothing inside a JSON text',
                stop,
                stop + 2,
                f'a backslash itself is written "\\{escape}"',
            )
        if fault and fault not in "\r\n\\":
            hint = 'write "\\t"' if fault == "\t" else None
            raise self._fault(f"{_shown(fault)} must not stand inside a JSON text as it is", stop, stop + 1, hint)
        raise self._fault(
            "this text has no closing double quote on its line",
            start,
            stop,
            'close it, and write a line break inside a text as "\\n"',
        )

    def _scalar(self, character: str) -> None:
        self._refuse_end()
        self._refuse_oddity(character)
        word = _WORD.match(self.text, self.position)
        if word is None:
            raise self._fault(f"expected a value, found {_shown(character)}", self.position, self.position + 1)
        if _NUMBER.fullmatch(word[0]):
            if is_out_of_range(word[0]):
                raise self._fault("this number is too large", *word.span())
        elif word[0] not in ("true", "false", "null"):
            self._refuse_word(word)
        self.position = word.end()

    def _refuse_word(self, word: re.Match[str]) -> NoReturn:
        if _LIKE_NUMBER.match(word[0]):
            hint = "no leading zeros or plus sign, and digits on both sides of a decimal point"
            raise self._fault(f"{word[0]} is not a JSON number", *word.span(), hint=hint)
        respelled = _RESPELLED.get(word[0].casefold())
        hint = f"write {respelled}" if respelled else "text stands in double quotes"
        raise self._fault(f"{word[0]} is not a JSON value", *word.span(), hint=hint)

    def _refuse_oddity(self, character: str) -> None:
        """Name what other notations allow in this place."""
        if character == "'":
            raise self._fault(
                "text stands in single quotes", self.position, self.position + 1, 'JSON has double quotes only: "text"'
            )
        if character == "#" or self.text.startswith(("//", "/*"), self.position):
            hint = 'remove it; "additionalInfo" has room for notes'
            raise self._fault("JSON has no comments", self.position, self._end_of_line(), hint)
        if character == "\ufeff":
            hint = "decode bytes as utf-8-sig, or pass them as they are"
            raise self._fault("the text begins with a byte order mark", self.position, self.position + 1, hint)

    def _refuse_end(self) -> None:
        if self.position < len(self.text):
            return
        end = len(self.text.rstrip())
        opening = self.text[self.open[-1]]
        raise self._fault(
            f'the document ends before "{opening}" is closed',
            end,
            end,
            f'add "{_CLOSING[opening]}"',
            opened=self._opened(),
        )

    def _next(self) -> str:
        """Skip space and return the character there, `""` at the end."""
        match = _SPACE.match(self.text, self.position)
        self.position = match.end() if match else self.position
        return self.text[self.position : self.position + 1]

    def _opened(self) -> Span:
        return Span(self.open[-1], self.open[-1] + 1)

    def _end_of_word(self) -> int:
        word = _WORD.match(self.text, self.position)
        return word.end() if word else self.position + 1

    def _end_of_line(self) -> int:
        ends = (self.text.find(end, self.position) for end in "\r\n")
        return min((end for end in ends if end >= 0), default=len(self.text))

    def _fault(
        self, message: str, start: int, end: int, hint: str | None = None, opened: Span | None = None
    ) -> "_FaultFoundError":
        return _FaultFoundError(Fault(message, Span(start, end), hint, opened))


def is_out_of_range(digits: str) -> bool:
    """Say whether a JSON number is too large for a float."""
    return float(digits) in (float("inf"), float("-inf"))


def _shown(character: str) -> str:
    if character.isprintable():
        return f'"{character}"'
    name = unicodedata.name(character, "").lower() or {"\t": "a tab"}.get(character, "a control character")
    return f"{name} (U+{ord(character):04X})"


def duplicate_spans(duplicates: tuple[DuplicateKey, ...]) -> Iterator[tuple[str, Span, Span]]:
    """Give key, last place (the one that counts) and first place of each duplicate key, in the order of the text."""
    for duplicate in sorted(duplicates, key=lambda each: each.places[-1]):
        yield duplicate.key, duplicate.places[-1], duplicate.places[0]
