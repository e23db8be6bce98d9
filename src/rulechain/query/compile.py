"""JMESPath on JSON values: an expression's text → a function, with its faults as diagnostics."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jmespath
from jmespath import exceptions, functions

from rulechain.diagnostics import Code, Diagnostic, Location, Source, Span, did_you_mean
from rulechain.diagnostics.errors import ExpressionEvaluationError, ExpressionSyntaxError
from rulechain.values import ExactNumber, to_json

Query = Callable[[Any], Any]

_EXACT = ExactNumber.__name__


class RuleFunctions(functions.Functions):
    """JMESPath's functions on RuleGo's values, whose numbers are floats and print without `.0`."""

    @functions.signature({"types": []})
    def _func_to_string(self, value: Any) -> str:
        return value if isinstance(value, str) else to_json(value)

    # The library goes by the names of values' classes, and so does not know a float that keeps its digits.

    def _get_allowed_pytypes(self, types: Any) -> tuple[list[str], list[list[str]]]:
        allowed, of_items = super()._get_allowed_pytypes(types)  # type: ignore[misc]
        return _with_exact(allowed), [_with_exact(names) for names in of_items]

    def _convert_to_jmespath_type(self, pyobject: str) -> str:
        return "number" if pyobject == _EXACT else str(super()._convert_to_jmespath_type(pyobject))  # type: ignore[misc]


def _with_exact(names: Sequence[str]) -> list[str]:
    return [*names, _EXACT] if "float" in names else list(names)


_NUMBER = "NUMBER"
_OPTIONS = jmespath.Options(custom_functions=RuleFunctions())


def compile_query(text: str) -> Query:
    """Return the function of a JMESPath expression; it raises ExpressionEvaluationError on a value it cannot work on.

    Raises:
        ExpressionSyntaxError: The text is no JMESPath expression, or a call in it can never work (P306).
    """
    try:
        parsed = jmespath.compile(text)
    except exceptions.JMESPathError as error:
        raise ExpressionSyntaxError([_syntax_diagnostic(text, error)]) from error
    diagnostics = _check_calls(parsed.parsed, text)
    if diagnostics:
        raise ExpressionSyntaxError(diagnostics)
    search = parsed.search

    def run(value: Any) -> Any:
        try:
            return search(value, _OPTIONS)
        except exceptions.JMESPathError as error:
            raise ExpressionEvaluationError(str(error), text) from error

    return run


def is_true(value: Any) -> bool:
    """Tell JMESPath's truth: null, false and whatever is empty are false, and every number is true."""
    return bool(value) or (isinstance(value, (int, float)) and not isinstance(value, bool))


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


def _check_calls(tree: Any, text: str) -> list[Diagnostic]:
    """Find calls of functions that do not exist, or that take another number of arguments."""
    known = RuleFunctions.FUNCTION_TABLE
    found = []
    for name, count in _calls(tree):
        match = re.search(rf"\b{re.escape(name)}\s*\(", text)
        span = Span(match.start(), match.start() + len(name)) if match else Span(0, len(text))
        if name not in known:
            found.append(_diagnostic(f'there is no JMESPath function "{name}"', text, span, did_you_mean(name, known)))
            continue
        signature = known[name]["signature"]
        variadic = bool(signature) and bool(signature[-1].get("variadic"))
        if count < len(signature) or (count > len(signature) and not variadic):
            wanted = f"{'at least ' if variadic else ''}{len(signature)}"
            plural = "" if len(signature) == 1 else "s"
            message = f'the function "{name}" takes {wanted} argument{plural}, not {count}'
            found.append(_diagnostic(message, text, span))
    return found


def _calls(tree: Any) -> Iterator[tuple[str, int]]:
    if not isinstance(tree, dict):
        return
    if tree.get("type") == "function_expression":
        yield tree["value"], len(tree["children"])
    for child in tree.get("children", ()):
        yield from _calls(child)


def _diagnostic(message: str, text: str, span: Span, hint: str | None = None) -> Diagnostic:
    return Diagnostic(Code.BAD_JMESPATH, message, Location(Source("<jmespath>", text), span=span), hint=hint)
