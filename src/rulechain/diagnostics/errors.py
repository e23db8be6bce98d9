"""The exceptions of this package.

    RuleChainError
    ├─ ChainError          a document, graph or plan is wrong (load, compile)
    ├─ ExpressionError     an expression, template or script text
    │  ├─ ExpressionSyntaxError
    │  ├─ ExpressionTypeError
    │  └─ ExpressionEvaluationError
    ├─ RegistryError
    │  ├─ UnknownTypeError
    │  └─ DuplicateTypeError
    ├─ RunError
    │  └─ NodeError
    ├─ EndpointError
    │  ├─ EndpointConfigurationError
    │  └─ EndpointUnavailableError   worth retrying
    └─ InternalError       our bug

Exceptions carry diagnostics; they do not replace them. `str()` of any is text a user can act on.
"""

from collections.abc import Callable, Sequence
from functools import partial

from rulechain.diagnostics.codes import Code
from rulechain.diagnostics.diagnostic import Diagnostic
from rulechain.diagnostics.locate import line_and_column, line_at
from rulechain.diagnostics.location import Location, Source, Span
from rulechain.diagnostics.render import render_diagnostics

_SHOWN = 20


class RuleChainError(Exception):
    """Base of all errors this package raises on purpose."""

    diagnostics: Sequence[Diagnostic] = ()


class DiagnosticError(RuleChainError):
    """Base of the errors that are raised with a list of findings."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(render_diagnostics(self.diagnostics, limit=_SHOWN))

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), (self.diagnostics,)


class ChainError(DiagnosticError):
    """A chain could not be loaded or compiled; `.diagnostics` holds every problem found, warnings included."""


class ExpressionError(DiagnosticError):
    """An expression or template is wrong, or failed on its data."""


class ExpressionSyntaxError(ExpressionError):
    """The text does not follow the grammar."""


class ExpressionTypeError(ExpressionError):
    """The text is grammatical, but can never work: wrong types, unknown function, wrong number of arguments."""


class ExpressionEvaluationError(ExpressionError):
    """The expression failed on this data.

    Raised per message, so nothing is rendered until somebody looks. `str()` has expr-lang's shape, because chains find
    it in the metadata key `errorMsg`: the sentence with `(line:column)`, the source line, dots and a caret.
    """

    def __init__(self, message: str, text: str = "", span: Span | None = None, hint: str | None = None) -> None:
        Exception.__init__(self, message, text, span, hint)
        self.message = message
        self.text = text
        self.span = span
        self.hint = hint

    @property
    def diagnostics(self) -> Sequence[Diagnostic]:  # type: ignore[override]
        """The failure as one finding in the expression's text."""
        location = Location(Source("<expression>", self.text), span=self.span)
        return (Diagnostic(Code.EVALUATION, self.message, location, hint=self.hint),)

    def __str__(self) -> str:
        if self.span is None:
            return self.message
        line, column = line_and_column(self.text, self.span.start)
        return f"{self.message} ({line}:{column})\n | {line_at(self.text, line)}\n | {'.' * (column - 1)}^"

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), (self.message, self.text, self.span, self.hint)


class RegistryError(RuleChainError):
    """A registry was asked for a name it does not have, or given one twice."""

    def __init__(self, message: str, *, name: str, known: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.name = name
        self.known = tuple(known)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return partial(type(self), name=self.name, known=self.known), self.args


class UnknownTypeError(RegistryError):
    """No component or endpoint of this type is registered."""


class DuplicateTypeError(RegistryError):
    """A second component or endpoint was registered under a type that is taken."""


class RunError(RuleChainError):
    """A run could not go on."""


class NodeError(RunError):
    """Raised by a component to end its node with relation Failure; the text becomes the metadata key `errorMsg`."""


class EndpointError(RuleChainError):
    """An endpoint could not be built, started or used."""


class EndpointConfigurationError(EndpointError, DiagnosticError):
    """An endpoint document is wrong; `.diagnostics` says where."""


class EndpointUnavailableError(EndpointError):
    """The service behind an endpoint could not be reached; trying again later makes sense."""


class InternalError(RuleChainError):
    """A bug in rulechain itself: please report it with the text of this error."""
