"""What becomes of a script's result: the forms of `prelude.js`, for the values that need no QuickJS."""

from typing import Any

from rulechain.script.compiled.errors import Bail
from rulechain.script.compiled.json_text import write_sorted
from rulechain.script.compiled.members import in_order
from rulechain.script.compiled.values import UNDEFINED, text
from rulechain.values.numbers import format_float_plain


def plain_text(value: Any) -> str:
    """Return the text form of a value: RuleGo's ToString."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if kind is bool:
        return "true" if value else "false"
    if value is None or value is UNDEFINED:
        return ""
    if isinstance(value, float):
        return format_float_plain(float(value))
    raise Bail


def plain_texts(value: Any) -> list[str]:
    """Return the text forms of a list's items."""
    if type(value) is not list:
        raise Bail
    return [plain_text(item) for item in value]


def plain_metadata(value: Any, *, live: bool) -> dict[str, str]:
    """Return the metadata that a value stands for.

    Args:
        value: What the script returned.
        live: Whether it is the script's own argument, whose members convert by `String`.
    """
    if isinstance(value, dict):
        for item in in_order(value).values():
            if type(item) is not str:
                convert = _assigned if live else plain_text
                return {key: convert(item) for key, item in value.items()}
        return value
    if type(value) is str:
        raise Bail
    return {}


def plain_payload(value: Any) -> str:
    """Return the payload that a value stands for."""
    if isinstance(value, (dict, list)):
        return write_sorted(value)
    return plain_text(value)


def _assigned(value: Any) -> str:
    return "" if value is None or value is UNDEFINED else text(value)
