"""Numbers, characters and quoted texts, as Go reads them."""

import re

_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"'}
_ESCAPE = re.compile(r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.?))")
_FLOAT = re.compile(r"[+-]?(?:[0-9_]+\.?[0-9_]*|\.[0-9_]+)(?:[eE][+-]?[0-9_]+)?")
_LARGEST = 2**63


def read_number(text: str) -> int | float:
    """Return the number that a text stands for; with a point or an exponent it is a float.

    Raises:
        ValueError: It is no number, or too large.
    """
    digits = text.lstrip("+-")
    prefix = digits[:2].lower()
    if prefix in {"0x", "0o", "0b"} or (digits.isdigit() or digits.replace("_", "").isdigit()):
        octal = len(digits) > 1 and digits[0] == "0" and prefix[1:].isdigit()
        number = int(digits, 8) if octal else int(digits, 0)
        number = -number if text[0] == "-" else number
        if not -_LARGEST <= number < _LARGEST:
            raise ValueError("the number is too large")
        return number
    if not _FLOAT.fullmatch(text):
        raise ValueError("no number")
    return float(text)


def read_text(text: str) -> str:
    """Return what a quoted text stands for.

    Raises:
        ValueError: There is an escape that Go does not know.
    """
    if text[0] == "`":
        return text[1:-1].replace("\r", "")
    return unescape(text[1:-1])


def unescape(text: str) -> str:
    """Return a text with its escapes filled in; those of bytes make UTF-8 where they can.

    Raises:
        ValueError: There is an escape that Go does not know.
    """

    def replacement(match: re.Match[str]) -> str:
        simple, byte, short, long, octal, _ = match.groups()
        if simple:
            return _SIMPLE[simple]
        if byte or octal:
            return chr(0xDC00 + code if (code := int(byte or octal, 16 if byte else 8)) > 0x7F else code)
        if short or long:
            return chr(int(short or long, 16))
        raise ValueError(f'"{match[0]}" is no escape')

    filled = _ESCAPE.sub(replacement, text)
    return filled if filled.isascii() else filled.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
