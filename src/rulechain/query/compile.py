"""JMESPath on JSON values: an expression's text → a function, with its faults as diagnostics."""

import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any, cast

import jmespath
from jmespath import exceptions

from rulechain.diagnostics import Code, Diagnostic, Location, Source, Span, did_you_mean
from rulechain.diagnostics.errors import ExpressionEvaluationError, ExpressionSyntaxError
from rulechain.query.functions import SIGNATURES
from rulechain.query.generate import FunctionWriter, Tree

Query = Callable[[Any], Any]

_NUMBER = "NUMBER"
_TOO_DEEP = "the JMESPath expression is nested too deeply"


def compile_query(text: str) -> Query:
    """Return the function of a JMESPath expression; it raises ExpressionEvaluationError on a value it cannot work on.

    Raises:
        ExpressionSyntaxError: The text is no JMESPath expression, or a call in it can never work (P306).
    """
    try:
        tree = _parse(text)
        diagnostics = _check(tree, text)
        if diagnostics:
            raise ExpressionSyntaxError(diagnostics)
        search = _python_function(tree)
    except exceptions.JMESPathError as error:
        raise ExpressionSyntaxError([_syntax_diagnostic(text, error)]) from error
    except (RecursionError, SyntaxError) as error:  # Python's own limits on nested blocks are the limit here
        raise ExpressionSyntaxError([_diagnostic(_TOO_DEEP, text, Span(0, len(text)))]) from error

    def run(value: Any) -> Any:
        try:
            return search(value)
        except (exceptions.JMESPathError, TypeError, ValueError, OverflowError) as error:
            raise ExpressionEvaluationError(str(error), text) from error

    return run


def _parse(text: str) -> Tree:
    with warnings.catch_warnings():
        # A literal such as `abc`, without the quotes of JSON, is of the language's first version, and means a text.
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return cast("Tree", jmespath.compile(text).parsed)


def _python_function(tree: Tree) -> Query:
    writer = FunctionWriter(tree)
    names = dict(writer.names)
    # The writer puts keys and texts as Python literals, all else as constants: nothing of the expression is code.
    exec(compile(writer.text, "<jmespath>", "exec"), names)  # noqa: S102
    query: Query = names["query"]
    return query


def _syntax_diagnostic(text: str, error: exceptions.JMESPathError) -> Diagnostic:
    if isinstance(error, exceptions.EmptyExpressionError):
        return _diagnostic("the JMESPath expression is empty", text, Span(0, len(text)))
    position, token, what, hint = 0, "", str(error), None
    if isinstance(error, exceptions.LexerError):
        position, token = error.lexer_position, error.token_value
        what = f"{error.message[:1].lower()}{error.message[1:]}"
    elif isinstance(error, exceptions.ParseError):
        position, token = error.lex_position or 0, str(error.token_value or "")
        what = f'unexpected "{token}"'
        hint = f"a number is written in backticks: `{token}`" if error.token_type == _NUMBER else None
    if isinstance(error, exceptions.IncompleteExpressionError) or position >= len(text):
        return _diagnostic("the JMESPath expression ends too early", text, Span(len(text), len(text)))
    span = Span(position, position + max(1, len(token)))
    return _diagnostic(f"the JMESPath expression is wrong: {what}", text, span, hint)


def _check(tree: Tree, text: str) -> list[Diagnostic]:
    """Find slices that never move, and calls of functions that do not exist or take another number of arguments."""
    whole = Span(0, len(text))
    nodes = list(_nodes(tree))
    found = [
        _diagnostic("the step of a slice cannot be 0", text, whole)
        for node in nodes
        if node["type"] == "slice" and node["children"][2] == 0
    ]
    for node in nodes:
        if node["type"] == "function_expression":
            found += _check_call(node["value"], len(node["children"]), text)
    return found


def _check_call(name: str, count: int, text: str) -> Iterator[Diagnostic]:
    match = re.search(rf"\b{re.escape(name)}\s*\(", text)
    span = Span(match.start(), match.start() + len(name)) if match else Span(0, len(text))
    if name not in SIGNATURES:
        message = f'there is no JMESPath function "{name}"'
        yield _diagnostic(message, text, span, did_you_mean(name, SIGNATURES))
        return
    signature = SIGNATURES[name]
    variadic = bool(signature) and bool(signature[-1].get("variadic"))
    if count < len(signature) or (count > len(signature) and not variadic):
        wanted = f"{'at least ' if variadic else ''}{len(signature)}"
        plural = "" if len(signature) == 1 else "s"
        yield _diagnostic(f'the function "{name}" takes {wanted} argument{plural}, not {count}', text, span)


def _nodes(tree: Any) -> Iterator[Tree]:
    if not isinstance(tree, dict):  # the parts of a slice are numbers
        return
    yield tree
    for child in tree["children"]:
        yield from _nodes(child)


def _diagnostic(message: str, text: str, span: Span, hint: str | None = None) -> Diagnostic:
    return Diagnostic(Code.BAD_JMESPATH, message, Location(Source("<jmespath>", text), span=span), hint=hint)
