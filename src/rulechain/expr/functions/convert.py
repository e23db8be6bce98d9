"""Functions that name, print, encode and decode values."""

import base64
import binascii
import json
from typing import Any

from rulechain.expr.faults import Fault
from rulechain.expr.functions.registry import FunctionSpec
from rulechain.expr.go import text, type_name
from rulechain.values import JsonError, decode_json, encode_json, format_float

_KIND_NAMES = {
    "<nil>": "nil",
    "float64": "float",
    "[]interface {}": "array",
    "[]uint8": "array",
    "uint8": "uint",
    "map[string]interface {}": "map",
    "map[interface {}]interface {}": "map",
    "map[interface {}][]interface {}": "map",
    "func(...interface {}) interface {}": "func",
}
_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def _type(value: Any) -> str:
    name = type_name(value).removeprefix("*")
    return _KIND_NAMES.get(name, name)


def print_value(value: Any) -> str:
    """Return a value as Go's `%v` prints it: `<nil>`, `1e+06`, `[1 a]`, `map[a:1]`."""
    if type(value) is str:
        return value
    if isinstance(value, (list, tuple, bytes)):
        return f"[{' '.join(map(print_value, value))}]"
    if isinstance(value, dict):
        pairs = [f"{print_value(key)}:{print_value(value[key])}" for key in sorted(value, key=_key_order)]
        return f"map[{' '.join(pairs)}]"
    return _print_single(value)


def _print_single(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format_float(value, -4, 6)
    if (shown := getattr(value, "__text__", None)) is not None:
        return str(shown())
    return str(value) if isinstance(value, int) else type_name(value)


def _key_order(key: Any) -> tuple[int, Any]:
    """Order keys of mixed types as Go's fmt does: nil, ints, floats, bools, texts."""
    if key is None:
        return 0, 0
    if isinstance(key, str):
        return 3, key
    return (2, key) if isinstance(key, bool) else (1, key)


def _to_json(value: Any) -> str:
    try:
        # RuleGo's encoder gives the numbers and the order; the indentation is a matter of layout alone.
        plain = json.loads(encode_json(value), parse_float=_Written, parse_int=_Written)
    except JsonError as error:
        raise Fault(str(error)) from None
    return "".join(_indented(plain, "\n"))


class _Written(str):
    """A number kept as it was written."""

    __slots__ = ()


def _indented(value: Any, line: str) -> list[str]:
    if isinstance(value, _Written):
        return [str(value)]
    if isinstance(value, (list, dict)):
        if not value:
            return ["[]" if isinstance(value, list) else "{}"]
        inner = line + "  "
        parts: list[str] = []
        for item in value:
            parts += ["," if parts else "", inner]
            if isinstance(value, dict):
                parts += [_quoted(item), ": ", *_indented(value[item], inner)]
            else:
                parts += _indented(item, inner)
        return ["{" if isinstance(value, dict) else "[", *parts, line, "}" if isinstance(value, dict) else "]"]
    return [_quoted(value)] if isinstance(value, str) else [json.dumps(value)]


def _quoted(value: str) -> str:
    quoted = json.dumps(value, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    for character, escape in _HTML.items():
        quoted = quoted.replace(character, escape)
    return quoted


def _from_json(value: Any) -> Any:
    try:
        return decode_json(text(value))
    except JsonError as error:
        raise Fault(str(error)) from None


def _to_base64(value: Any) -> str:
    return base64.b64encode(text(value).encode("utf-8", "surrogateescape")).decode("ascii")


def _from_base64(value: Any) -> str:
    encoded = text(value).replace("\r", "").replace("\n", "")
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        position = next((at for at, character in enumerate(encoded) if not _is_base64(character)), 0)
        raise Fault(f"illegal base64 data at input byte {position}") from None


def _is_base64(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in "+/=")


def convert_functions() -> list[FunctionSpec]:
    """Return the functions that name, print, encode and decode values."""
    return [
        FunctionSpec("type(x: any): string", _type, "Name the type: nil, bool, int, float, string, array, map."),
        FunctionSpec("string(x: any): string", print_value, "Print a value as text.", cost="deep"),
        FunctionSpec("toJSON(x: any): string", _to_json, "Encode as indented JSON.", cost="deep"),
        FunctionSpec("fromJSON(text: string): any", _from_json, "Decode JSON.", cost="flat"),
        FunctionSpec("toBase64(text: string): string", _to_base64, "Encode as base64.", cost="flat"),
        FunctionSpec("fromBase64(text: string): string", _from_base64, "Decode base64.", cost="flat"),
    ]
