"""Fold a flat list of operands and operators into a tree, by precedence climbing.

Done here and not in the grammar, because a pipe may go on at any level, comparisons chain (`1 < x < 5`), and no other
operator may follow `??` at its level.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from rulechain.diagnostics import Code, Span
from rulechain.expr.faults import SyntaxFault
from rulechain.expr.nodes import Binary, Logical, Node, Unary

_PIPE = 0
_UNARY = {"!": 50, "+": 90, "-": 90}
_BINARY = {
    "|": _PIPE,
    "||": 10,
    "&&": 15,
    **dict.fromkeys(["==", "!=", "<", ">", "<=", ">=", "in", "matches", "contains", "startsWith", "endsWith"], 20),
    **dict.fromkeys(["not in", "not matches", "not contains", "not startsWith", "not endsWith"], 20),
    "..": 25,
    "+": 30,
    "-": 30,
    "*": 60,
    "/": 60,
    "%": 60,
    "**": 100,
    "??": 500,
}
_COMPARISONS = frozenset(["<", ">", "<=", ">="])
_RIGHT = frozenset(["**"])


class Operator(Protocol):
    """An operator token; anything with a place and a spelling."""

    @property
    def operator(self) -> str:
        """The operator in its one spelling."""

    @property
    def span(self) -> Span:
        """Where it stands."""


# What a pipe leads to: given the left side, it returns the call.
Piped = Callable[[Node], Node]
Part = Node | Operator | Piped


class PrecedenceFolder:
    """One pass over one flat list."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._next = 0

    def fold(self) -> Node:
        """Return the tree of the whole list."""
        return self._expression(_PIPE)

    def _expression(self, floor: int) -> Node:
        left = self._operand()
        previous = ""
        while (token := self._peek()) is not None and _BINARY[token.operator] >= floor:
            self._next += 1
            operator = token.operator
            if operator == "|":
                left = self._pipe(left)
            else:
                if previous == "??" and operator != "??":
                    self._refuse_mixed(token)
                left = self._comparison(left, token) if operator in _COMPARISONS else self._binary(left, token)
            previous = operator
        return left

    def _operand(self) -> Node:
        part = self._parts[self._next]
        self._next += 1
        if isinstance(part, Node):
            return part
        operator: Operator = part  # type: ignore[assignment]
        return Unary(operator.span, operator.operator, self._expression(_UNARY[operator.operator]))

    def _peek(self) -> Operator | None:
        return self._parts[self._next] if self._next < len(self._parts) else None  # type: ignore[return-value]

    def _pipe(self, left: Node) -> Node:
        target: Piped = self._parts[self._next]  # type: ignore[assignment]
        self._next += 1
        return target(left)

    def _binary(self, left: Node, token: Operator) -> Node:
        operator = token.operator
        level = _BINARY[operator]
        right = self._expression(level if operator in _RIGHT else level + 1)
        if operator in {"&&", "||"}:
            return logical(operator, left, right, token.span)
        if operator.startswith("not "):
            return Unary(token.span, "!", Binary(token.span, operator.removeprefix("not "), left, right))
        return Binary(token.span, operator, left, right)

    def _comparison(self, left: Node, token: Operator) -> Node:
        """Return `a < b < c` as `a < b && b < c`."""
        root: Node | None = None
        while True:
            right = self._expression(_BINARY[token.operator] + 1)
            step = Binary(token.span, token.operator, left, right)
            root = step if root is None else logical("&&", root, step, token.span)
            following = self._peek()
            if following is None or following.operator not in _COMPARISONS:
                return root
            self._next += 1
            left, token = right, following

    def _refuse_mixed(self, token: Operator) -> None:
        raise SyntaxFault(
            Code.EXPRESSION_SYNTAX,
            f"operator ({token.operator}) and coalesce expressions (??) cannot be mixed",
            token.span,
            hint="wrap either in parentheses: (a ?? b) + c",
        )


def logical(operator: str, left: Node, right: Node, span: Span) -> Logical:
    """Return `left && right` or `left || right`, as one more operand of `left` where that is the same operation."""
    if isinstance(left, Logical) and left.operator == operator:
        return Logical(span, operator, (*left.operands, right), (*left.spans, span))
    return Logical(span, operator, (left, right), (span,))
