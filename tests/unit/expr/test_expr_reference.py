"""The functions' reference page: complete, up to date, and true."""

from pathlib import Path

import pytest

from rulechain.expr import builtin_functions, compile_expression
from rulechain.expr.reference import EXAMPLES, PREDICATE_FORMS, REFERENCE_PATH, reference_page
from rulechain.expr.show import show_value
from rulechain.expr.tokens import PREDICATES

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_true(name):
    """An example's expression uses its function, and has the value that stands behind it."""
    expression, value = EXAMPLES[name]
    assert f"{name}(" in expression
    assert show_value(compile_expression(expression).evaluate({})) == value


def test_every_function_has_an_example():
    """Nothing is left out, and nothing is explained that does not exist."""
    assert set(EXAMPLES) == {spec.name for spec in builtin_functions()} | PREDICATES
    assert set(PREDICATE_FORMS) == PREDICATES


def test_every_function_is_in_the_page_once():
    """The page has one row for each function, and no pipe that would break the row."""
    rows = [line for line in reference_page().splitlines() if line.startswith("| `")]
    assert len(rows) == len(EXAMPLES)
    assert all(row.count("|") == 4 for row in rows)


def test_the_committed_page_is_up_to_date():
    """docs/reference/functions.md is what the signatures make of it: run `make docs`."""
    assert (ROOT / REFERENCE_PATH).read_text(encoding="utf-8") == reference_page()
