"""Operators to Python syntax trees: the common case of two floats or texts inline, the rest through `operators`."""

import ast
from collections.abc import Callable
from typing import Any

from rulechain.expr import code, kinds, operators
from rulechain.expr.charges import bounded, scanned
from rulechain.expr.emitter import Emitted, Emitter, Handler, is_missing
from rulechain.expr.faults import Fault
from rulechain.expr.kinds import INT, NUMBERS, Kind
from rulechain.expr.nodes import Array, Binary, Boolean, Float, Integer, Logical, Nil, Node, Text, Unary

_EXACT = 2**53
_ARITHMETIC: dict[str, tuple[ast.operator, Callable[[Any, Any], Any]]] = {
    "+": (ast.Add(), operators.add),
    "-": (ast.Sub(), operators.subtract),
    "*": (ast.Mult(), operators.multiply),
}
_COMPARISONS: dict[str, tuple[ast.cmpop, Callable[[Any, Any], bool]]] = {
    "<": (ast.Lt(), operators.less),
    "<=": (ast.LtE(), operators.less_equal),
    ">": (ast.Gt(), operators.greater),
    ">=": (ast.GtE(), operators.greater_equal),
}
_CALLED: dict[str, tuple[Callable[..., Any], Kind]] = {
    "%": (operators.modulo, kinds.INT),
    "**": (operators.power, kinds.FLOAT),
    "in": (operators.contained, kinds.BOOL),
    "contains": (operators.contains, kinds.BOOL),
    "startsWith": (operators.starts_with, kinds.BOOL),
    "endsWith": (operators.ends_with, kinds.BOOL),
}


def _unary(emitter: Emitter, node: Unary) -> Emitted:
    if node.operator == "!":
        return Emitted(ast.UnaryOp(ast.Not(), emitter.truth(node.operand)), kinds.BOOL)
    operand = emitter.emit(node.operand)
    if node.operator == "+":
        return operand
    return Emitted(emitter.helper(node.span, operators.negate, operand.code), operand.kind)


def _logical(emitter: Emitter, node: Logical) -> Emitted:
    *checked, last = node.operands
    values = [emitter.truth(operand) for operand in checked]
    # expr-lang gives the right operand as it is: `true && 10` is 10.
    final = emitter.emit(last)
    operator = ast.And() if node.operator == "&&" else ast.Or()
    return Emitted(ast.BoolOp(operator, [*values, final.code]), final.kind if final.kind == kinds.BOOL else kinds.ANY)


def _binary(emitter: Emitter, node: Binary) -> Emitted:
    operator = node.operator
    if operator in _ARITHMETIC:
        return _arithmetic(emitter, node)
    if operator in _COMPARISONS:
        return _comparison(emitter, node)
    if operator in _CALLED:
        return _called(emitter, node)
    return _OTHERS[operator](emitter, node)


def _arithmetic(emitter: Emitter, node: Binary) -> Emitted:
    symbol, helper = _ARITHMETIC[node.operator]
    left, right = emitter.emit(node.left), emitter.emit(node.right)
    numbers = left.kind in NUMBERS and right.kind in NUMBERS
    if numbers and kinds.FLOAT in (left.kind, right.kind):
        return Emitted(ast.BinOp(_as_float(left), symbol, _as_float(right)), kinds.FLOAT)
    if numbers:
        return Emitted(emitter.helper(node.span, helper, left.code, right.code), INT)
    test, one, other = _both(emitter, left.code, right.code, "float")
    rest = emitter.helper(node.span, helper, one, other)
    if node.operator == "+":
        rest = bounded(emitter, node.span, rest)
    if test is None:
        return Emitted(rest)
    inline = ast.BinOp(_float_again(one), symbol, _float_again(other))
    return Emitted(code.choose(test, inline, rest))


def _both(emitter: Emitter, left: ast.expr, right: ast.expr, kind: str) -> tuple[ast.expr | None, ast.expr, ast.expr]:
    """Return a test that two values have a Python type, evaluating each once, and code that reads them again.

    A constant of another type makes the test pointless: then it is None, and the values are still to be evaluated.
    """
    wanted = code.name(kind)
    for constant in (left, right):
        if isinstance(constant, ast.Constant) and not _fits(constant.value, kind):
            return None, left, right
    if isinstance(right, ast.Constant):
        first, again = emitter.once(left)
        return code.is_(code.type_of(first), wanted), again, right
    if isinstance(left, ast.Constant):
        first, again = emitter.once(right)
        return code.is_(code.type_of(first), wanted), left, again
    first, one = emitter.once(left)
    second, other = emitter.once(right)
    # `type(a) is type(b) is float` evaluates both sides whatever the first one is: the slow path needs both.
    return code.is_(code.type_of(first), code.type_of(second), wanted), one, other


def _fits(value: object, kind: str) -> bool:
    if kind == "float":
        return type(value) is float or (type(value) is int and abs(value) <= _EXACT)
    return type(value).__name__ == kind


def _float_again(value: ast.expr) -> ast.expr:
    return code.constant(float(value.value)) if isinstance(value, ast.Constant) else value  # type: ignore[arg-type]


def _as_float(value: Emitted) -> ast.expr:
    if isinstance(value.code, ast.Constant):
        return _float_again(value.code)
    return code.call("float", value.code) if value.kind == INT else value.code


def _divide(emitter: Emitter, node: Binary) -> Emitted:
    left, right = emitter.emit(node.left), emitter.emit(node.right)
    if isinstance(right.code, ast.Constant) and right.kind in NUMBERS and right.code.value:
        test, one, other = _both(emitter, left.code, right.code, "float")
        rest = emitter.helper(node.span, operators.divide, one, other)
        if test is not None and left.kind != INT:
            return Emitted(code.choose(test, ast.BinOp(one, ast.Div(), _float_again(other)), rest), kinds.FLOAT)
    return Emitted(emitter.helper(node.span, operators.divide, left.code, right.code), kinds.FLOAT)


def _comparison(emitter: Emitter, node: Binary) -> Emitted:
    symbol, helper = _COMPARISONS[node.operator]
    left, right = emitter.emit(node.left), emitter.emit(node.right)
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return Emitted(code.compare(left.code, (symbol, right.code)), kinds.BOOL)
    text = kinds.STRING in (left.kind, right.kind)
    test, one, other = _both(emitter, left.code, right.code, "str" if text else "float")
    rest = emitter.helper(node.span, helper, one, other)
    if test is None:
        return Emitted(rest, kinds.BOOL)
    if not text:
        one_again, other_again = _float_again(one), _float_again(other)
        return Emitted(code.choose(test, code.compare(one_again, (symbol, other_again)), rest), kinds.BOOL)
    return Emitted(code.choose(test, code.compare(one, (symbol, other)), rest), kinds.BOOL)


def _equality(emitter: Emitter, node: Binary) -> Emitted:
    """Emit `==` and `!=`: where one side is a literal, Python's own comparison often gives the same answer."""
    negated = node.operator == "!="
    operator: ast.cmpop = ast.NotEq() if negated else ast.Eq()
    identity: ast.cmpop = ast.IsNot() if negated else ast.Is()
    left, right = emitter.code(node.left), emitter.code(node.right)
    constant = isinstance(left, ast.Constant) and isinstance(right, ast.Constant)
    for side in () if constant else (node.left, node.right):
        if isinstance(side, Boolean) or (isinstance(side, Nil) and not emitter.traits.nil_lists):
            return Emitted(code.compare(left, (identity, right)), kinds.BOOL)
        if isinstance(side, Text) or _is_unlike_bool(side):
            return Emitted(code.compare(left, (operator, right)), kinds.BOOL)
    helper: Callable[..., bool] = operators.not_equal if negated else operators.equal
    budget: list[ast.expr] = []
    if emitter.charged and not constant:
        helper = operators.not_equal_charged if negated else operators.equal_charged
        budget = [emitter.budget()]
    kind = "float" if isinstance(node.left, (Integer, Float)) or isinstance(node.right, (Integer, Float)) else "str"
    test, first, second = (None, left, right) if constant else _both(emitter, left, right, kind)
    rest = emitter.helper(node.span, helper, first, second, *budget)
    if test is None:
        return Emitted(rest, kinds.BOOL)
    return Emitted(code.choose(test, code.compare(first, (operator, second)), rest), kinds.BOOL)


def _is_unlike_bool(node: Node) -> bool:
    """Tell whether the node is a number that no bool equals and that a float holds exactly."""
    return isinstance(node, (Integer, Float)) and node.value not in {0, 1} and abs(node.value) <= _EXACT


def _called(emitter: Emitter, node: Binary) -> Emitted:
    helper, kind = _CALLED[node.operator]
    left = emitter.emit(node.left)
    if node.operator == "in" and isinstance(node.right, Array) and node.right.items:
        texts = [item.value for item in node.right.items if isinstance(item, Text)]
        if len(texts) == len(node.right.items):
            first, again = emitter.once(left.code)
            inside = code.compare(again, (ast.In(), code.constant(frozenset(texts))))
            is_text = code.is_(code.type_of(first), code.name("str"))
            return Emitted(code.choose(is_text, inside, code.constant(value=False)), kinds.BOOL)
    right = emitter.emit(node.right)
    if node.operator == "in" and emitter.charged:
        charged = emitter.helper(node.span, operators.contained_charged, left.code, right.code, emitter.budget())
        return Emitted(charged, kind)
    if node.operator == "in":
        return Emitted(emitter.helper(node.span, helper, left.code, right.code), kind)
    return Emitted(emitter.helper(node.span, helper, scanned(emitter, node.span, left), right.code), kind)


def _matches(emitter: Emitter, node: Binary) -> Emitted:
    left = scanned(emitter, node.span, emitter.emit(node.left), "slow")
    search = _compiled(node.right) if isinstance(node.right, Text) else None
    if search is not None:
        held = emitter.held(search, "p")
        return Emitted(emitter.helper(node.span, operators.matches_compiled, left, held), kinds.BOOL)
    pattern = scanned(emitter, node.span, emitter.emit(node.right), "slow")
    return Emitted(emitter.helper(node.span, operators.matches, left, pattern), kinds.BOOL)


def _compiled(pattern: Text) -> operators.Pattern | None:
    """Return a literal pattern's search; None for a bad one, which then fails when it is reached."""
    try:
        return operators.compile_pattern(pattern.value)
    except Fault:
        return None


def _range(emitter: Emitter, node: Binary) -> Emitted:
    low, high = emitter.code(node.left), emitter.code(node.right)
    return Emitted(emitter.helper(node.span, operators.make_range, low, high, emitter.budget()), kinds.INTS)


def _coalesce(emitter: Emitter, node: Binary) -> Emitted:
    first, again = emitter.once(emitter.code(node.left))
    return Emitted(code.choose(is_missing(emitter, node.span, first), emitter.code(node.right), again))


_OTHERS: dict[str, Handler] = {
    "/": _divide,
    "==": _equality,
    "!=": _equality,
    "matches": _matches,
    "..": _range,
    "??": _coalesce,
}
HANDLERS: dict[type[Node], Handler] = {Unary: _unary, Logical: _logical, Binary: _binary}
