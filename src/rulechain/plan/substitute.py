"""Placeholders of a configuration that are replaced by text when its node is compiled (RuleGo's first stage).

`${global.x}`, `${vars.x}`, `${secrets.x}` and `${ruleChain.x}` are known then.
Any other `${…}` stays for run time, and so does a known root with an unknown key, which is reported.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from rulechain.values import to_text

_PLACEHOLDER = re.compile(r"\$\{ *([^}]+) *\}")
_MISSING: Any = object()


class Undefined(NamedTuple):
    """A placeholder of the first stage that names nothing: `${vars.typo}`, its place, and the names there are."""

    key: str
    path: tuple[str | int, ...]
    span: tuple[int, int]
    known: tuple[str, ...]


class Substituted(NamedTuple):
    """A configuration with its placeholders filled in, where that changed a text, and what was undefined."""

    value: Any
    changed: frozenset[tuple[str | int, ...]]
    undefined: tuple[Undefined, ...]


def substitute(value: Any, roots: Mapping[str, Any]) -> Substituted:
    """Fill in the placeholders of every text inside a JSON value; object keys are left alone."""
    changed: set[tuple[str | int, ...]] = set()
    undefined: list[Undefined] = []

    def walk(item: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(item, str):
            return fill(item, path) if "${" in item else item
        if isinstance(item, Mapping):
            return {key: walk(inner, (*path, key)) for key, inner in item.items()}
        if isinstance(item, (list, tuple)):
            return [walk(inner, (*path, index)) for index, inner in enumerate(item)]
        return item

    def fill(text: str, path: tuple[str | int, ...]) -> str:
        def replacement(match: re.Match[str]) -> str:
            key = match[1].strip()
            root = key.partition(".")[0]
            found = look_up(roots, key)
            if found is _MISSING:
                if root in roots and root != "ruleChain" and "." in key:
                    undefined.append(Undefined(key, path, match.span(), tuple(sorted(roots[root]))))
                return match[0]
            return to_text(found)

        filled = _PLACEHOLDER.sub(replacement, text)
        if filled != text:
            changed.add(path)
        return filled

    return Substituted(walk(value, ()), frozenset(changed), tuple(undefined))


def look_up(roots: Mapping[str, Any], key: str) -> Any:
    """Follow a dotted key; where a map of texts lacks a segment, the whole rest is tried as one key, as RuleGo does."""
    value: Any = roots
    rest = key
    while isinstance(value, Mapping):
        name, _, tail = rest.partition(".")
        if name in value:
            value, rest = value[name], tail
            if not tail:
                return _MISSING if value is None else value
        elif rest in value:
            return value[rest]
        else:
            return _MISSING
    return _MISSING
