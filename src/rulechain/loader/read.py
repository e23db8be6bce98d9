"""From bytes, text, files and mappings to a JSON value that knows the text it came from.

The first step of loading; every fault becomes a diagnostic. Numbers keep their kind here (1 is not 1.0), because a
document's whole numbers must be written as such.
"""

import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from rulechain.diagnostics import Code, Diagnostic, Location, Severity, Source, Span, closest, errors_in, pointer_to
from rulechain.diagnostics.errors import InternalError
from rulechain.loader.syntax import Scan, duplicate_spans, is_out_of_range, scan_json

MAX_BYTES: Final = 8 * 1024 * 1024
MAX_DEPTH: Final = 100
_SHOWN = 200

_BOM = b"\xef\xbb\xbf"
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
# A pair stays, any other escape stays, a lone half is group 1.
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\(u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.", re.DOTALL
)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON value and where it came from. `value` means nothing when the diagnostics hold an error."""

    source: Source
    value: Any = None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def is_readable(self) -> bool:
        """Whether there is a value."""
        return not errors_in(self.diagnostics)


def read_text(text: str, name: str) -> Document:
    """Read a JSON value from text."""
    if len(text) > MAX_BYTES:
        return _too_large(name)
    # Go's decoder puts the replacement character where half a surrogate pair stands, and so do we: the length stays.
    text = _LONE_SURROGATE.sub("\ufffd", text)
    source = Source(name, text)
    found_twice = False

    def make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found_twice
        made = dict(pairs)
        found_twice = found_twice or len(made) != len(pairs)
        return made

    decoder = json.JSONDecoder(
        object_pairs_hook=make_object, parse_int=_whole_number, parse_float=_number, parse_constant=_refuse_constant
    )
    try:
        value = decoder.decode(_whole_pairs(text))
    except (ValueError, RecursionError):
        return Document(source, None, _faults(source))
    if _is_deep(value):
        return Document(source, None, _faults(source))
    return Document(source, value, _duplicate_keys(source, scan_json(text, depth=MAX_DEPTH)) if found_twice else ())


def read_bytes(data: bytes, name: str) -> Document:
    """Read a JSON value from UTF-8 bytes; a byte order mark is skipped, a byte that is not UTF-8 becomes U+FFFD."""
    if len(data) > MAX_BYTES:
        return _too_large(name)
    if data.startswith(_WIDE_BOMS):
        location = Location(Source(name))
        return _unreadable(Code.BAD_ENCODING, "the document is UTF-16, expected UTF-8", location, "save it as UTF-8")
    try:
        return read_text(data.removeprefix(_BOM).decode(), name)
    except UnicodeDecodeError as error:
        document = read_text(data.removeprefix(_BOM).decode(errors="replace"), name)
        start = len(error.object[: error.start].decode())
        warning = Diagnostic(
            Code.BAD_ENCODING,
            f"byte 0x{error.object[error.start]:02x} is not UTF-8 and is read as U+FFFD",
            Location(document.source, span=Span(start, start + 1)),
            Severity.WARNING,
            hint="save the document as UTF-8",
        )
        return Document(document.source, document.value, (warning, *document.diagnostics))


def read_file(path: str | os.PathLike[str], name: str | None = None) -> Document:
    """Read a JSON value from a file."""
    name = name or shorten(os.fspath(path))
    try:
        with Path(path).open("rb") as file:
            # One byte more than allowed tells a large file from a largest one, and ends on devices that never do.
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        message, hint = explain_unreadable(Path(path), error)
        return _unreadable(Code.FILE_UNREADABLE, message, Location(Source(name)), hint)
    return read_bytes(data, name)


def read_mapping(mapping: Mapping[str, Any], name: str) -> Document:
    """Take a document that Python made; it is copied, and what JSON cannot hold is reported."""
    source = Source(name)
    diagnostics: list[Diagnostic] = []
    value = _plain(mapping, Location(source, ""), diagnostics)
    return Document(source, value, tuple(diagnostics))


def explain_unreadable(path: Path, error: Exception) -> tuple[str, str | None]:
    """Return message and hint for a file or folder that could not be opened."""
    shown = shorten(str(path))
    if isinstance(error, FileNotFoundError):
        return f'there is no file "{shown}"', _hint_for_missing(path)
    if isinstance(error, IsADirectoryError):
        return f'"{shown}" is a folder, expected a file', "load a folder with load_folder, or name a file in it"
    if isinstance(error, NotADirectoryError):
        return f'"{shown}" is a file or leads through one, expected a folder', None
    if isinstance(error, PermissionError):
        return f'"{shown}" may not be read by this user', "change its permissions"
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f'"{shown}" cannot be read: {reason[:1].lower()}{reason[1:]}', _hint_for_missing(path)


def shorten(text: str) -> str:
    """Return the beginning of a text that is too long for a message."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _hint_for_missing(path: Path) -> str | None:
    try:
        found = closest(path.name, [entry.name for entry in path.parent.iterdir() if entry.suffix == ".json"])
    except (OSError, ValueError):
        found = None
    if found is not None:
        return f'did you mean "{path.parent / found}"?'
    return None if path.suffix == ".json" else "a text that does not begin like JSON is taken for a path"


def _faults(source: Source) -> tuple[Diagnostic, ...]:
    scan = scan_json(source.text or "", depth=MAX_DEPTH)
    fault = scan.fault
    if fault is None:
        raise InternalError("the JSON decoder refused a text in which the scanner finds no fault")
    labels = () if fault.opened is None else ((Location(source, span=fault.opened), "opened here"),)
    location = Location(source, span=fault.span)
    return (
        *_duplicate_keys(source, scan),
        Diagnostic(fault.code, fault.message, location, hint=fault.hint, labels=labels),
    )


def _duplicate_keys(source: Source, scan: Scan) -> tuple[Diagnostic, ...]:
    return tuple(
        Diagnostic(
            Code.DUPLICATE_KEY,
            f'the key "{key}" occurs twice in one object; the last one counts',
            Location(source, span=last),
            Severity.WARNING,
            hint="remove one of them",
            labels=((Location(source, span=first), "first written here"),),
        )
        for key, last, first in duplicate_spans(scan.duplicates)
    )


def _too_large(name: str) -> Document:
    message = f"the document is larger than {MAX_BYTES // 1024 // 1024} MiB"
    return _unreadable(Code.DOCUMENT_TOO_LARGE, message, Location(Source(name)))


def _unreadable(code: Code, message: str, location: Location, hint: str | None = None) -> Document:
    return Document(location.source, None, (Diagnostic(code, message, location, hint=hint),))


def _whole_pairs(text: str) -> str:
    if _ESCAPED_SURROGATE.search(text) is None:
        return text
    return _ESCAPE.sub(lambda match: "\\ufffd" if match[1] else match[0], text)


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for parent in level
            if isinstance(parent, (dict, list))
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return True


def _whole_number(digits: str) -> int:
    if is_out_of_range(digits):
        raise ValueError(digits)
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(digits)
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _plain(value: Any, place: Location, diagnostics: list[Diagnostic], depth: int = 0) -> Any:
    """Return a copy of a value made of JSON's own types."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if depth >= MAX_DEPTH and isinstance(value, (Mapping, list, tuple)):
        message = f"nesting goes deeper than {MAX_DEPTH} levels"
        diagnostics.append(Diagnostic(Code.DOCUMENT_TOO_LARGE, message, place))
    elif isinstance(value, Mapping):
        return {str(key): _plain(item, _below(place, str(key)), diagnostics, depth + 1) for key, item in value.items()}
    elif isinstance(value, (list, tuple)):
        return [_plain(item, _below(place, str(index)), diagnostics, depth + 1) for index, item in enumerate(value)]
    else:
        message = f"{value!r} of type {type(value).__name__} has no JSON form"
        diagnostics.append(Diagnostic(Code.WRONG_TYPE, message, place))
    return None


def _below(place: Location, token: str) -> Location:
    return Location(place.source, f"{place.pointer}{pointer_to(token)}")
