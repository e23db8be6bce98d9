"""`${…}` in configuration texts: what to render, and expression-valued fields written with `${…}` around their parts.

"${msg.id}"            one hole and nothing else: the value keeps its type
"dev/${msg.id}/up"     mixed: always text
"plain"                constant
"""

from collections.abc import Callable, Mapping
from typing import Any

from rulechain.diagnostics import Code, Diagnostic, Location, Source, Span
from rulechain.diagnostics.errors import ExpressionError, ExpressionEvaluationError, ExpressionSyntaxError
from rulechain.expr.compile import CompiledExpression, compile_shown
from rulechain.expr.faults import SOURCE_NAME, finding
from rulechain.expr.functions import FunctionRegistry, builtin_registry
from rulechain.expr.holes import OPEN, Hole, end_of_quoted, find_holes
from rulechain.expr.kinds import ENVIRONMENT_KINDS, NOTHING_KNOWN, Kind
from rulechain.expr.scope import DEFAULT_SCOPE, Scope
from rulechain.values import to_text

Render = Callable[..., Any]


class Template:
    """A configuration value with its holes compiled.

    A hole of a mixed text that does not compile fails when it is rendered, as in RuleGo, whose chains load with such
    templates; `diagnostics` tells of it at load, as warnings. `function` takes the parameters of the scope.
    """

    def __init__(
        self,
        value: Any,
        expressions: tuple[CompiledExpression, ...],
        functions: tuple[Render, Render],
        diagnostics: tuple[Diagnostic, ...] = (),
    ) -> None:
        self.value = value
        self.diagnostics = diagnostics
        self.function, self._evaluate = functions
        self._expressions = expressions

    @property
    def is_constant(self) -> bool:
        """Whether it has no holes: it then evaluates to the configured value itself."""
        return not self._expressions and not self.diagnostics

    @property
    def roots(self) -> tuple[str, ...]:
        """The names its holes read, each once."""
        return tuple(dict.fromkeys(root for expression in self._expressions for root in expression.roots))

    def evaluate(self, env: Mapping[str, Any]) -> Any:
        """Return the value: of any type for a single hole, else text.

        Raises:
            ExpressionEvaluationError: A hole failed on these values, or never compiled.
        """
        return self._evaluate(env)

    def render(self, env: Mapping[str, Any]) -> str:
        """Return the value's text form.

        Raises:
            ExpressionEvaluationError: As for `evaluate`.
        """
        return to_text(self._evaluate(env))

    def __repr__(self) -> str:
        return f"Template({self.value!r})"


def compile_template(value: Any, *, functions: FunctionRegistry | None = None, scope: Scope | None = None) -> Template:
    """Return the template of a configuration value; anything but text is constant.

    Raises:
        ExpressionError: The text is a single hole that does not compile. Places count in the text itself.
    """
    registry, scope = functions or builtin_registry(), scope or DEFAULT_SCOPE
    holes = list(find_holes(value)) if isinstance(value, str) else []
    if not holes:
        return Template(value, (), (lambda *_: value, lambda _: value))
    if len(holes) == 1 and not _outside(value, holes[0]).strip():
        expression = compile_hole(value, holes[0], registry, scope)
        return Template(value, (expression,), (expression.function, expression.evaluate))
    return _mixed(value, holes, registry, scope)


def _outside(text: str, hole: Hole) -> str:
    return text[: hole.span.start] + text[hole.span.end :]


def compile_hole(
    text: str,
    hole: Hole,
    registry: FunctionRegistry,
    scope: Scope = DEFAULT_SCOPE,
    environment: Mapping[str, Kind] = NOTHING_KNOWN,
) -> CompiledExpression:
    """Return the expression in a hole, compiled with every other character blanked: places count in the whole text."""
    blanked = " " * hole.inner.start + text[hole.inner.start : hole.inner.end] + " " * (len(text) - hole.inner.end)
    return compile_shown(blanked, text, registry, scope, environment)


def _mixed(text: str, holes: list[Hole], registry: FunctionRegistry, scope: Scope) -> Template:
    parts: list[str | Render] = []
    by_name: list[str | Render] = []
    expressions: list[CompiledExpression] = []
    diagnostics: list[Diagnostic] = []
    position = 0
    for hole in holes:
        plain = text[position : hole.span.start]
        position = hole.span.end
        try:
            expression = compile_hole(text, hole, registry, scope, ENVIRONMENT_KINDS)
        except ExpressionError as error:
            diagnostics += [diagnostic.as_warning() for diagnostic in error.diagnostics]
            failing = _failing(text, hole, error)
            parts += [plain, failing]
            by_name += [plain, failing]
            continue
        expressions.append(expression)
        parts += [plain, expression.function]
        by_name += [plain, expression.evaluate]
    rest = text[position:]
    functions = (_joined([*parts, rest]), _joined([*by_name, rest]))
    return Template(text, tuple(expressions), functions, tuple(diagnostics))


def _failing(text: str, hole: Hole, error: ExpressionError) -> Render:
    """Return a function that fails as RuleGo does: it compiles such a hole when it renders it."""
    written = text[hole.inner.start : hole.inner.end]
    message = f"failed to compile expression '{written}': {error.diagnostics[0].message}"
    hint = error.diagnostics[0].hint

    def fail(*_: Any) -> Any:
        raise ExpressionEvaluationError(message, text, hole.inner, hint)

    return fail


def _joined(parts: list[str | Render]) -> Render:
    """Return a function that renders the parts, in order, into one text."""
    steps = [part for part in parts if part != ""]

    def render(*arguments: Any) -> str:
        return "".join([step if type(step) is str else to_text(step(*arguments)) for step in steps])  # type: ignore[operator]

    return render


def compile_node_expression(
    text: str, *, functions: FunctionRegistry | None = None, scope: Scope | None = None
) -> CompiledExpression:
    """Return the expression of a field that is one, such as exprFilter's `expr`.

    RuleGo lets `${…}` stand around any part of it, outside quotes, and drops the marks. Places count in the text as
    written.

    Raises:
        ExpressionError: It is empty or does not compile.
    """
    if not text.strip():
        raise ExpressionSyntaxError(
            [finding(Code.EXPRESSION_EMPTY, "the expression is empty", text, Span(0, len(text)))]
        )
    return compile_shown(_without_marks(text), text, functions or builtin_registry(), scope or DEFAULT_SCOPE)


def _without_marks(text: str) -> str:
    """Return the text with the marks `${` and `}` of its holes blanked, outside quotes only."""
    characters = list(text)
    position = 0
    while position < len(text):
        if text[position] in "\"'`":
            position = end_of_quoted(text, position)
        elif text.startswith(OPEN, position) and (hole := next(find_holes(text, position), None)) is not None:
            characters[hole.span.start : hole.inner.start] = "  "
            characters[hole.inner.end] = " "
            position = hole.inner.start
        else:
            position += 1
    return "".join(characters)


def moved(diagnostic: Diagnostic, source: Source, pointer: str) -> Diagnostic:
    """Return a finding of an expression, template or router text as one of the document that text stands in."""
    return diagnostic.moved_to(Location(source, pointer, diagnostic.location.span))


__all__ = ["SOURCE_NAME", "Template", "compile_node_expression", "compile_template", "moved"]
