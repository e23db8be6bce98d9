"""Operators to Python syntax trees: the common case of two floats or texts inline, the rest through `operators`."""

import ast
from collections.abc import Callable
from typing import Any

from rulechain.diagnostics import Span
from rulechain.expr import code, go, kinds, operators
from rulechain.expr.budget import refuse_text
from rulechain.expr.charges import bounded, scanned
from rulechain.expr.emitter import Emitted, Emitter, Handler, is_missing
from rulechain.expr.faults import Fault
from rulechain.expr.kinds import INT, NUMBERS, STRING
from rulechain.expr.limits import MAX_BUILT_TEXT
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
# Kinds between whose values Python's `==` gives the language's answer.
_COMPARED_ALIKE = frozenset([INT, kinds.FLOAT, STRING, kinds.BOOL])
_TEXT_TESTS: dict[str, tuple[Callable[[ast.expr, ast.expr], ast.expr], Callable[[Any, Any], bool]]] = {
    "contains": (lambda text, part: code.compare(part, (ast.In(), text)), operators.contains),
    "startsWith": (lambda text, part: code.call(code.attribute(text, "startswith"), part), operators.starts_with),
    "endsWith": (lambda text, part: code.call(code.attribute(text, "endswith"), part), operators.ends_with),
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
    if operator in _TEXT_TESTS:
        return _text_test(emitter, node)
    return _OTHERS[operator](emitter, node)


def _arithmetic(emitter: Emitter, node: Binary) -> Emitted:
    symbol, helper = _ARITHMETIC[node.operator]
    left, right = emitter.emit(node.left), emitter.emit(node.right)
    numbers = left.kind in NUMBERS and right.kind in NUMBERS
    if numbers and kinds.FLOAT in (left.kind, right.kind):
        return Emitted(ast.BinOp(_as_float(left), symbol, _as_float(right)), kinds.FLOAT)
    if numbers:
        return Emitted(_wrapped(emitter, node.span, ast.BinOp(left.code, symbol, right.code)), INT)
    if node.operator == "+" and STRING in (left.kind, right.kind):
        return _joined(emitter, node.span, left, right)
    test, one, other = _both(emitter, left.code, right.code, "float")
    rest = emitter.helper(node.span, helper, one, other)
    if node.operator == "+":
        rest = bounded(emitter, node.span, rest)
    if test is None:
        return Emitted(rest)
    inline = ast.BinOp(_float_again(one), symbol, _float_again(other))
    return Emitted(code.choose(test, inline, rest))


def _wrapped(emitter: Emitter, span: Span, built: ast.expr) -> ast.expr:
    """Return code for an int as 64-bit arithmetic leaves it."""
    first, again = emitter.once(built)
    fits = code.compare(code.constant(-(2**63)), (ast.LtE(), first), (ast.Lt(), code.constant(2**63)))
    return code.choose(fits, again, emitter.helper(span, go.wrap, again))


def _joined(emitter: Emitter, span: Span, left: Emitted, right: Emitted) -> Emitted:
    """Return the code of a sum that is a text or fails: one side is known to be a text."""
    test, one, other = None, left.code, right.code
    if left.kind != STRING or right.kind != STRING:
        test, one, other = _both(emitter, left.code, right.code, "str")
        if test is None:
            return Emitted(emitter.helper(span, operators.add, one, other), STRING)
    built: ast.expr = ast.BinOp(one, ast.Add(), other)
    if emitter.pointers:
        built = bounded(emitter, span, built)
    elif not isinstance(one, ast.Constant) and not isinstance(other, ast.Constant):
        first, again = emitter.once(built)
        fits = code.compare(code.call("len", first), (ast.LtE(), code.constant(MAX_BUILT_TEXT)))
        built = code.choose(fits, again, emitter.helper(span, refuse_text))
    rest = emitter.helper(span, operators.add, one, other)
    return Emitted(built if test is None else code.choose(test, built, rest), STRING)


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


def _modulo(emitter: Emitter, node: Binary) -> Emitted:
    left, right = emitter.emit(node.left), emitter.emit(node.right)
    if left.kind == INT and isinstance(node.right, Integer) and node.right.value > 0:
        # Python's rest has the sign of the divisor, Go's that of the dividend.
        first, again = emitter.once(left.code)
        is_positive = code.compare(first, (ast.GtE(), code.constant(0)))
        rest = emitter.helper(node.span, operators.modulo, again, right.code)
        return Emitted(code.choose(is_positive, ast.BinOp(again, ast.Mod(), right.code), rest), INT)
    return Emitted(emitter.helper(node.span, operators.modulo, left.code, right.code), INT)


def _power(emitter: Emitter, node: Binary) -> Emitted:
    left, right = emitter.code(node.left), emitter.code(node.right)
    return Emitted(emitter.helper(node.span, operators.power, left, right), kinds.FLOAT)


def _comparison(emitter: Emitter, node: Binary) -> Emitted:
    symbol, helper = _COMPARISONS[node.operator]
    left, right = emitter.emit(node.left), emitter.emit(node.right)
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return Emitted(code.compare(left.code, (symbol, right.code)), kinds.BOOL)
    text = STRING in (left.kind, right.kind)
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
    (left, left_kind), (right, right_kind) = emitter.emit(node.left), emitter.emit(node.right)
    constant = isinstance(left, ast.Constant) and isinstance(right, ast.Constant)
    if left_kind == right_kind and left_kind in _COMPARED_ALIKE and not constant:
        return Emitted(code.compare(left, (operator, right)), kinds.BOOL)
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


def _text_test(emitter: Emitter, node: Binary) -> Emitted:
    inline, helper = _TEXT_TESTS[node.operator]
    left = scanned(emitter, node.span, emitter.emit(node.left))
    test, one, other = _both(emitter, left, emitter.code(node.right), "str")
    rest = emitter.helper(node.span, helper, one, other)
    return Emitted(rest if test is None else code.choose(test, inline(one, other), rest), kinds.BOOL)


def _in(emitter: Emitter, node: Binary) -> Emitted:
    """Emit `in`: among literals of their kind, texts and floats are looked up inline."""
    left = emitter.code(node.left)
    literals, kind = _literals(node.right)
    if not literals:
        return Emitted(_contained(emitter, node, left), kinds.BOOL)
    first, again = emitter.once(left)
    inside = code.compare(again, (ast.In(), code.constant(literals)))
    # Nothing but a text equals a text.
    rest = code.constant(value=False) if kind == "str" else _contained(emitter, node, again)
    return Emitted(code.choose(code.is_(code.type_of(first), code.name(kind)), inside, rest), kinds.BOOL)


def _literals(node: Node) -> tuple[frozenset[Any], str]:
    """Return a list of literals as a set, and the type of value that Python finds in it where the language does."""
    items = node.items if isinstance(node, Array) else ()
    values = frozenset(item.value for item in items if isinstance(item, (Text, Integer, Float)))
    if all(isinstance(item, Text) for item in items):
        return values, "str"
    exact = all(isinstance(item, (Integer, Float)) and abs(item.value) <= _EXACT for item in items)
    return values if exact else frozenset(), "float"


def _contained(emitter: Emitter, node: Binary, left: ast.expr) -> ast.expr:
    right = emitter.code(node.right)
    if emitter.charged:
        return emitter.helper(node.span, operators.contained_charged, left, right, emitter.budget())
    return emitter.helper(node.span, operators.contained, left, right)


def _matches(emitter: Emitter, node: Binary) -> Emitted:
    left = emitter.code(node.left)
    pattern = _compiled(node.right) if isinstance(node.right, Text) else None
    if pattern is not None:
        held = emitter.held(pattern, "p")
        found = emitter.helper(node.span, operators.matches_compiled, left, held, emitter.budget())
        return Emitted(found, kinds.BOOL)
    written = emitter.code(node.right)
    return Emitted(emitter.helper(node.span, operators.matches, left, written, emitter.budget()), kinds.BOOL)


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
    "%": _modulo,
    "==": _equality,
    "!=": _equality,
    "**": _power,
    "in": _in,
    "matches": _matches,
    "..": _range,
    "??": _coalesce,
}
HANDLERS: dict[type[Node], Handler] = {Unary: _unary, Logical: _logical, Binary: _binary}
