"""Exceptions carry diagnostics and speak for themselves."""

import inspect
import pickle

import pytest

from rulechain.diagnostics import Code, Diagnostic, Location, Source, Span, errors

SAMPLE = Diagnostic(Code.UNKNOWN_NODE, 'no node "b"', Location(Source("c.json", '{"a": 1}'), "/a"), hint="write it")
CLASSES = [each for _, each in inspect.getmembers(errors, inspect.isclass) if each.__module__ == errors.__name__]


def make(kind):
    """One error of a kind."""
    if issubclass(kind, errors.ExpressionEvaluationError):
        return kind("it failed", "a + b", Span(4, 5), "mend it")
    if issubclass(kind, errors.DiagnosticError):
        return kind([SAMPLE])
    return kind("it failed", name="x", known=["y"]) if issubclass(kind, errors.RegistryError) else kind("it failed")


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_is_one_of_ours(kind):
    """One except clause catches all that the package raises on purpose, and none hides a builtin's name."""
    assert issubclass(kind, errors.RuleChainError)
    assert kind.__name__ not in dir(__builtins__)
    assert kind.__doc__


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_survives_pickling(kind):
    """Errors cross process borders with their text and their parts."""
    error = make(kind)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)
    assert copy.diagnostics == error.diagnostics


def test_the_text_of_an_error_is_the_rendered_findings():
    """Printing a ChainError shows place and hint of each finding, up to twenty."""
    text = str(errors.ChainError([SAMPLE] * 22))
    assert text.startswith('error[G203]: no node "b"\n  --> c.json:1:7  (/a)\n')
    assert text.count("help: write it") == 20
    assert text.endswith("... and 2 more")


def test_the_tree_in_the_module_names_every_error():
    """The drawn tree is complete: a new class appears in it."""
    assert [kind.__name__ for kind in CLASSES if kind.__name__ not in (errors.__doc__ or "")] == ["DiagnosticError"]


def test_a_failed_expression_shows_where_as_expr_does():
    """The text has expr-lang's shape, because chains find it in errorMsg."""
    assert str(make(errors.ExpressionEvaluationError)) == "it failed (1:5)\n | a + b\n | ....^"
    assert str(errors.ExpressionEvaluationError("it failed")) == "it failed"
    assert str(errors.ExpressionEvaluationError("it failed", "", Span(0, 0))) == "it failed (1:1)\n | \n | ^"


def test_a_failed_expression_is_shown_line_by_line():
    """Only line ends count as such, and the end of the text can be shown after one."""
    assert (
        str(errors.ExpressionEvaluationError("it failed", "a\u2028\r\nb", Span(4, 5))) == "it failed (2:1)\n | b\n | ^"
    )
    assert str(errors.ExpressionEvaluationError("it failed", "a\n", Span(2, 2))) == "it failed (2:1)\n | \n | ^"


def test_a_failed_expression_is_a_finding_too():
    """The diagnostic is made when somebody looks, with the place inside of the expression."""
    (found,) = make(errors.ExpressionEvaluationError).diagnostics
    assert (found.code, found.message, found.hint) == (Code.EVALUATION, "it failed", "mend it")
    assert (found.location.line, found.location.column) == (1, 5)
