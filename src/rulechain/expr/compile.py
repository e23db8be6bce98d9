"""The public face of expressions, and the way of a text through the stages.

text ─parse→ nodes ─check→ diagnostics ─fold→ nodes ─rewrite→ nodes ─generate→ function
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from rulechain.diagnostics import Code, Diagnostic, Span, did_you_mean, errors_in
from rulechain.diagnostics.errors import ExpressionTypeError
from rulechain.expr.check import check_expression
from rulechain.expr.depth import deep_enough_for, depth_of
from rulechain.expr.faults import finding
from rulechain.expr.fold import fold_constants
from rulechain.expr.foreign import foreign_name
from rulechain.expr.functions import FunctionRegistry, builtin_registry
from rulechain.expr.generate import generate
from rulechain.expr.kinds import ANY, BOOL, NOTHING_KNOWN, Kind
from rulechain.expr.nodes import Name, Node, Text, children
from rulechain.expr.parse import parse_expression
from rulechain.expr.rewrite import rewrite
from rulechain.expr.scope import DEFAULT_SCOPE, ENVIRONMENT, Scope

# What takes a mapping from names to values.
Evaluate = Callable[[Mapping[str, Any]], Any]


class CompiledExpression:
    """An expression ready to be evaluated, any number of times and from any thread.

    `function` takes the parameters of the scope it was compiled for; `evaluate` takes a mapping from names to values.
    `kind` is the static type of its value, as far as it is known.
    """

    def __init__(self, text: str, checked: "Checked", registry: FunctionRegistry, scope: Scope) -> None:
        self.text = text
        self.root, self.kind, self.warnings = checked
        with deep_enough_for(depth_of(self.root)):
            self.function, self.roots = generate(text, self.root, registry, scope)
        self._registry = registry
        self._scope = scope

    @cached_property
    def evaluate(self) -> Evaluate:
        """What gives the value for the names in a mapping; a name that is missing is nil.

        It is the generated function itself: a method around it would take a third of the time of a short expression.
        It raises an ExpressionEvaluationError where the expression cannot work on the values.
        """
        if self._scope == DEFAULT_SCOPE:
            return self.function
        with deep_enough_for(depth_of(self.root)):
            return generate(self.text, self.root, self._registry, DEFAULT_SCOPE)[0]

    def __repr__(self) -> str:
        return f"CompiledExpression({self.text!r})"


def compile_expression(
    text: str, *, functions: FunctionRegistry | None = None, scope: Scope | None = None
) -> CompiledExpression:
    """Return an expression compiled for a scope.

    Args:
        text: What the user wrote.
        functions: The functions it may call; the built-in ones by default.
        scope: How the generated function reaches its names; by default it takes one mapping.

    Raises:
        ExpressionSyntaxError: The text does not follow the grammar.
        ExpressionTypeError: It can never work; every reason is among the diagnostics.
    """
    registry = functions or builtin_registry()
    checked = check_text(text, registry)
    return CompiledExpression(text, checked, registry, scope or DEFAULT_SCOPE)


def condition_mistakes(expression: CompiledExpression) -> list[Diagnostic]:
    """Return what is doubtful about an expression whose value is to be true or false."""
    if expression.kind in (ANY, BOOL):
        return []
    message = f"the condition is never true: it gives {expression.kind}"
    hint = "leave out the quotes around it" if isinstance(expression.root, Text) else "compare it with something"
    place = Span(0, len(expression.text))
    return [finding(Code.BAD_CONDITION, message, expression.text, place, hint).as_warning()]


def unknown_names(expression: CompiledExpression, known: Collection[str]) -> list[Diagnostic]:
    """Return a warning for each name of the environment that is none of those known: it reads as nil."""
    unknown = {name for name in expression.roots if name not in known and name != ENVIRONMENT}
    found = []
    for node in _names(expression.root):
        # What another language has a name for is told already.
        if node.name in unknown and foreign_name(node.name) is None:
            unknown.discard(node.name)
            message = f'there is no name "{node.name}": it reads as nil'
            hint = did_you_mean(node.name, known)
            found.append(finding(Code.UNKNOWN_NAME, message, expression.text, node.span, hint).as_warning())
    return found


def _names(root: Node) -> Iterator[Name]:
    """Yield the names in a tree from left to right."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Name):
            yield node
        waiting += reversed(tuple(children(node)))


class Checked(NamedTuple):
    """A tree in which nothing is wrong, ready for code, the static type of its value, and what is doubtful in it."""

    root: Node
    kind: Kind
    warnings: tuple[Diagnostic, ...]


def check_text(
    text: str,
    registry: FunctionRegistry,
    *,
    shown: str | None = None,
    places: Sequence[int] | None = None,
    environment: Mapping[str, Kind] = NOTHING_KNOWN,
) -> Checked:
    """Return the tree of a text.

    Args:
        text: What is parsed.
        registry: The functions it may call.
        shown: What the user wrote, where `text` is only a part of it.
        places: For each offset in `text`, and for its end, the offset in `shown`.
        environment: The static types of names, where they are known.

    Raises:
        ExpressionError: It does not follow the grammar, or can never work.
    """
    root = parse_expression(text, shown, places)
    written = text if shown is None else shown
    with deep_enough_for(depth_of(root)):
        kind, diagnostics = check_expression(root, written, registry, environment)
        folded, mistakes = fold_constants(root, written)
        diagnostics += mistakes
        if errors_in(diagnostics):
            raise ExpressionTypeError(diagnostics)
        return Checked(rewrite(folded, registry), kind, tuple(diagnostics))
