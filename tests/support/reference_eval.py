"""A second, naive evaluator of expressions: it walks the tree and knows nothing of generated code.

It is the oracle of the property tests. It covers what their strategies generate and refuses everything else.
"""

import math
from collections.abc import Mapping
from typing import Any

from rulechain.expr.any_map import AnyMap, Groups
from rulechain.expr.faults import Fault
from rulechain.expr.functions import builtin_registry
from rulechain.expr.go import Byte, NilList
from rulechain.expr.go_power import go_power
from rulechain.expr.nodes import Node
from rulechain.values import StringMap


class Failed(Exception):  # noqa: N818 - an outcome, not a fault of the evaluator
    """The expression cannot work on these values."""


class _Cut(Exception):  # noqa: N818 - steers the walk
    """An optional chain found nil."""


_UNREADABLE = object()
# Longer ranges are for the limits of the product, which this evaluator does not have.
_LONG_RANGE = 10_000


def evaluate(node: Node, env: Mapping[str, Any]) -> Any:
    """Return the value of a tree, or raise Failed."""
    try:
        return _Walker({**env, "$env": env}).walk(node)
    except Fault as fault:
        raise Failed(fault.message) from None


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

    walk_integer = walk_float = walk_text = walk_bytes = walk_boolean

    def walk_name(self, node):
        return self.env.get(node.name)

    def walk_methodcall(self, node):
        raise NotImplementedError

    def walk_pointer(self, node):
        value = self.pointers.get(node.name)
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
        if isinstance(value, Byte):
            return Byte(-value % 256)
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
            return self.walk(node.right) if _is_nil(left) else left
        return _binary(node.operator, left, self.walk(node.right))

    def walk_member(self, node):
        base = self.walk(node.base)
        if node.optional and _is_nil(base):
            raise _Cut
        return _fetch(base, node.name)

    def walk_index(self, node):
        base = self.walk(node.base)
        if node.optional and _is_nil(base):
            raise _Cut
        return _fetch(base, self.walk(node.key))

    def walk_chain(self, node):
        try:
            value = self.walk(node.body)
        except _Cut:
            return None
        return None if _is_nil(value) else value

    def walk_slice(self, node):
        base = self.walk(node.base)
        bounds = [None if bound is None else _to_int(self.walk(bound)) for bound in (node.start, node.end)]
        if isinstance(base, str):
            return base.encode("utf-8", "surrogateescape")[slice(*bounds)].decode("utf-8", "surrogateescape")
        if not isinstance(base, (list, bytes)):
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

    def walk_call(self, node):
        arguments = [self.walk(argument) for argument in node.arguments]
        spec = builtin_registry().get(node.name)
        if spec is None or not spec.least <= len(arguments) <= (spec.most or len(arguments)):
            raise Failed("nothing that can be called like this")
        return spec.call(*arguments, *([[0, 0, 0]] if spec.budgeted else []))

    def walk_predicate(self, node):
        return getattr(self, f"over_{node.name.lower()}")(node, _elements(self.walk(node.collection)))

    def of(self, node, element, position=None, accumulated=None):
        """Return the value of a predicate's body for one element."""
        return _Walker(self.env, element, position, accumulated).walk(node.body)

    def holds(self, node, element):
        """Tell whether a predicate holds for one element; without a body the element itself must say so."""
        if node.body is None:
            if not isinstance(element, bool):
                raise Failed("not a bool")
            return element
        return _Walker(self.env, element).truth(node.body)

    def over_all(self, node, elements):
        return all(self.holds(node, element) for element in elements)

    def over_any(self, node, elements):
        return any(self.holds(node, element) for element in elements)

    def over_none(self, node, elements):
        return not self.over_any(node, elements)

    def over_one(self, node, elements):
        return self.over_count(node, elements) == 1

    def over_count(self, node, elements):
        return len([element for element in elements if self.holds(node, element)])

    def over_filter(self, node, elements):
        return [_readable(element) for element in elements if self.holds(node, element)]

    def over_map(self, node, elements):
        return [self.of(node, element, position) for position, element in enumerate(elements)]

    def over_find(self, node, elements):
        for element in elements:
            if self.holds(node, element):
                return _readable(element)
        return None

    def over_findlast(self, node, elements):
        return self.over_find(node, elements[::-1])

    def over_findindex(self, node, elements):
        for position, element in enumerate(elements):
            if self.holds(node, element):
                return position
        return None

    def over_findlastindex(self, node, elements):
        position = self.over_findindex(node, elements[::-1])
        return None if position is None else len(elements) - 1 - position

    def over_sum(self, node, elements):
        total = 0
        for element in elements:
            value = _readable(element) if node.body is None else self.of(node, element)
            total = _binary("+", value, total)
        return total

    def over_groupby(self, node, elements):
        groups = Groups()
        for element in map(_readable, elements):
            key = self.of(node, element)
            if isinstance(key, (list, dict)):
                raise Failed("unhashable")
            groups[key] = [*groups[key], element]
        return groups

    def over_sortby(self, node, elements):
        order = "asc" if node.extra is None else self.walk(node.extra)
        if order not in ("asc", "desc"):
            raise Failed("order")
        pairs = [(self.of(node, element), element) for element in map(_readable, elements)]
        if len({isinstance(key, str) for key, _ in pairs}) > 1 or any(
            not _is_number(key) and not isinstance(key, str) for key, _ in pairs[: len(pairs) if len(pairs) > 1 else 0]
        ):
            raise Failed("keys that have no order")
        # Insertion, each behind those that are not greater: the plainest stable order there is.
        done = []
        for key, element in pairs:
            place = len(done)
            while place and _before(key, done[place - 1][0], order):
                place -= 1
            done.insert(place, (key, element))
        return [element for _, element in done]

    def over_reduce(self, node, elements):
        start = 0
        if node.extra is not None:
            accumulated = self.walk(node.extra)
        elif elements:
            accumulated, start = _readable(elements[0]), 1
        else:
            raise Failed("nothing to begin with")
        for position in range(start, len(elements)):
            accumulated = self.of(node, elements[position], position, accumulated)
        return accumulated


def _elements(collection):
    if isinstance(collection, dict):
        # A map has a size, though no elements: predicates run as long as they do not look.
        return [_UNREADABLE] * len(collection)
    if isinstance(collection, bytes):
        return [Byte(byte) for byte in collection]
    if isinstance(collection, str):
        return [Byte(byte) for byte in collection.encode("utf-8", "surrogateescape")]
    if not isinstance(collection, list):
        raise Failed("not a list")
    return collection


def _readable(element):
    if element is _UNREADABLE:
        raise Failed("an element of a map")
    return element


def _before(key, other, order):
    return key < other if order == "asc" else key > other


def _binary(operator, left, right):
    if operator == "**":
        if not _is_number(left) or not _is_number(right):
            raise Failed("**")
        return go_power(float(left), float(right))
    if operator == "matches":
        raise NotImplementedError
    if operator == "..":
        low, high = _to_int(left), _to_int(right)
        if high - low > _LONG_RANGE:
            raise NotImplementedError
        return list(range(low, high + 1))
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
            if isinstance(right, AnyMap):
                if isinstance(left, (list, dict)):
                    raise Failed("unhashable")
                return left in right
            if left is not None and not isinstance(left, str):
                raise Failed("in")
            return (left or "") in right
        if isinstance(right, bytes):
            right = list(right)
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
    if _is_nil(left) or _is_nil(right):
        # A nil list is equal to nil, and to any other empty list.
        return (_is_nil(left) and _is_nil(right)) or left == right == []
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if _is_number(left) and _is_number(right):
        both_int = isinstance(left, int) and isinstance(right, int)
        return left == right if both_int else float(left) == float(right)
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
    if math.isnan(value) or not -(2**63) <= value < 2**63:
        return -(2**63)
    return int(value)


def _is_nil(value):
    return value is None or isinstance(value, NilList)


def _fetch(base, key):
    if isinstance(base, AnyMap):
        if isinstance(key, (list, dict)):
            raise Failed("unhashable")
        return base[key] if isinstance(base, Groups) else base.get(key)
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
        return Byte(_fetch(list(base.encode("utf-8", "surrogateescape")), key))
    if isinstance(base, bytes):
        return Byte(_fetch(list(base), key))
    raise Failed("fetch")
