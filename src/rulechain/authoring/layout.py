"""The one way to lay out a document: keys in RuleGo's order, two spaces, and on one line whatever fits there.

Works on the text, not on its values: numbers, escapes and keys written twice stay as they are, so nothing can be lost.
Nodes and connections keep their order, because it has a meaning.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rulechain.loader.decode import FREE_KEYS

WIDTH: Final = 100
_INDENT = "  "
_OPEN_OBJECT = "{"
_OPEN_LIST = "["
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},:]|[^\s\[\]{},:"]+')

# Keys of every kind of object in the order they are read best; a document has no two kinds that contradict it.
_ORDER = (
    *("$schema", "ruleChain", "metadata"),
    *("id", "fromId", "toId", "type", "label", "name", "debugMode", "root", "disabled", "path", "wait"),
    *("configuration", "params", "processors", "from", "to", "routers"),
    *("firstNodeIndex", "endpoints", "nodes", "connections", "ruleChainConnections"),
    "additionalInfo",
)
_RANK: Final = {key.casefold(): rank for rank, key in enumerate(_ORDER)}
_FREE: Final = frozenset(key.casefold() for key in FREE_KEYS)
# What these keys hold never shares a line, so that a change of one entry is a change of one line.
_SPREAD: Final = frozenset(
    key.casefold() for key in ("ruleChain", "metadata", "nodes", "connections", "ruleChainConnections", "routers")
)


@dataclass(frozen=True, slots=True)
class _Object:
    """An object's keys, as written, with their values."""

    members: list[tuple[str, "_Value"]]


# A text, number or word as written, a list, or an object.
_Value = str | list["_Value"] | _Object


def format_document(text: str, *, keep_order: bool = False) -> str:
    """Return a JSON document laid out anew, ending with a line break; formatting that again changes nothing.

    Args:
        text: JSON, as `rulechain.loader.read` finds it.
        keep_order: Leave the keys in their order, as is right for documents that are not RuleGo's.
    """
    tree = _parse(iter(_TOKEN.findall(text)))
    return "\n".join(_lines(tree if keep_order else _in_order(tree), "", "", spread=True)) + "\n"


def _parse(tokens: Iterator[str]) -> _Value:
    first = next(tokens)
    if first == _OPEN_OBJECT:
        members: list[tuple[str, _Value]] = []
        while (key := next(tokens)) != "}":
            if key != ",":
                next(tokens)
                members.append((key, _parse(tokens)))
        return _Object(members)
    if first == _OPEN_LIST:
        items: list[_Value] = []
        while (item := _parse(tokens)) != "]":
            if item != ",":
                items.append(item)
        return items
    return first


def _in_order(value: _Value) -> _Value:
    """Return a value with the keys of its objects in RuleGo's order; what belongs to components keeps its own."""
    if isinstance(value, _Object):
        ranked = sorted(value.members, key=lambda member: _RANK.get(_plain(member[0]), len(_RANK)))
        return _Object([(key, item if _plain(key) in _FREE else _in_order(item)) for key, item in ranked])
    return [_in_order(item) for item in value] if isinstance(value, list) else value


def _lines(value: _Value, indent: str, head: str, *, spread: bool = False) -> Iterator[str]:
    """Yield the lines of a value; `head` is the key before it, `spread` keeps it from sharing a line."""
    line = f"{indent}{head}{_one_line(value)}"
    entries = _entries(value)
    if not entries or (not spread and len(line) < WIDTH):
        yield line
        return
    opening, closing = "{}" if isinstance(value, _Object) else "[]"
    yield f"{indent}{head}{opening}"
    for number, (key, item) in enumerate(entries, 1):
        inner_head = f"{key}: " if key else ""
        *before, last = _lines(item, indent + _INDENT, inner_head, spread=_plain(key) in _SPREAD)
        yield from before
        yield last if number == len(entries) else f"{last},"
    yield f"{indent}{closing}"


def _entries(value: _Value) -> list[tuple[str, _Value]]:
    """Return what stands between a value's brackets, with its keys; `""` where there are none."""
    if isinstance(value, str):
        return []
    return value.members if isinstance(value, _Object) else [("", item) for item in value]


def _one_line(value: _Value) -> str:
    if isinstance(value, _Object):
        return "{" + ", ".join(f"{key}: {_one_line(item)}" for key, item in value.members) + "}"
    return f"[{', '.join(map(_one_line, value))}]" if isinstance(value, list) else value


def _plain(key: str) -> str:
    """Return a key as RuleGo matches it: unescaped and without regard to case."""
    return str(json.loads(key)).casefold() if key else ""
