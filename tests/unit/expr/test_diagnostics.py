"""Whole texts of what users read when an expression is wrong, in tests/golden/expr/diagnostics.json."""

import json
from pathlib import Path

import pytest

from rulechain.diagnostics import render_diagnostics
from rulechain.diagnostics.errors import ExpressionError
from rulechain.expr import compile_expression

PATH = Path(__file__).parents[2] / "golden" / "expr" / "diagnostics.json"


@pytest.mark.parametrize("case", json.loads(PATH.read_text(encoding="utf-8")), ids=lambda case: case["expression"])
def test_whole_text(case):
    """An expression's mistakes, or its failure on no data, read exactly like this."""
    try:
        compiled = compile_expression(case["expression"])
        if compiled.warnings:
            found = render_diagnostics(compiled.warnings)
        else:
            compiled.evaluate(case.get("given", {}))
            found = ""
    except ExpressionError as error:
        found = render_diagnostics(error.diagnostics)
    assert found.splitlines() == case["text"]


def test_every_mistake_is_reported_at_once():
    """The checker goes on after the first mistake."""
    with pytest.raises(ExpressionError) as raised:
        compile_expression("upper(1) + lower(2)")
    assert len(raised.value.diagnostics) == 2
