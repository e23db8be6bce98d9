"""Code that charges an evaluation for what it does: elements, built text and steps, each of them bounded."""

import ast

from rulechain.diagnostics import Span
from rulechain.expr import code, kinds
from rulechain.expr.budget import charge, check_elements, check_steps, scan, scan_deep, scan_slowly, take, weigh
from rulechain.expr.emitter import Emitted, Emitter
from rulechain.expr.functions.registry import Cost
from rulechain.expr.limits import MAX_ELEMENTS, MAX_STEPS

_SCANS = {"flat": scan, "deep": scan_deep, "slow": scan_slowly}
# Going through a literal that is no longer takes no step worth counting.
_SHORT = 32
_SCALARS = frozenset([kinds.INT, kinds.FLOAT, kinds.BOOL, kinds.NIL])


def bounded(emitter: Emitter, span: Span, built: ast.expr) -> ast.expr:
    """Return the code, its result charged where a predicate may make it over and over."""
    return emitter.helper(span, charge, built, emitter.budget()) if emitter.pointers else built


def scanned(emitter: Emitter, span: Span, value: Emitted, cost: Cost = "flat") -> ast.expr:
    """Return the code of an operand that is gone through, its size charged where this may happen often."""
    is_short = value.kind in _SCALARS or (_is_short(value.code) and cost != "slow")
    if not emitter.charged or cost == "constant" or is_short:
        return value.code
    return emitter.helper(span, _SCANS[cost], value.code, emitter.budget())


def _is_short(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and not (isinstance(value.value, (str, bytes)) and len(value.value) > _SHORT)


def taken(emitter: Emitter, span: Span, built: ast.expr, steps: int) -> ast.expr:
    """Return the code of a call, charged with so many steps where it may happen often."""
    if not emitter.charged or not steps:
        return built
    return emitter.helper(span, take, built, code.constant(steps), emitter.budget())


def count_steps(emitter: Emitter, span: Span, steps: ast.expr) -> list[ast.stmt]:
    """Return statements that charge so many steps."""
    return _count(emitter, 1, steps, MAX_STEPS, emitter.helper(span, check_steps, emitter.budget()))


def count_elements(emitter: Emitter, span: Span, elements: ast.expr) -> list[ast.stmt]:
    """Return statements that charge so many new elements."""
    return _count(emitter, 0, elements, MAX_ELEMENTS - 1, emitter.helper(span, check_elements, emitter.budget()))


def _count(emitter: Emitter, counter: int, size: ast.expr, most: int, check: ast.expr) -> list[ast.stmt]:
    """Return statements that add to a counter of the budget; only where that is too much they make a call."""
    spent = code.item(emitter.budget(), code.constant(counter))
    is_over = code.compare(spent, (ast.Gt(), code.constant(most)))
    return [code.increase(emitter.budget(), counter, size), code.when(is_over, code.do(check))]


def weighed(emitter: Emitter, span: Span, built: ast.expr) -> ast.expr:
    """Return code for a container, weighed where it may hold the same value twice."""
    return emitter.helper(span, weigh, built, emitter.budget()) if emitter.shares else built
