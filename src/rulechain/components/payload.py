"""A message's payload as components need it: its JSON value, or why it has none, and JSON text in RuleGo's form."""

from math import isfinite
from typing import Any

import msgspec

from rulechain.model import DataType, Message
from rulechain.values import ExactNumber, JsonError, decode_json, encode_json, encode_text, to_json

_JSON = DataType.JSON.value
_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")
_LONG = b"0" * 16
# Whole numbers within are the same as floats.
_EXACT = 2**53


def json_value(message: Message) -> Any:
    """Return the payload's JSON value whatever the message's data type; do not change it, other branches may read it.

    Raises:
        JsonError: The payload is not JSON.
    """
    value = message.value
    # A text is either a JSON string, or what a payload that is not JSON reads as.
    return message.decode() if type(value) is str or message.data_type != _JSON else value


def json_object(message: Message) -> dict[str, Any]:
    """Return a JSON payload's members; null has none.

    Raises:
        JsonError: The payload is empty, not JSON, or no object.
    """
    if message.is_empty:
        raise JsonError("unexpected end of JSON input")
    value = json_value(message)
    if isinstance(value, dict):
        return value
    if value is None:
        return {}
    raise JsonError(f"json: cannot unmarshal {_kind(value)} into Go value of type map[string]interface {{}}")


def settle_as_read(members: dict[str, Any]) -> bool:
    """Make of an object what would be read from its JSON text; False where only writing that text can tell.

    The text stays the same either way.
    """
    for name, value in members.items():
        kind = type(value)
        if kind is str:
            if not value.isascii():
                return False
        elif kind is float:
            if not isfinite(value):
                return False
        elif kind is int:
            if not -_EXACT < value < _EXACT:
                return False
            members[name] = float(value)
        elif kind is not bool and value is not None:
            return False
    return True


def payload_bytes(data: str | bytes) -> bytes:
    """Return a payload as the bytes that leave the process."""
    return data if isinstance(data, bytes) else encode_text(data)


def payload_of(received: bytes) -> str | bytes:
    """Return bytes that came into the process as a payload: a text where they are UTF-8."""
    try:
        return received.decode()
    except UnicodeDecodeError:
        return received


def canonical_json(text: str, given: str | None = None) -> str:
    """Return JSON text that JavaScript wrote in RuleGo's form: keys sorted, long numbers with all their digits.

    Args:
        text: What JavaScript wrote.
        given: The JSON text the script was given, whose numbers may have more digits than JavaScript's have.
    """
    try:
        encoded = _write(_read(text))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        encoded = encode_json(decode_json(text))
    written = encoded.decode()
    if not encoded.isascii():
        written = written.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    if given is not None and _LONG in encoded.translate(_DIGITS_TO_ZERO):
        return restore_digits(given, written)
    return written


def restore_digits(given: str, written: str) -> str:
    """Return JSON text with the digits of numbers that passed through floats unchanged.

    A number that still is the float nearest to one of the payload's long numbers gets that number's digits again: the
    one in the same place, else the only one of that value.

    Args:
        given: The payload the text was made from.
        written: The text, whose numbers went through floats.
    """
    try:
        original = decode_json(given)
    except JsonError:
        return written
    by_value: dict[float, ExactNumber | None] = {}
    for number in _exact_numbers(original):
        same = by_value.setdefault(float(number), number)
        if same is None or same.digits != number.digits:
            by_value[float(number)] = None
    return to_json(_restored(decode_json(written), original, by_value)) if by_value else written


def _exact_numbers(value: Any) -> list[ExactNumber]:
    if isinstance(value, ExactNumber):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [number for item in value for number in _exact_numbers(item)] if isinstance(value, list) else []


def _restored(value: Any, original: Any, by_value: dict[float, ExactNumber | None]) -> Any:
    if isinstance(value, dict):
        members = original if isinstance(original, dict) else {}
        return {key: _restored(item, members.get(key), by_value) for key, item in value.items()}
    if isinstance(value, list):
        items = original if isinstance(original, list) else []
        padded = items + [None] * (len(value) - len(items))
        return [_restored(item, other, by_value) for item, other in zip(value, padded, strict=False)]
    if isinstance(value, float):
        if isinstance(original, ExactNumber) and original == value:
            return original
        return by_value.get(float(value)) or value
    return value


def _keep_digits(digits: str) -> msgspec.Raw:
    # JavaScript's forms are Go's, but for -0, which scripts write as "-0.0".
    return msgspec.Raw(b"-0" if digits == "-0.0" else digits.encode())


def _kind(value: Any) -> str:
    return {bool: "bool", list: "array", str: "string"}.get(type(value), "number")


_read = msgspec.json.Decoder(float_hook=_keep_digits).decode
_write = msgspec.json.Encoder(order="sorted").encode
