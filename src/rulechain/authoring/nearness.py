"""How near an expression came to being true, and which part of it kept it from that."""

from typing import Any

from rulechain.diagnostics.errors import ExpressionError
from rulechain.expr import compile_expression
from rulechain.expr.explain import Step
from rulechain.expr.nodes import Binary, Logical, Node
from rulechain.expr.parse import parse_expression
from rulechain.expr.write import write_expression

_COMPARISONS = frozenset({"<", "<=", ">", ">=", "=="})
# A comparison that does not hold is never quite as near as one that does.
_ALMOST = 0.99


def nearness(step: Step) -> float:
    """Return how near an explained expression came to being true: 1 where it is, 0 where nothing speaks for it.

    Of clauses that must all hold it is the share that do; of alternatives, that of the nearest; of a comparison of
    numbers, how little they are apart for their size.
    """
    if step.value is True:
        return 1.0
    root = _root(step)
    if isinstance(root, Logical):
        shares = [nearness(part) for part in step.steps]
        return max(shares, default=0.0) if root.operator == "||" else sum(shares) / len(root.operands)
    if isinstance(root, Binary) and root.operator in _COMPARISONS:
        return _closeness(_side(step, root.left), _side(step, root.right))
    return 0.0


def blamed(step: Step) -> Step:
    """Return the part that kept an explained expression from being true: the smallest clause that settled it."""
    root = _root(step)
    if not isinstance(root, Logical) or step.value is True or not step.steps:
        return step
    if root.operator == "||":
        return blamed(max(step.steps, key=nearness))
    return next((blamed(part) for part in step.steps if part.decides), step)


def _root(step: Step) -> Node | None:
    """Return what an explained text is, None where it is no expression but a list of fields, say."""
    try:
        return parse_expression(step.text)
    except ExpressionError:
        return None


def _side(step: Step, node: Node) -> Any:
    """Return the value of one side of a comparison: constants are not among its explained parts."""
    text = write_expression(node)
    for part in step.steps:
        if part.text == text:
            return part.value
    try:
        return compile_expression(text).evaluate({})
    except ExpressionError:
        return None


def _closeness(left: Any, right: Any) -> float:
    if type(left) not in (int, float) or type(right) not in (int, float):
        return 0.0
    size = max(abs(left), abs(right))
    return max(0.0, _ALMOST * (1 - abs(left - right) / size)) if size else _ALMOST
