"""What is said about wrong expressions, beyond the texts in tests/golden/diagnostics."""

import pytest

from rulechain.diagnostics.errors import ExpressionError
from rulechain.expr import compile_expression


def test_every_mistake_is_reported_at_once():
    """The checker goes on after the first mistake."""
    with pytest.raises(ExpressionError) as raised:
        compile_expression("upper(1) + lower(2)")
    assert len(raised.value.diagnostics) == 2
