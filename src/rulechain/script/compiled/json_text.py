"""JSON in and out of scripts: what `JSON.parse` and `JSON.stringify` do, and how results are written."""

import math
from collections.abc import Iterable
from typing import Any

import msgspec

from rulechain.script.compiled.errors import Bail
from rulechain.script.compiled.members import in_order
from rulechain.script.compiled.texts import LONGEST
from rulechain.script.compiled.values import UNDEFINED, number_text
from rulechain.values import JsonError, decode_json

# Deeper values are left to QuickJS, whose stack decides what is too deep; so are larger ones, for its limits. An item
# counts as this many characters, and texts count from this length on.
_DEPTH = 30
_LARGEST = LONGEST
_ITEM = 16
_SHORT = 200
_LONGEST_PARSED = LONGEST // 4
# The span in which every encoder writes floats with JavaScript's digits, and that of whole numbers.
_SMALL, _LARGE = 1e-4, 1e15
# Below, floats hold every whole number.
_EXACT = 2.0**53
_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")
_LONG = b"0" * 16
_FINISHED = frozenset([bool, type(None)])
_encode = msgspec.json.Encoder().encode
_encode_sorted = msgspec.json.Encoder(order="sorted").encode


def parse(value: Any) -> Any:
    """Do `JSON.parse(value)`."""
    if type(value) is not str or len(value) > _LONGEST_PARSED or "\\u" in value:
        raise Bail
    if _LONG in value.encode().translate(_DIGITS_TO_ZERO, b"."):
        raise Bail
    try:
        return decode_json(value)
    except JsonError:
        raise Bail from None


def stringify(value: Any) -> Any:
    """Do `JSON.stringify(value)`."""
    if value is UNDEFINED:
        return UNDEFINED
    return _encode(_stringified(value, _DEPTH, [_LARGEST])).decode()


def write_sorted(value: dict[str, Any] | list[Any]) -> str:
    """Return an object or a list as messages hold it: keys sorted, `undefined` as null."""
    written = _encode_sorted(_written(value, _DEPTH, [_LARGEST]))
    if written.isascii():
        return written.decode()
    return written.decode().replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def as_read_back(value: dict[str, Any]) -> dict[str, Any] | None:
    """Return an object as it is read from what `write_sorted` makes of it, None where only writing it can tell."""
    names = sorted(value)
    if len(names) * _ITEM > _LARGEST or not "".join(names).isascii():
        return None
    read = {}
    for name in names:
        read[name] = item = value[name]
        # What `_is_read_back` says, without the call.
        kind = type(item)
        if kind is str:
            if len(item) >= _SHORT or not item.isascii():
                return None
        elif kind is float:
            if not -_EXACT < item < _EXACT:
                return None
        elif kind not in _FINISHED:
            return None
    return read


def with_members_set(value: dict[str, Any], names: Iterable[str]) -> dict[str, Any] | None:
    """Return what `as_read_back` does of an object that was read and had only these members, of ASCII, set since."""
    for name in names:
        if name in value and not _is_read_back(value[name]):
            return None
    read = {}
    for name in sorted(value):
        read[name] = value[name]
    return read


def _is_read_back(item: Any) -> bool:
    kind = type(item)
    if kind is str:
        return len(item) < _SHORT and item.isascii()
    return -_EXACT < item < _EXACT if kind is float else kind in _FINISHED


def _written(value: Any, depth: int, left: list[int]) -> Any:
    """Return a value with its numbers as the encoder has to get them."""
    kind = type(value)
    if kind is float:
        return _written_number(value)
    if kind in _FINISHED:
        return value
    if value is UNDEFINED:
        return None
    _count(value, depth, left)
    if kind is str:
        return value
    if kind is list:
        return [_written(item, depth - 1, left) for item in value]
    members = dict(value)
    for key, item in value.items():
        if type(item) is float:
            # What `_written_number` says of most numbers, without the call.
            if not _SMALL < item < _LARGE:
                members[key] = _written_number(item)
            elif not item % 1:
                members[key] = int(item)
        elif type(item) is not str or len(item) >= _SHORT:
            members[key] = _written(item, depth - 1, left)
    return members


def _count(value: Any, depth: int, left: list[int]) -> None:
    """Take a text, a list or an object from what is left."""
    if type(value) is str:
        left[0] -= len(value)
    elif isinstance(value, (dict, list)) and depth:
        left[0] -= len(value) * _ITEM
    else:
        raise Bail
    if left[0] < 0:
        raise Bail


def _written_number(value: float) -> Any:
    """Return a number for the encoder; a larger one may be the payload's, where it has more digits than floats have."""
    if abs(value) >= _EXACT:
        raise Bail
    return _number(value)


def _number(value: float) -> Any:
    if -_LARGE < value < _LARGE:
        whole = int(value)
        if whole == value:
            return whole if whole or math.copysign(1.0, value) > 0 else msgspec.Raw(b"-0")
        if value > _SMALL or value < -_SMALL:
            return value
    if not math.isfinite(value):
        raise Bail
    return msgspec.Raw(number_text(value).encode())


def _stringified(value: Any, depth: int, left: list[int]) -> Any:
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return _number(float(value)) if value else 0
    if type(value) in _FINISHED:
        return value
    _count(value, depth, left)
    if type(value) is str:
        return value
    if type(value) is list:
        return [None if item is UNDEFINED else _stringified(item, depth - 1, left) for item in value]
    members = in_order(value).items()
    return {key: _stringified(item, depth - 1, left) for key, item in members if item is not UNDEFINED}
