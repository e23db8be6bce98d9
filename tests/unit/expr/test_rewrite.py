"""Shorter ways to the same value, and what can be seen of them."""

import pytest

from rulechain.diagnostics.errors import ExpressionEvaluationError
from rulechain.expr import FunctionSpec, compile_expression
from rulechain.expr.functions import FunctionRegistry, builtin_registry
from rulechain.expr.nodes import dump_node
from rulechain.expr.parse import parse_expression
from rulechain.expr.rewrite import rewrite

XS = {"xs": [3.0, 1.0, 2.0, 5.0], "bad": [3.0, 1.0, "x"], "empty": []}


@pytest.mark.parametrize(
    "text,shorter",
    [
        ("count(xs, # > 1) > 0", "any(xs, # > 1)"),
        ("count(xs, # > 1) >= 1", "any(xs, # > 1)"),
        ("first(filter(xs, # > 1))", "find(xs, # > 1)"),
        ("last(filter(xs, # > 1))", "findLast(xs, # > 1)"),
        ("len(filter(xs, # > 1))", "count(xs, # > 1)"),
        ("[1, count(xs, # > 1) > 0]", "[1, any(xs, # > 1)]"),
    ],
)
def test_shorter_forms(text, shorter):
    """These are the same as what they are rewritten to."""
    assert dump_node(rewrite(parse_expression(text), builtin_registry())) == dump_node(parse_expression(shorter))


@pytest.mark.parametrize(
    "text",
    [
        "count(xs, # > 1) == 1",
        "count(xs, # > 1) > n",
        "count(xs) > 0",
        "count(xs, # > 1) < 0",
        "count(xs, # > 1) > -5",
        "filter(xs, # > 1)[1]",
        "filter(xs, # > 1)[n]",
        "filter(xs, # > 1)?.[0]",
        "map(xs, #)[0]",
        "first(map(xs, #))",
        "len(xs)",
        "first(xs, 1)",
    ],
)
def test_everything_else_stays(text):
    """What is not the same is not rewritten."""
    root = parse_expression(text)
    assert dump_node(rewrite(root, builtin_registry())) == dump_node(root)


def test_a_function_of_the_users_own_is_not_taken_for_a_built_in_one():
    """Only the language's own len may be counted."""
    registry = FunctionRegistry([FunctionSpec("len(x: any): any", lambda _: "mine")])
    assert compile_expression("len(filter(xs, true))", functions=registry).evaluate(XS) == "mine"


@pytest.mark.parametrize(
    "text,expected",
    [
        ("count(xs, # > 1) > 1", True),
        ("count(xs, # > 1) > 2", True),
        ("count(xs, # > 1) > 3", False),
        ("count(xs, # > 1) >= 3", True),
        ("count(xs, # > 1) >= 4", False),
        ("count(xs, # > 1) < 3", False),
        ("count(xs, # > 1) < 4", True),
        ("count(xs, # > 1) <= 2", False),
        ("count(xs, # > 1) <= 3", True),
        ("count(xs, # > 9) > 0", False),
        ("filter(xs, # > 1)[0]", 3.0),
        ("filter(xs, # > 1)[-1]", 5.0),
        ("first(filter(empty, true))", None),
    ],
)
def test_values(text, expected):
    """The answer is what counting to the end would give."""
    assert compile_expression(text).evaluate(XS) == expected


@pytest.mark.parametrize(
    "text,expected", [("count(bad, # > 0) > 1", True), ("filter(bad, # > 0)[0]", 3.0), ("count(bad, # > 0) < 2", False)]
)
def test_what_lies_behind_the_answer_is_not_looked_at(text, expected):
    """As in expr-lang, an element that no longer matters cannot fail."""
    assert compile_expression(text).evaluate(XS) == expected


@pytest.mark.parametrize("text", ["filter(xs, # > 9)[0]", "filter(xs, # > 9)[-1]", "filter(empty, true)[0]"])
def test_the_first_of_nothing_fails(text):
    """An index needs an element."""
    with pytest.raises(ExpressionEvaluationError, match="slice index out of range"):
        compile_expression(text).evaluate(XS)


@pytest.mark.parametrize("text", ["filter({a: 1}, true)[0]", "filter({a: 1}, true)[-1]", "first(filter({a: 1}, true))"])
def test_a_map_has_no_elements_to_find(text):
    """It has a size, though none of it can be read."""
    with pytest.raises(ExpressionEvaluationError, match="Index on map"):
        compile_expression(text.replace("{a: 1}", "m")).evaluate({"m": {"a": 1.0}})
