"""`${…}` in configuration texts: what to render, and expression-valued fields written with `${…}` around their parts.

"${msg.id}"            one hole and nothing else: the value keeps its type
"dev/${msg.id}/up"     mixed: always text
"plain"                constant
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from rulechain.diagnostics import Code, Diagnostic, Location, Source, Span
from rulechain.diagnostics.errors import ExpressionError, ExpressionEvaluationError, ExpressionSyntaxError
from rulechain.expr.compile import Checked, CompiledExpression, Evaluate, check_text
from rulechain.expr.depth import deep_enough_for, depth_of
from rulechain.expr.faults import SOURCE_NAME, finding
from rulechain.expr.functions import FunctionRegistry, builtin_registry
from rulechain.expr.generate import Generated, TextPart, generate_text
from rulechain.expr.holes import OPEN, Hole, end_of_quoted, find_holes
from rulechain.expr.kinds import ANY, ENVIRONMENT_KINDS, NOTHING_KNOWN, Kind
from rulechain.expr.scope import DEFAULT_SCOPE, Scope
from rulechain.expr.tokens import PREDICATES
from rulechain.values import to_text


class Template:
    """A configuration value with its holes compiled.

    A hole of a mixed text that does not compile fails when it is rendered, as in RuleGo, whose chains load with such
    templates; `diagnostics` tells of it at load, as warnings. `function` takes the parameters of the scope; `roots` are
    the names that the holes read, each once.
    """

    def __init__(
        self,
        value: Any,
        code: Generated,
        by_name: Callable[[], Evaluate],
        *,
        is_constant: bool = False,
        diagnostics: Sequence[Diagnostic] = (),
    ) -> None:
        self.value = value
        self.function, self.roots = code
        self.is_constant = is_constant
        self.diagnostics = tuple(diagnostics)
        self._by_name = by_name

    @cached_property
    def evaluate(self) -> Evaluate:
        """What gives the value for the names in a mapping: of any type for a single hole, else text.

        It raises an ExpressionEvaluationError where a hole fails on the values, or never compiled.
        """
        return self._by_name()

    def render(self, env: Mapping[str, Any]) -> str:
        """Return the value's text form.

        Raises:
            ExpressionEvaluationError: As for `evaluate`.
        """
        return to_text(self.evaluate(env))

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
        doubts = _unclosed(value, 0) if isinstance(value, str) else ()
        return Template(value, (lambda *_: value, ()), lambda: lambda _: value, is_constant=True, diagnostics=doubts)
    if len(holes) == 1 and not _outside(value, holes[0]).strip():
        expression = compile_hole(value, holes[0], registry, scope)
        code = expression.function, expression.roots
        return Template(value, code, lambda: expression.evaluate, diagnostics=expression.warnings)
    return _mixed(value, holes, registry, scope)


def _unclosed(text: str, behind: int) -> Sequence[Diagnostic]:
    """Warn of a hole that begins behind the last one and never ends: its text stays as it is."""
    begin = text.find(OPEN, behind)
    if begin < 0:
        return ()
    place, hint = Span(begin, begin + len(OPEN)), 'close it with "}"'
    return (
        finding(
            Code.TEMPLATE_SYNTAX, "this ${ is never closed, so the text stays as it is", text, place, hint
        ).as_warning(),
    )


def _outside(text: str, hole: Hole) -> str:
    return text[: hole.span.start] + text[hole.span.end :]


def compile_hole(text: str, hole: Hole, registry: FunctionRegistry, scope: Scope = DEFAULT_SCOPE) -> CompiledExpression:
    """Return the expression in a hole; places count in the whole text."""
    checked = _check_hole(text, hole, registry)
    return CompiledExpression(text, checked, registry, scope)


def _check_hole(
    text: str, hole: Hole, registry: FunctionRegistry, environment: Mapping[str, Kind] = NOTHING_KNOWN
) -> Checked:
    start, end = hole.inner
    places = range(start, end + 1)
    return check_text(text[start:end], registry, shown=text, places=places, environment=environment)


def _mixed(text: str, holes: list[Hole], registry: FunctionRegistry, scope: Scope) -> Template:
    environment = {**dict.fromkeys([*registry.names, *PREDICATES], ANY), **ENVIRONMENT_KINDS}
    parts: list[TextPart] = []
    diagnostics: list[Diagnostic] = []
    position, levels = 0, 0
    for hole in holes:
        parts.append(text[position : hole.span.start])
        position = hole.span.end
        try:
            checked = _check_hole(text, hole, registry, environment)
        except ExpressionError as error:
            diagnostics += [diagnostic.as_warning() for diagnostic in error.diagnostics]
            parts.append(_failing(text, hole, error))
            continue
        diagnostics += checked.warnings
        parts.append(checked.root)
        levels = max(levels, depth_of(checked.root))
    parts.append(text[position:])
    diagnostics += _unclosed(text, position)

    def generated(wanted: Scope) -> Generated:
        with deep_enough_for(levels):
            return generate_text(text, parts, registry, wanted)

    code = generated(scope)

    def by_name() -> Evaluate:
        return (code if scope == DEFAULT_SCOPE else generated(DEFAULT_SCOPE))[0]

    return Template(text, code, by_name, diagnostics=diagnostics)


def _failing(text: str, hole: Hole, error: ExpressionError) -> Callable[[], Any]:
    """Return a function that fails as RuleGo does: it compiles such a hole when it renders it."""
    written = text[hole.inner.start : hole.inner.end]
    message = f"failed to compile expression '{written}': {error.diagnostics[0].message}"
    hint = error.diagnostics[0].hint

    def fail() -> Any:
        raise ExpressionEvaluationError(message, text, hole.inner, hint)

    return fail


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
    registry = functions or builtin_registry()
    bare, places = without_marks(text)
    checked = check_text(bare, registry, shown=text, places=places)
    return CompiledExpression(text, checked, registry, scope or DEFAULT_SCOPE)


def without_marks(text: str) -> tuple[str, list[int]]:
    """Return the text without the marks `${` and `}` of its holes, outside quotes only, and where each part stood."""
    dropped: set[int] = set()
    position = 0
    while position < len(text):
        if text[position] in "\"'`":
            position = end_of_quoted(text, position)
        elif text.startswith(OPEN, position) and (hole := next(find_holes(text, position), None)) is not None:
            dropped |= {*range(hole.span.start, hole.inner.start), hole.inner.end}
            position = hole.inner.start
        else:
            position += 1
    places = [position for position in range(len(text) + 1) if position not in dropped]
    return "".join([text[position] for position in places[:-1]]), places


def moved(diagnostic: Diagnostic, source: Source, pointer: str) -> Diagnostic:
    """Return a finding of an expression, template or router text as one of the document that text stands in."""
    return diagnostic.moved_to(Location(source, pointer, diagnostic.location.span))


__all__ = ["SOURCE_NAME", "Template", "compile_node_expression", "compile_template", "moved", "without_marks"]
