"""A second, naive evaluator of expressions: it walks the tree and knows nothing of generated code.

It is the oracle of the property tests. It covers what their strategies generate and refuses everything else.
"""

import math
from collections.abc import Mapping
from typing import Any

from rulechain.expr.nodes import Node
from rulechain.values import StringMap


class Failed(Exception):  # noqa: N818 - an outcome, not a fault of the evaluator
    """The expression cannot work on these values."""


class _Cut(Exception):  # noqa: N818 - steers the walk
    """An optional chain found nil."""


_UNREADABLE = object()


def evaluate(node: Node, env: Mapping[str, Any]) -> Any:
    """Return the value of a tree, or raise Failed."""
    return _Walker(dict(env)).walk(node)


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class _Walker:
    def __init__(self, env, element=None, position=None, accumulated=None):
        self.env = env
        self.pointers = {"": element, "index": position, "acc": accumulated}

    def walk(self, node):
        return getattr(self, f"walk_{type(node).__name__.lower()}")(node)

    def walk_nil(self, _):
        return None

    def walk_boolean(self, node):
        return node.value

    walk_integer = walk_float = walk_text = walk_boolean

    def walk_name(self, node):
        return self.env.get(node.name)

    def walk_pointer(self, node):
        value = self.pointers[node.name]
        if value is _UNREADABLE:
            raise Failed("an element of a map")
        return value

    def truth(self, node):
        value = self.walk(node)
        if not isinstance(value, bool):
            raise Failed("not a bool")
        return value

    def walk_unary(self, node):
        if node.operator == "!":
            return not self.truth(node.operand)
        value = self.walk(node.operand)
        if node.operator == "+":
            return value
        if not _is_number(value):
            raise Failed("minus")
        return _int64(-value) if isinstance(value, int) else -value

    def walk_logical(self, node):
        stop = node.operator == "||"
        for operand in node.operands[:-1]:
            if self.truth(operand) is stop:
                return stop
        return self.walk(node.operands[-1])

    def walk_conditional(self, node):
        return self.walk(node.then if self.truth(node.condition) else node.otherwise)

    def walk_binary(self, node):
        left = self.walk(node.left)
        if node.operator == "??":
            return self.walk(node.right) if left is None else left
        return _binary(node.operator, left, self.walk(node.right))

    def walk_member(self, node):
        base = self.walk(node.base)
        if node.optional and base is None:
            raise _Cut
        return _fetch(base, node.name)

    def walk_index(self, node):
        base = self.walk(node.base)
        if node.optional and base is None:
            raise _Cut
        return _fetch(base, self.walk(node.key))

    def walk_chain(self, node):
        try:
            return self.walk(node.body)
        except _Cut:
            return None

    def walk_slice(self, node):
        base = self.walk(node.base)
        bounds = [None if bound is None else _to_int(self.walk(bound)) for bound in (node.start, node.end)]
        if isinstance(base, str):
            return base.encode()[slice(*bounds)].decode("utf-8", "surrogateescape")
        if not isinstance(base, list):
            raise Failed("slice")
        return base[slice(*bounds)]

    def walk_array(self, node):
        return [self.walk(item) for item in node.items]

    def walk_map(self, node):
        return {self.walk(pair.key): self.walk(pair.value) for pair in node.pairs}

    def walk_let(self, node):
        value = self.walk(node.value)
        inner = _Walker({**self.env, node.name: value})
        inner.pointers = self.pointers
        return inner.walk(node.body)

    def walk_sequence(self, node):
        return [self.walk(item) for item in node.items][-1]

    def walk_predicate(self, node):
        collection = self.walk(node.collection)
        if isinstance(collection, dict):
            # A map has a size, though no elements: predicates run as long as they do not look.
            collection = [_UNREADABLE] * len(collection)
        elif isinstance(collection, str):
            collection = list(collection.encode())
        elif not isinstance(collection, list):
            raise Failed("not a list")

        def of(element, position=None):
            return _Walker(self.env, element, position).walk(node.body)

        def holds(element):
            return _Walker(self.env, element).truth(node.body)

        if node.name == "map":
            return [of(element, position) for position, element in enumerate(collection)]
        if node.name == "filter":
            kept = [element for element in collection if holds(element)]
            if _UNREADABLE in kept:
                raise Failed("an element of a map")
            return kept
        if node.name == "count":
            return len([element for element in collection if holds(element)])
        if node.name in {"all", "any"}:
            # Not the built-ins' generators: a Failed inside must come from the same element.
            for element in collection:
                if holds(element) is (node.name == "any"):
                    return node.name == "any"
            return node.name == "all"
        raise NotImplementedError(node.name)


def _binary(operator, left, right):
    if operator in {"==", "!="}:
        return _equal(left, right) is (operator == "==")
    if operator in {"<", "<=", ">", ">="}:
        numbers = _is_number(left) and _is_number(right)
        if not numbers and not (isinstance(left, str) and isinstance(right, str)):
            raise Failed(operator)
        return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]
    if operator == "in":
        if right is None:
            return False
        if isinstance(right, dict):
            if left is not None and not isinstance(left, str):
                raise Failed("in")
            return (left or "") in right
        if not isinstance(right, list):
            raise Failed("in")
        return any(_equal(left, item) for item in right)
    if operator in {"contains", "startsWith", "endsWith"}:
        if left is None or right is None:
            return False
        if not isinstance(left, str) or not isinstance(right, str):
            raise Failed(operator)
        tests = {"contains": right in left, "startsWith": left.startswith(right), "endsWith": left.endswith(right)}
        return tests[operator]
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        return left + right
    return _arithmetic(operator, left, right)


def _arithmetic(operator, left, right):
    if not _is_number(left) or not _is_number(right):
        raise Failed(operator)
    integers = isinstance(left, int) and isinstance(right, int)
    if operator == "%":
        if not integers or right == 0:
            raise Failed("%")
        return int(math.fmod(left, right)) if abs(left) < 2**50 and abs(right) < 2**50 else _rest(left, right)
    if operator == "/":
        left, right = float(left), float(right)
        if right == 0:
            return (
                math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)
            )
        return left / right
    if not integers:
        left, right = float(left), float(right)
    result = {"+": lambda: left + right, "-": lambda: left - right, "*": lambda: left * right}[operator]()
    return _int64(result) if integers else result


def _rest(left, right):
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def _int64(number):
    return (number + 2**63) % 2**64 - 2**63


def _equal(left, right):
    if isinstance(left, bool) or isinstance(right, bool) or left is None or right is None:
        return left is right
    if _is_number(left) and _is_number(right):
        return left == right if type(left) is type(right) else float(left) == float(right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return _same(left, right)
    return type(left) is type(right) and left == right


def _same(left, right):
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return left == right


def _to_int(value):
    if not _is_number(value):
        raise Failed("int")
    return int(value)


def _fetch(base, key):
    if isinstance(base, dict):
        if key is not None and not isinstance(key, str):
            raise Failed("key")
        missing = "" if isinstance(base, StringMap) else None
        return base.get(key or "", missing)
    if isinstance(base, list):
        position = _to_int(key)
        position += len(base) if position < 0 else 0
        if not 0 <= position < len(base):
            raise Failed("range")
        return base[position]
    if isinstance(base, str):
        return _fetch(list(base.encode()), key)
    raise Failed("fetch")
