"""The functions of a template: Go's built-in ones, and RuleGo's `escape`."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote_plus

from rulechain.gotemplate.errors import TemplateFault
from rulechain.gotemplate.format import Pattern, sprint, sprintf, sprintln
from rulechain.gotemplate.values import NO_VALUE, from_bytes, is_true, to_bytes, type_name

_HTML = str.maketrans({"\0": "\ufffd", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"})
_JS = {"\\": r"\\", "'": r"\'", '"': r"\""} | {character: f"\\u{ord(character):04X}" for character in "<>&="}
_JS_UNSAFE = re.compile(r"[\\'\"<>&=\x00-\x1f\x7f-\U0010ffff]")
_ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t"})
_INVALID = "invalid type for comparison"


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """A function, how many arguments it takes, and whether the first of them has to be a text.

    A function that is `lazy` gets functions that evaluate its arguments. `prepare` makes the function where its
    first argument is a text that stands in the template.
    """

    function: Callable[..., Any]
    minimum: int
    maximum: int | None = None
    takes_text: bool = False
    lazy: bool = False
    prepare: Callable[[str], Callable[..., Any]] | None = None

    def check(self, name: str, count: int) -> None:
        """Refuse a wrong number of arguments.

        Raises:
            TemplateFault: There are too few or too many.
        """
        if self.maximum is None and count < self.minimum:
            raise TemplateFault(f"wrong number of args for {name}: want at least {self.minimum} got {count}")
        if self.maximum is not None and not self.minimum <= count <= self.maximum:
            raise TemplateFault(f"wrong number of args for {name}: want {self.maximum} got {count}")

    def call(self, name: str, arguments: Sequence[Any]) -> Any:
        """Return the function's value; what it refuses is told in Go's words.

        Raises:
            TemplateFault: The arguments do not suit it.
        """
        if self.takes_text and not isinstance(arguments[0], str):
            first = arguments[0]
            found = "invalid value; expected string" if first is None else _wrong_type(first)
            raise TemplateFault(found)
        try:
            return self.function(*arguments)
        except TemplateFault as fault:
            raise TemplateFault(f"error calling {name}: {fault}") from None


def _prepared_pattern(text: str) -> Callable[..., str]:
    fill = Pattern(text).fill
    return lambda _, *values: fill(values)


def _wrong_type(value: Any) -> str:
    return f"wrong type for value; expected string; got {type_name(value)}"


def _and(*arguments: Callable[[], Any]) -> Any:
    return _first(arguments, stops_at=False)


def _or(*arguments: Callable[[], Any]) -> Any:
    return _first(arguments, stops_at=True)


def _first(arguments: Sequence[Callable[[], Any]], *, stops_at: bool) -> Any:
    """Return the first value of that truth, the last one when there is none; those behind it are not evaluated."""
    value = None
    for argument in arguments:
        value = argument()
        if is_true(value) is stops_at:
            break
    return value


def _kind(value: Any) -> str:
    """Return what a value is to comparisons; "" for what has no order."""
    for kind, name in ((bool, "bool"), (int, "int"), (float, "float"), (str, "string")):
        if isinstance(value, kind):
            return name
    return ""


def _equal(left: Any, *others: Any) -> bool:
    """Tell whether a value equals one of the others; values of different types are a mistake, nil excepted."""
    if not others:
        raise TemplateFault("missing argument for comparison")
    return any(_same(left, right) for right in others)


def _same(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return left is right
    kind = _kind(left)
    if kind != _kind(right):
        raise TemplateFault(_incompatible(left, right))
    if not kind:
        raise TemplateFault(f"non-comparable type {sprint([left])}: {type_name(left)}")
    return bool(left == right)


def _incompatible(left: Any, right: Any) -> str:
    return f"incompatible types for comparison: {type_name(left)} and {type_name(right)}"


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def call(left: Any, right: Any) -> bool:
        kinds = _kind(left), _kind(right)
        if "" in kinds:
            raise TemplateFault(_INVALID)
        if kinds[0] != kinds[1]:
            raise TemplateFault(_incompatible(left, right))
        if kinds[0] == "bool":
            raise TemplateFault(_INVALID)
        return compare(left, right)

    return call


def _call(function: Any = None, *_: Any) -> Any:
    if function is None:
        raise TemplateFault("call of nil")
    raise TemplateFault(f"non-function {sprint([function])} of type {type_name(function)}")


def _length(value: Any) -> int:
    if value is None:
        raise TemplateFault("len of nil pointer")
    if isinstance(value, str):
        return len(to_bytes(value))
    if isinstance(value, (list, tuple, dict, bytes)):
        return len(value)
    raise TemplateFault(f"len of type {type_name(value)}")


def _index(value: Any, *keys: Any) -> Any:
    if value is None:
        raise TemplateFault("index of untyped nil")
    for key in keys:
        value = _item(value, key)
    return value


def _item(value: Any, key: Any) -> Any:
    if value is None:
        raise TemplateFault("index of nil pointer")
    if isinstance(value, dict):
        if not isinstance(key, str):
            found = "value is nil; should be of type string" if key is None else f"value has type {type_name(key)}"
            raise TemplateFault(found if key is None else f"{found}; should be string")
        return value[key] if hasattr(type(value), "__missing__") else value.get(key)
    items: Any = to_bytes(value) if isinstance(value, str) else value
    if not isinstance(items, (list, tuple, bytes)):
        raise TemplateFault(f"can't index item of type {type_name(value)}")
    position = _position(key, len(items) - 1)
    return items[position]


def _position(key: Any, largest: int) -> int:
    if key is None:
        raise TemplateFault("cannot index slice/array with nil")
    if not isinstance(key, int) or isinstance(key, bool):
        raise TemplateFault(f"cannot index slice/array with type {type_name(key)}")
    if not 0 <= key <= largest:
        raise TemplateFault(f"index out of range: {key}")
    return key


def _slice(value: Any, *bounds: Any) -> Any:
    if value is None:
        raise TemplateFault("slice of untyped nil")
    if len(bounds) > 3:
        raise TemplateFault(f"too many slice indexes: {len(bounds)}")
    if isinstance(value, str) and len(bounds) == 3:
        raise TemplateFault("cannot 3-index slice a string")
    items: Any = to_bytes(value) if isinstance(value, str) else value
    if not isinstance(items, (list, tuple, bytes)):
        raise TemplateFault(f"can't slice item of type {type_name(value)}")
    found = [_position(bound, len(items)) for bound in bounds]
    start = found[0] if found else 0
    end = found[1] if len(found) > 1 else len(items)
    if start > end:
        raise TemplateFault(f"invalid slice index: {start} > {end}")
    part: Any = items[start:end]
    return from_bytes(part) if isinstance(value, str) else part


def _text_of(values: Sequence[Any]) -> str:
    """Return the arguments of a function that escapes as one text."""
    return sprint([NO_VALUE if value is None else value for value in values])


def _js(*values: Any) -> str:
    return _JS_UNSAFE.sub(_js_escape, _text_of(values))


def _js_escape(match: re.Match[str]) -> str:
    character = match[0]
    known = _JS.get(character)
    if known is not None:
        return known
    if character >= "\x7f" and character.isprintable():
        return character
    return f"\\u{ord(character):04X}"


FUNCTIONS: Mapping[str, FunctionSpec] = MappingProxyType(
    {
        "and": FunctionSpec(_and, 1, lazy=True),
        "or": FunctionSpec(_or, 1, lazy=True),
        "not": FunctionSpec(lambda value: not is_true(value), 1, 1),
        "eq": FunctionSpec(_equal, 1),
        "ne": FunctionSpec(lambda left, right: not _equal(left, right), 2, 2),
        "lt": FunctionSpec(_ordered(operator.lt), 2, 2),
        "le": FunctionSpec(_ordered(operator.le), 2, 2),
        "gt": FunctionSpec(_ordered(operator.gt), 2, 2),
        "ge": FunctionSpec(_ordered(operator.ge), 2, 2),
        "call": FunctionSpec(_call, 1),
        "html": FunctionSpec(lambda *values: _text_of(values).translate(_HTML), 0),
        "index": FunctionSpec(_index, 1),
        "js": FunctionSpec(_js, 0),
        "len": FunctionSpec(_length, 1, 1),
        "print": FunctionSpec(lambda *values: sprint(values), 0),
        "printf": FunctionSpec(
            lambda pattern, *values: sprintf(pattern, values), 1, takes_text=True, prepare=_prepared_pattern
        ),
        "println": FunctionSpec(lambda *values: sprintln(values), 0),
        "slice": FunctionSpec(_slice, 1),
        "urlquery": FunctionSpec(lambda *values: quote_plus(to_bytes(_text_of(values)), safe=""), 0),
        "escape": FunctionSpec(lambda text: text.translate(_ESCAPED), 1, 1, takes_text=True),
    }
)
