"""Compiled JMESPath and the library's interpreter are one language."""

from contextlib import suppress
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st
from jmespath.exceptions import JMESPathError

from rulechain.diagnostics.errors import ExpressionError, ExpressionEvaluationError
from rulechain.query import compile_query
from support.alike import alike
from support.jmespath_reference import EXPRESSIONS, VALUES, interpret

FAULTS = (JMESPathError, TypeError, ValueError, OverflowError)


@settings(max_examples=1500, deadline=None)
@given(text=EXPRESSIONS, value=VALUES)
def test_a_compiled_expression_gives_what_the_interpreter_gives(text, value):
    """Same value, or the same fault with the same words, for any expression on any data."""
    assert alike(outcome(compile_query(text), value), outcome(partial(interpret, text), value)), f"{text} on {value}"


def outcome(query, value):
    """What a query gives, or the words of its fault."""
    try:
        return query(value)
    except ExpressionEvaluationError as error:
        return ("fault", str(error.__cause__))
    except FAULTS as error:
        return ("fault", str(error))


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="ab.[]*?{}:,|&!<=>()@'\"`01- ", max_size=20))
def test_any_text_is_an_expression_or_a_diagnostic(text):
    """Whatever is written gives a query, or a diagnostic that points into the text."""
    try:
        query = compile_query(text)
    except ExpressionError as error:
        for diagnostic in error.diagnostics:
            assert 0 <= diagnostic.location.span.start <= len(text)
        return
    with suppress(ExpressionEvaluationError):
        query({"a": [1.0, {"b": "x"}], "b": {"a": None}})
