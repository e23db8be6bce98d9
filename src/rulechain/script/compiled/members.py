"""Reading and writing members of objects, lists and texts."""

from typing import Any, NoReturn

from rulechain.script.compiled.errors import Bail
from rulechain.script.compiled.texts import MANY
from rulechain.script.compiled.values import UNDEFINED, number_text, text

# What every object inherits. Scripts that name one of these are not compiled.
INHERITED = frozenset(
    [
        *["__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__", "__proto__", "constructor"],
        *["hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf"],
    ]
)

# Names that begin with a digit come before this one.
_BEHIND_DIGITS = ":"


def member(base: Any, name: str) -> Any:
    """Return `base.name` for a name that objects do not inherit."""
    if isinstance(base, dict):
        return base.get(name, UNDEFINED)
    if name == "length" and (type(base) is str or type(base) is list):
        return float(len(base))
    raise Bail


def item(base: Any, key: Any) -> Any:
    """Return `base[key]`."""
    kind = type(base)
    if kind is list or kind is str:
        if type(key) is float:
            return _element(base, key)
        return member(base, text(key))
    name = property_name(key)
    if isinstance(base, dict) and name in base:
        return base[name]
    if name in INHERITED:
        raise Bail
    return member(base, name)


def _element(base: list[Any] | str, index: float) -> Any:
    if 0 <= index < len(base) and index.is_integer():
        return base[int(index)]
    return UNDEFINED


def set_item(base: Any, key: Any, value: Any) -> None:
    """Do `base[key] = value`."""
    if type(base) is dict:
        name = property_name(key)
        if name in INHERITED:
            raise Bail
        base[name] = value
    elif type(base) is list and type(key) is float and 0 <= key <= len(base) and key.is_integer():
        if key == len(base):
            base.append(value)
        else:
            base[int(key)] = value
    else:
        raise Bail


def delete_item(base: Any, key: Any) -> None:
    """Do `delete base[key]`."""
    if type(base) is not dict:
        raise Bail
    base.pop(property_name(key), None)


def property_name(key: Any) -> str:
    """Return the name that a key stands for."""
    if type(key) is str:
        return key
    return number_text(key) if type(key) is float else text(key)


def own_name(key: Any) -> str:
    """Return the name of a computed member of an object literal."""
    name = property_name(key)
    if name == "__proto__":
        raise Bail
    return name


def has(key: Any, base: Any) -> bool:
    """Return `key in base`."""
    if not isinstance(base, dict):
        raise Bail
    name = property_name(key)
    return name in base or name in INHERITED


def members(value: Any) -> dict[str, Any]:
    """Return what `...value` adds to an object."""
    if isinstance(value, dict) and len(value) <= MANY:
        return value
    if value is None or value is UNDEFINED:
        return {}
    raise Bail


def items(value: Any) -> list[Any]:
    """Return what `...value` adds to a list or a call."""
    if type(value) is not list or len(value) > MANY:
        raise Bail
    return value


def in_order(value: Any) -> dict[str, Any]:
    """Return an object whose members stand in JavaScript's order: names that are indexes would come first."""
    if not isinstance(value, dict):
        raise Bail
    for name in value:
        if name < _BEHIND_DIGITS and name >= "0":
            raise Bail
    return value


def refuse() -> NoReturn:
    """Leave the call to QuickJS."""
    raise Bail
