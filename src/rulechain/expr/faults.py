"""How a mistake in an expression is raised: at compile time as diagnostics, at run time as a fault without a place.

Run-time helpers and functions raise `Fault` with words alone; the compiled function knows the place and adds it.
"""

from rulechain.diagnostics import Code, Diagnostic, Location, Source, Span
from rulechain.diagnostics.errors import ExpressionSyntaxError
from rulechain.expr.limits import MAX_BUILT_TEXT, MAX_ELEMENTS

SOURCE_NAME = "<expression>"


class Fault(Exception):  # noqa: N818 - not an error of its own: it becomes an ExpressionEvaluationError with a place
    """An operator or function cannot work on these values. Functions registered by users may raise it too."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SyntaxFault(Exception):  # noqa: N818 - becomes an ExpressionSyntaxError, which knows the text
    """The text does not follow the grammar at this place."""

    def __init__(self, code: Code, message: str, span: Span, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.span = span
        self.hint = hint


def too_many_elements() -> Fault:
    """Return the refusal to build more lists, maps and ranges."""
    limit = f"{MAX_ELEMENTS:,} elements of lists and maps, and characters of repeat()"
    return Fault("memory budget exceeded", f"one evaluation may build {limit}; this limit is fixed")


def too_much_text() -> Fault:
    """Return the refusal to build a longer text, or more of them."""
    hint = f"one evaluation may build {MAX_BUILT_TEXT:,} characters of text; this limit is fixed"
    return Fault("memory budget exceeded", hint)


def finding(code: Code, message: str, text: str, span: Span, hint: str | None = None) -> Diagnostic:
    """Return a diagnostic at a place of an expression's text."""
    start = min(span.start, len(text))
    place = Span(start, max(start, min(span.end, len(text))))
    return Diagnostic(code, message, Location(Source(SOURCE_NAME, text), span=place), hint=hint)


def syntax_error(fault: SyntaxFault, text: str) -> ExpressionSyntaxError:
    """Return the error for a text that does not follow the grammar."""
    return ExpressionSyntaxError([finding(fault.code, fault.message, text, fault.span, fault.hint)])
