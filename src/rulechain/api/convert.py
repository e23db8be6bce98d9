"""RuleGo's weak typing of configuration values (mapstructure's rules), one function per target type."""

import re
import types
import typing
from collections.abc import Callable
from typing import Any

from rulechain.values import format_float_plain, parse_duration

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False", ""})
# Python reads blanks around a number and the digits of other scripts, Go does not.
_NUMERAL = re.compile(r"[!-~]+")


class ConversionError(ValueError):
    """The value cannot become the wanted type; `path` leads to the item at fault."""

    def __init__(self, wanted: str, value: Any, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(f"expected {wanted}, got {describe(value)}")
        self.wanted = wanted
        self.value = value
        self.path = path


def convert(value: Any, annotation: Any, *, is_duration: bool = False) -> Any:
    """Return the value as the annotated type, by RuleGo's weak rules.

    Raises:
        ConversionError: There is no conversion.
    """
    origin = typing.get_origin(annotation)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else convert(value, _not_none(annotation), is_duration=is_duration)
    if is_duration:
        return _to_duration(value)
    if origin in (tuple, list):
        return tuple(_convert_items(_as_list(value), typing.get_args(annotation)[0]))
    if origin is dict:
        return _to_map(value, typing.get_args(annotation)[1])
    converter = _CONVERTERS.get(annotation)
    return value if converter is None else converter(value)


def describe(value: Any) -> str:
    """Return a value in the words of a message: `the text "5s"`, `the number 3`, `a list`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return f'the text "{value}"'
    return "a list" if isinstance(value, (list, tuple)) else "an object"


def _not_none(annotation: Any) -> Any:
    return next(arg for arg in typing.get_args(annotation) if arg is not types.NoneType)


def _convert_items(items: list[Any], annotation: Any) -> list[Any]:
    converted = []
    for index, item in enumerate(items):
        try:
            converted.append(convert(item, annotation))
        except ConversionError as error:
            raise ConversionError(error.wanted, error.value, (index, *error.path)) from None
    return converted


def _as_list(value: Any) -> list[Any]:
    if value is None or value in ("", {}):
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _to_map(value: Any, annotation: Any) -> dict[str, Any]:
    if value is None or value == []:
        return {}
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        value = {key: item for part in value for key, item in part.items()}
    if not isinstance(value, dict):
        raise ConversionError("an object", value)
    converted = {}
    for key, item in value.items():
        try:
            converted[key] = convert(item, annotation)
        except ConversionError as error:
            raise ConversionError(error.wanted, error.value, (key, *error.path)) from None
    return converted


def _to_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return format_float_plain(value)
    raise ConversionError("a text", value)


def _to_int(value: Any) -> int:
    if value is None or value == "":
        return 0
    if isinstance(value, (bool, int, float)):
        return int(value)
    if isinstance(value, str) and _NUMERAL.fullmatch(value):
        try:
            return int(value, 0) if not value.lstrip("+-").startswith("0") or len(value) < 2 else _prefixed_int(value)
        except ValueError:
            pass
    raise ConversionError("a whole number", value)


def _prefixed_int(text: str) -> int:
    """Read a number with a leading zero as Go does: `0x1f`, `0b1`, `0o7`, and `07` in base 8."""
    digits = text.lstrip("+-")
    return int(text, 0) if not digits[1:2].isdigit() else int(text, 8)


def _to_float(value: Any) -> float:
    if value is None or value == "":
        return 0.0
    if isinstance(value, str) and not _NUMERAL.fullmatch(value):
        raise ConversionError("a number", value)
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ConversionError("a number", value) from None


def _to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value is None:
        return False
    if isinstance(value, (int, float)):
        return value != 0
    if isinstance(value, str):
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
    raise ConversionError("true or false", value)


def _to_duration(value: Any) -> float:
    if isinstance(value, str):
        try:
            return parse_duration(value)
        except ValueError:
            pass
    raise ConversionError('a length of time such as "500ms", "15s" or "2m"', value)


_CONVERTERS: dict[Any, Callable[[Any], Any]] = {str: _to_text, int: _to_int, float: _to_float, bool: _to_bool}
