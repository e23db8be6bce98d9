"""Members, indexes and slices at run time. Texts are sequences of UTF-8 bytes here, as in Go."""

from functools import partial
from typing import Any, NoReturn

from rulechain.expr.faults import Fault
from rulechain.expr.foreign import foreign_function, function_for_member
from rulechain.expr.go import Byte, is_number, to_int, type_name
from rulechain.expr.methods import find_method
from rulechain.expr.operators import map_key


def member(base: Any, name: str) -> Any:
    """Return `base.name`; a key that a map lacks reads as nil, or as `""` in a map of texts."""
    if isinstance(base, dict):
        return base[name] if hasattr(type(base), "__missing__") else base.get(name)
    if base is None:
        raise Fault(f"cannot fetch {name} from <nil>", "guard it with ?. and ??, as in msg.a?.b ?? 0")
    if isinstance(base, (list, tuple, str, bytes)):
        raise Fault("invalid operation: int(string)", _no_member(base, name))
    method = find_method(base, name)
    if method is not None:
        return partial(method.call, base)
    raise Fault(f"cannot fetch {name} from {type_name(base)}", "only maps have members")


def _no_member(base: Any, name: str) -> str:
    instead = function_for_member(name)
    if isinstance(base, str):
        return f"a text has no members: {instead or 'functions stand in front, as in upper(text)'}"
    return f"a list has no members: {instead or f'index it, as in [0].{name}, or write map(list, .{name})'}"


def index(base: Any, key: Any) -> Any:
    """Return `base[key]`; a negative index counts from the end."""
    if isinstance(base, (list, tuple)):
        return base[_position(key, len(base))]
    if isinstance(base, dict):
        found = map_key(key, base)
        return base[found] if hasattr(type(base), "__missing__") else base.get(found)
    if isinstance(base, str) and base.isascii():
        return Byte(ord(base[_position(key, len(base))]))
    if isinstance(base, (str, bytes)):
        data = base.encode("utf-8", "surrogateescape") if isinstance(base, str) else base
        return Byte(data[_position(key, len(data))])
    if isinstance(key, str):
        return member(base, key)
    shown = _plain(key)
    raise Fault(f"cannot fetch {shown} from {type_name(base)}")


def _position(key: Any, length: int) -> int:
    position = to_int(key)
    if position < 0:
        position += length
    if 0 <= position < length:
        return position
    hint = "get(list, index) gives nil where there is no element"
    raise Fault(f"index out of range: {position} (array length is {length})", hint)


def _plain(key: Any) -> str:
    return "<nil>" if key is None else str(key) if is_number(key) or isinstance(key, str) else type_name(key)


def cut(base: Any, start: Any, end: Any) -> Any:
    """Return `base[start:end]`; the Ellipsis stands for a missing bound, and bounds outside are clamped."""
    if isinstance(base, str) and not base.isascii():
        data = base.encode("utf-8", "surrogateescape")
        part: bytes = cut(data, start, end)
        return part.decode("utf-8", "surrogateescape")
    if not isinstance(base, (list, tuple, bytes, str)):
        raise Fault(f"cannot slice {0 if start is ... else _plain(start)}")
    length = len(base)
    first = 0 if start is ... else _bound(start, length)
    last = length if end is ... else _bound(end, length)
    return base[first:last] if first < last else base[0:0]


def _bound(value: Any, length: int) -> int:
    position = to_int(value)
    return max(0, position + length) if position < 0 else min(position, length)


def call_member(base: Any, name: str, *arguments: Any) -> Any:
    """Return `base.name(arguments)`."""
    function = member(base, name)
    if function is None:
        raise Fault("invalid operation: cannot call nil", _no_function(name, function_for_member(name)))
    return call_value(function, *arguments)


def call_value(function: Any, *arguments: Any) -> Any:
    """Return the result of calling a value from the environment."""
    if function is None:
        raise Fault("invalid operation: cannot call nil")
    if not callable(function):
        raise Fault(f"invalid operation: cannot call non-function of type {type_name(function)}")
    return function(*arguments)


def _no_function(name: str, instead: str | None) -> str:
    return f'there is no function "{name}" here' + (f": {instead}" if instead else "")


def call_named(function: Any, name: str, *arguments: Any) -> Any:
    """Return the result of calling what the environment has under a name, if anything."""
    if function is None:
        raise Fault("invalid operation: cannot call nil", _no_function(name, foreign_function(name)))
    return call_value(function, *arguments)


def refuse_call(name: str, *arguments: Any) -> NoReturn:
    """Refuse a call with a number of arguments that the function never takes."""
    raise Fault(f"invalid number of arguments to call {name}: {len(arguments)}")
