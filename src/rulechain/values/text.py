"""The text form of a value: what templates, metadata and payloads made of single values hold; and texts as bytes."""

from typing import Any

from rulechain.values.json import JsonError, to_json
from rulechain.values.numbers import format_float_plain


def to_text(value: Any) -> str:
    """Return RuleGo's text form of a value, and `""` for one that has none (NaN inside a list, a function).

    See `to_text_strict` for the forms; RuleGo's ToString swallows the error in the same way.
    """
    try:
        return to_text_strict(value)
    except JsonError:
        return ""


def to_text_strict(value: Any) -> str:
    """Return RuleGo's text form of a value, or raise where it has none.

    None is `""`, text is itself, floats never use an exponent, bytes are their UTF-8 text, a value with a `__text__`
    method says it itself (durations, times), and everything else is JSON.

    Raises:
        JsonError: The value has no JSON form.
    """
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if value is None:
        return ""
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    if isinstance(value, float):
        return format_float_plain(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "surrogateescape")
    if (text := getattr(value, "__text__", None)) is not None:
        return str(text())
    if isinstance(value, str):
        return str(value)
    return to_json(value)


def is_encodable(text: str) -> bool:
    """Whether a text has a form as UTF-8: it holds no half of a surrogate pair."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def well_formed(text: str) -> str:
    """Return a text with U+FFFD for what is half a surrogate pair: no character, in no encoding."""
    return text if is_encodable(text) else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def encode_text(text: str) -> bytes:
    """Return a text as bytes; those that never were text come back as they were, half a surrogate pair as U+FFFD."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return well_formed(text).encode()
