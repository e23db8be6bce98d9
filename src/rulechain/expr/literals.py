"""What stands between quotes, and how numbers are read: Go's escapes and Go's number forms."""

import re
from typing import NoReturn

from rulechain.diagnostics import Code, Span
from rulechain.expr.faults import SyntaxFault

_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_ESCAPE = re.compile(
    r"\\(?:(?P<simple>[abfnrtv\\\"'])|x(?P<x>[0-9a-fA-F]{2})|(?P<octal>[0-3][0-7]{2})"
    r"|u(?P<u>[0-9a-fA-F]{4})|u\{(?P<braced>[0-9a-fA-F]{1,6})\}|U(?P<wide>[0-9a-fA-F]{8}))"
)
_LARGEST = 2**63 - 1
_DECIMAL_FLOAT = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def read_text(text: str, start: int, end: int) -> str:
    """Return the value of the quoted literal at `text[start:end]`.

    Raises:
        SyntaxFault: S404, an escape that the language does not have.
    """
    body = text[start + 1 : end - 1]
    if "\\" not in body:
        return body.replace("\r\n", "\n").replace("\r", "\n")
    return _unescape(text, start + 1, end - 1, text[start], of_bytes=False)


def read_bytes(text: str, start: int, end: int) -> str:
    """Return the value of the literal `b"…"` as text in which each character is one byte.

    Raises:
        SyntaxFault: S404, an escape that bytes do not have.
    """
    return _unescape(text, start + 2, end - 1, text[start + 1], of_bytes=True)


def _unescape(text: str, start: int, end: int, quote: str, *, of_bytes: bool) -> str:
    parts: list[str] = []
    position = start
    while position < end:
        found = text.find("\\", position, end)
        stop = end if found < 0 else found
        plain = text[position:stop].replace("\r\n", "\n").replace("\r", "\n")
        parts.append(plain.encode("utf-8", "surrogatepass").decode("latin-1") if of_bytes else plain)
        if found < 0:
            break
        match = _ESCAPE.match(text, found, end)
        if match is None:
            _refuse(text, found, end)
        parts.append(_character(text, match, quote, of_bytes=of_bytes))
        position = match.end()
    return "".join(parts)


def _character(text: str, match: re.Match[str], quote: str, *, of_bytes: bool) -> str:
    kind = match.lastgroup
    digits = match[kind] if kind else ""
    if kind == "simple":
        if digits in "\"'" and digits != quote:
            _refuse(text, match.start(), match.end())
        return _SIMPLE.get(digits, digits)
    if kind in {"x", "octal"}:
        return chr(int(digits, 16 if kind == "x" else 8))
    number = int(digits, 16)
    if of_bytes or number > 0x10FFFF or 0xD800 <= number < 0xE000:
        _refuse(text, match.start(), match.end())
    return chr(number)


def _refuse(text: str, start: int, end: int) -> NoReturn:
    written = text[start : min(start + 2, end)]
    raise SyntaxFault(
        Code.BAD_STRING,
        f'invalid char escape "{written}"',
        Span(start, start + len(written)),
        hint="write \\\\ for a backslash; only the quote that encloses the text can be escaped, "
        "and text between backticks has no escapes",
    )


def read_number(literal: str, span: Span) -> int | float:
    """Return the value of a number literal: an int where it has neither dot nor exponent.

    Raises:
        SyntaxFault: S405, it is malformed or does not fit 64 bits.
    """
    written = literal.replace("_", "")
    base = {"0x": 16, "0o": 8, "0b": 2}.get(written[:2].lower())
    if base is not None or written.isdigit():
        try:
            number = int(written[2:], base) if base else int(written)
        except ValueError:
            raise SyntaxFault(Code.BAD_NUMBER, f'invalid integer literal "{written}"', span) from None
        if number > _LARGEST:
            message = f'invalid integer literal: "{written}" is out of range'
            raise SyntaxFault(Code.BAD_NUMBER, message, span, hint="whole numbers have 64 bits; write 1e19 for a float")
        return number
    if _DECIMAL_FLOAT.fullmatch(written) is None:
        raise SyntaxFault(Code.BAD_NUMBER, f'invalid float literal "{written}"', span)
    value = float(written)
    if value == float("inf"):
        message = f'invalid float literal: "{written}" is out of range'
        raise SyntaxFault(Code.BAD_NUMBER, message, span)
    return value
