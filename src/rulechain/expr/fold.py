"""Constant folding: arithmetic between literals is done once, when the expression is compiled.

It never changes a value. What fails on constants is an error at load, as in expr-lang, even where it would never be
reached.
"""

from collections.abc import Callable, Iterator
from typing import Any

from rulechain.diagnostics import Code, Diagnostic
from rulechain.expr import operators
from rulechain.expr.faults import Fault, finding
from rulechain.expr.nodes import Binary, Boolean, Float, Integer, Node, Text, Unary, with_children

_LITERALS = (Integer, Float, Text)
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operators.add,
    "-": operators.subtract,
    "*": operators.multiply,
    "/": operators.divide,
    "%": operators.modulo,
    "**": operators.power,
}


def fold_constants(root: Node, text: str) -> tuple[Node, list[Diagnostic]]:
    """Return the tree with its constant parts worked out, and what is wrong with them."""
    diagnostics: list[Diagnostic] = []

    def fold(node: Node) -> Node:
        before, node = node, with_children(node, fold)
        if isinstance(node, Unary):
            return _fold_unary(node)
        if isinstance(node, Binary) and isinstance(before, Binary) and node.right is not before.right:
            diagnostics.extend(_pattern_mistakes(node, text))
        if isinstance(node, Binary) and node.operator in _ARITHMETIC:
            try:
                return _fold_arithmetic(node)
            except Fault as fault:
                # The checker tells of operands that do not go together.
                if isinstance(node.left, Integer) and isinstance(node.right, Integer):
                    message = fault.message.removeprefix("runtime error: ")
                    diagnostics.append(finding(Code.TYPE_MISMATCH, message, text, node.span, fault.hint))
        return node

    return fold(root), diagnostics


def _pattern_mistakes(node: Binary, text: str) -> Iterator[Diagnostic]:
    """Yield what is wrong with a pattern that was put together from constants."""
    if node.operator == "matches" and isinstance(node.right, Text):
        try:
            operators.compile_pattern(node.right.value)
        except Fault as fault:
            yield finding(Code.BAD_PATTERN, fault.message, text, node.right.span, fault.hint)


def _fold_unary(node: Unary) -> Node:
    operand = node.operand
    if node.operator == "!" and isinstance(operand, Boolean):
        return Boolean(node.span, value=not operand.value)
    if node.operator == "-" and isinstance(operand, (Integer, Float)):
        return _literal(node, operators.negate(operand.value))
    return node


def _fold_arithmetic(node: Binary) -> Node:
    left, right = node.left, node.right
    if not isinstance(left, _LITERALS) or not isinstance(right, _LITERALS):
        return node
    return _literal(node, _ARITHMETIC[node.operator](left.value, right.value))


def _literal(node: Node, value: Any) -> Node:
    if isinstance(value, str):
        return Text(node.span, value)
    return Integer(node.span, value) if isinstance(value, int) else Float(node.span, value)
