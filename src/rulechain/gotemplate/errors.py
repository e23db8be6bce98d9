"""How a template's mistakes are raised: while it is compiled as diagnostics, while it runs as a Failure's text."""

from rulechain.diagnostics import Code, Diagnostic, Location, Source, Span
from rulechain.diagnostics.errors import ExpressionEvaluationError, ExpressionSyntaxError

NAME = "template"
_SHOWN = 20


class TemplateFault(Exception):  # noqa: N818 - not an error of its own: it becomes a TemplateError with a place
    """A function cannot work on these values."""


class TemplateError(ExpressionEvaluationError):
    """A template failed on this data; the text is Go's, because chains find it in the metadata key `errorMsg`."""

    def __str__(self) -> str:
        if self.span is None:
            return self.message
        before = self.text[: self.span.start]
        line = before.count("\n") + 1
        column = len(before[before.rfind("\n") + 1 :].encode("utf-8", "surrogatepass"))
        written = self.text[self.span.start : self.span.end]
        shown = written if len(written) <= _SHOWN else f"{written[:_SHOWN]}..."
        return f'template: {NAME}:{line}:{column}: executing "{NAME}" at <{shown}>: {self.message}'


def syntax_error(message: str, text: str, span: Span, hint: str | None = None) -> ExpressionSyntaxError:
    """Return the error for a text that is no Go template."""
    location = Location(Source(f"<{NAME}>", text), span=span)
    return ExpressionSyntaxError([Diagnostic(Code.TEMPLATE_SYNTAX, message, location, hint=hint)])
