"""The text form of a value: what templates, metadata and payloads made of single values hold."""

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
