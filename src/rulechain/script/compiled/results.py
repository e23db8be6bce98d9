"""What becomes of a script's result: the forms of `prelude.js`, for the values that need no QuickJS."""

from typing import Any, Final

from rulechain.script.compiled.errors import Bail
from rulechain.script.compiled.json_text import write_sorted
from rulechain.script.compiled.members import in_order
from rulechain.script.compiled.texts import LONGEST, is_plain
from rulechain.script.compiled.values import UNDEFINED, text
from rulechain.values.numbers import format_float_plain

# What stands for a member that a returned object lacks.
ABSENT: Final = object()

# Names of metadata that were looked at before, plain and no indexes. They are few, and nearly always the same.
_known_names: set[str] = set()
_MOST_KNOWN = 1000
_LONGEST_KNOWN = 100


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
    if type(value) is str:
        raise Bail
    if not isinstance(value, dict):
        return {}
    if not _known_names.issuperset(value):
        _look_at_names(value)
    try:
        together = "".join(value.values())
    except TypeError:
        convert = _assigned if live else plain_text
        value = {key: convert(item) for key, item in value.items()}
        together = "".join(value.values())
    if len(together) > LONGEST or not is_plain(together):
        raise Bail
    texts: dict[str, str] = value
    return texts


def _look_at_names(value: dict[str, Any]) -> None:
    """Make sure that members' names are plain, and that their order is JavaScript's."""
    if not all(map(is_plain, in_order(value))):
        raise Bail
    if len(_known_names) + len(value) <= _MOST_KNOWN:
        _known_names.update(name for name in value if len(name) <= _LONGEST_KNOWN)


def plain_payload(value: Any) -> str:
    """Return the payload that a value stands for."""
    if isinstance(value, (dict, list)):
        return write_sorted(value)
    return plain_text(value)


def _assigned(value: Any) -> str:
    return "" if value is None or value is UNDEFINED else text(value)
