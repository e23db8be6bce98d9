"""Code that charges an evaluation for what it does: elements, built text and steps, each of them bounded."""

import ast

from rulechain.diagnostics import Span
from rulechain.expr import kinds, operators
from rulechain.expr.emitter import Emitted, Emitter
from rulechain.expr.functions.registry import Cost

_SCANS = {"flat": operators.scan, "deep": operators.scan_deep, "slow": operators.scan_slowly}
_SCALARS = frozenset([kinds.INT, kinds.FLOAT, kinds.BOOL, kinds.NIL])


def bounded(emitter: Emitter, span: Span, built: ast.expr) -> ast.expr:
    """Return the code, its result charged where a predicate may make it over and over."""
    return emitter.helper(span, operators.charge, built, emitter.budget()) if emitter.pointers else built


def scanned(emitter: Emitter, span: Span, value: Emitted, cost: Cost = "flat") -> ast.expr:
    """Return the code of an operand that is gone through, its size charged where this may happen often."""
    cheap = isinstance(value.code, ast.Constant) or value.kind in _SCALARS
    if not emitter.charged or cost == "constant" or (cheap and cost != "slow"):
        return value.code
    return emitter.helper(span, _SCANS[cost], value.code, emitter.budget())


def weighed(emitter: Emitter, span: Span, built: ast.expr) -> ast.expr:
    """Return code for a container, weighed where it may hold the same value twice."""
    return emitter.helper(span, operators.weigh, built, emitter.budget()) if emitter.shares else built
