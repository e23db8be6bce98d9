"""JSON as RuleGo reads and writes it, at C speed where the values allow.

Reading: every number is a float, the last of equal keys wins, nothing may follow the value. Writing: compact, keys
sorted, no HTML escapes, Go's number forms. Text that the fast decoder refuses, or whose numbers would lose digits,
takes the exact path through the standard library.
"""

import json
import math
import re
from typing import Any, NoReturn, Union

import msgspec

from rulechain.diagnostics.errors import RuleChainError
from rulechain.values.numbers import ExactNumber, format_float_json

# Deeper values take the exact path: each level here doubles the time that building the decoder takes at import.
_DEPTH = 8
# The largest span of whole floats that every encoder writes without an exponent, and that int() keeps exactly.
_WHOLE = 2.0**53
_SMALL = 1e-4
_LARGE = 1e15
# Values that the C encoder writes as Go does.
_PLAIN = frozenset([str, bool, int, type(None)])
_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")
_LONG = b"0" * 16
# msgspec reads the whole number -0 as 0.
_NEGATIVE_ZERO = re.compile(rb"-0(?![.0-9eE])")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class JsonError(RuleChainError, ValueError):
    """The text is not JSON, or the value has no JSON form. `position` is the offset in the text where it is known."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position


def _value_type(depth: int) -> Any:
    """Return the type of a JSON value whose numbers are floats, spelled out: msgspec knows no recursive union."""
    kind: Any = Union[None, bool, float, str]  # noqa: UP007 - built step by step
    for _ in range(depth):
        kind = Union[None, bool, float, str, list[kind], dict[str, kind]]  # noqa: UP007
    return kind


_decode = msgspec.json.Decoder(_value_type(_DEPTH)).decode
_encode = msgspec.json.Encoder(order="sorted").encode


def decode_json(text: str | bytes) -> Any:
    """Return the value of a JSON text; numbers become floats, whole ones that a float cannot hold an `ExactNumber`.

    Raises:
        JsonError: The text is not one JSON value.
    """
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if _LONG in data.translate(_DIGITS_TO_ZERO) or (b"-0" in data and _NEGATIVE_ZERO.search(data)):
        return _decode_exact(data)
    try:
        return _decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _decode_exact(data)


def to_json(value: Any) -> str:
    """Return the JSON form of a value as RuleGo writes it.

    Raises:
        JsonError: The value, or one inside it, has no JSON form (NaN, infinity, a function, a cycle).
    """
    return encode_json(value).decode("utf-8", "surrogatepass")


def encode_json(value: Any) -> bytes:
    """Return the JSON form of a value as UTF-8 bytes; see `to_json`."""
    try:
        encoded = _encode(_plain(value))
    except UnicodeEncodeError:
        encoded = _encode(_plain(_without_surrogates(value)))
    except RecursionError:
        raise JsonError("json: unsupported value: encountered a cycle or too deep a nesting") from None
    if b"\xe2\x80" in encoded:
        encoded = encoded.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    return encoded


def _plain(value: Any) -> Any:
    """Return the value with Go's number forms put in, for the C encoder."""
    kind = type(value)
    if kind is float:
        return _plain_float(value)
    if kind in _PLAIN:
        return value
    if kind is dict:
        return _plain_dict(value)
    if kind is list or kind is tuple:
        return [item if type(item) in _PLAIN else _plain(item) for item in value]
    return _plain_other(value)


def _plain_dict(value: dict[Any, Any]) -> dict[str, Any]:
    """Return a dict with plain values; the dict itself where nothing in it needs another form, which is the rule."""
    changed = {}
    for key, item in value.items():
        if type(key) is not str:
            return {_key(key): _plain(item) for key, item in value.items()}
        if type(item) not in _PLAIN and (plain := _plain(item)) is not item:
            changed[key] = plain
    return {**value, **changed} if changed else value


def _plain_float(value: float) -> Any:
    if (_SMALL < value < _LARGE or -_LARGE < value < -_SMALL) and value % 1:
        return value
    if value.is_integer() and -_WHOLE < value < _WHOLE:
        return int(value) if value or math.copysign(1.0, value) > 0 else msgspec.Raw(b"-0")
    if _SMALL < value < _LARGE or -_LARGE < value < -_SMALL:
        return value
    if not math.isfinite(value):
        raise JsonError(f"json: unsupported value: {'NaN' if math.isnan(value) else '+Inf' if value > 0 else '-Inf'}")
    return msgspec.Raw(format_float_json(value).encode())


def _plain_other(value: Any) -> Any:
    if isinstance(value, ExactNumber):
        return msgspec.Raw(value.digits.encode())
    if (plain := getattr(value, "__json__", None)) is not None:
        return _plain(plain())
    if isinstance(value, dict):
        return _plain(dict(value))
    if isinstance(value, (list, tuple)):
        return _plain(list(value))
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _plain_float(float(value))
    raise JsonError(f"json: unsupported type: {type(value).__name__}")


def _key(key: Any) -> str:
    if isinstance(key, str):
        return str(key)
    if isinstance(key, int) and not isinstance(key, bool):
        return str(key)
    raise JsonError(f"json: unsupported type: map key {type(key).__name__}")


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_surrogates(item) for item in value]
    return value


def _decode_exact(data: bytes) -> Any:
    text = data.decode("utf-8", "replace")
    try:
        return _clean(_exact.decode(text))
    except json.JSONDecodeError as error:
        raise JsonError(_go_message(text, error), error.pos) from None
    except RecursionError:
        raise JsonError("exceeded max depth") from None


def _go_message(text: str, error: json.JSONDecodeError) -> str:
    """Return Go's words for the commonest faults: users and chains of RuleGo know them."""
    rest = text[error.pos :].lstrip(" \t\r\n")
    if not rest or error.msg.startswith("Unterminated string"):
        return "unexpected end of JSON input"
    if error.msg == "Extra data":
        return f"invalid character {rest[0]!r} after top-level value"
    if error.msg == "Expecting value":
        return f"invalid character {rest[0]!r} looking for beginning of value"
    return f"{error.msg[0].lower()}{error.msg[1:]} at offset {error.pos}"


def _whole(digits: str) -> float:
    value = _fraction(digits)
    return ExactNumber(digits) if abs(value) >= _WHOLE and format_float_json(value) != digits else value


def _fraction(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise JsonError(f"number {digits} is out of range")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise JsonError(f"invalid character {name[0]!r} looking for beginning of value")


def _clean(value: Any) -> Any:
    """Return the value with lone surrogates replaced, as Go's decoder does."""
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value) if _LONE_SURROGATE.search(value) else value
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value


_exact = json.JSONDecoder(parse_int=_whole, parse_float=_fraction, parse_constant=_refuse_constant)
