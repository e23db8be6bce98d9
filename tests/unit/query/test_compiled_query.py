"""JMESPath expressions as functions: where they are bounded, and where they part from the library."""

import pytest

from rulechain.diagnostics.errors import ExpressionEvaluationError, ExpressionSyntaxError
from rulechain.query import compile_query


@pytest.mark.parametrize("text", ["'a' < `1`", "`1` > 'a'", "`true` < `2`", "@ >= `1`", "`null` < `1`", "`[]` > 'a'"])
def test_what_has_no_order_compares_as_null(text):
    """Texts order with texts and numbers with numbers; any other pair is null, never an exception."""
    assert compile_query(text)({}) is None


@pytest.mark.parametrize("text, value", [("@ == `1`", True), ("@ == `0`", False), ("@ == `true`", 1.0)])
def test_a_number_never_equals_a_truth_value(text, value):
    """JMESPath keeps apart what Python mixes up."""
    assert compile_query(text)(value) is False


@pytest.mark.parametrize(
    "text",
    ["(" * 5000 + "a" + ")" * 5000, "!" * 5000 + "a", "[" * 150 + "a" + "]" * 150, "a[?" * 40 + "b" + "]" * 40],
    ids=["parentheses", "nots", "lists", "filters"],
)
def test_nesting_has_a_limit_with_a_diagnostic(text):
    """What Python could not hold is refused when it is compiled."""
    with pytest.raises(ExpressionSyntaxError, match="nested too deeply"):
        compile_query(text)


def test_long_chains_are_not_deep():
    """A long path and a long row of alternatives are no nesting."""
    assert compile_query(".".join(["a"] * 300))({"a": 1}) is None
    assert compile_query(" || ".join(["a"] * 80))({"a": "x"}) == "x"


def test_a_slice_without_a_step_is_refused():
    """A step of 0 can never work, and is found before any message comes."""
    with pytest.raises(ExpressionSyntaxError, match="step of a slice cannot be 0"):
        compile_query("a[::0]")


def test_names_are_data_not_code():
    """A quoted name may hold anything; it only ever names a member."""
    name = "x'] or __import__('os').abort() #\n"
    quoted = '"' + name.replace("\n", "\\n") + '"'
    assert compile_query(quoted)({name: "found"}) == "found"
    assert compile_query(f"{{{quoted}: a}}")({"a": 1}) == {name: 1}


def test_a_function_on_the_wrong_kind_fails_with_its_name():
    """The fault names the function and what it was given."""
    with pytest.raises(ExpressionEvaluationError, match=r"length\(\)"):
        compile_query("length(@)")(4.0)


def test_a_text_contains_no_number():
    """Searching a text for what is no text finds nothing, where the library raises TypeError."""
    assert compile_query("contains('a1', `1`)")({}) is False
