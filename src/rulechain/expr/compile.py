"""The public face of expressions, and the way of a text through the stages.

text ─parse→ nodes ─check→ diagnostics ─fold→ nodes ─rewrite→ nodes ─generate→ function
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from rulechain.diagnostics import Diagnostic, errors_in
from rulechain.diagnostics.errors import ExpressionTypeError
from rulechain.expr.check import check_expression
from rulechain.expr.depth import deep_enough_for, depth_of
from rulechain.expr.fold import fold_constants
from rulechain.expr.functions import FunctionRegistry, builtin_registry
from rulechain.expr.generate import generate
from rulechain.expr.kinds import NOTHING_KNOWN, Kind
from rulechain.expr.nodes import Node
from rulechain.expr.parse import parse_expression
from rulechain.expr.rewrite import rewrite
from rulechain.expr.scope import DEFAULT_SCOPE, Scope


class CompiledExpression:
    """An expression ready to be evaluated, any number of times and from any thread.

    `function` takes the parameters of the scope it was compiled for; `evaluate` takes a mapping from names to values.
    """

    def __init__(
        self, text: str, root: Node, registry: FunctionRegistry, scope: Scope, warnings: Sequence[Diagnostic]
    ) -> None:
        self.text = text
        self.warnings = tuple(warnings)
        with deep_enough_for(depth_of(root)):
            self.function, self.roots = generate(text, root, registry, scope)
        self.root = root
        self._registry = registry
        self._scope = scope

    @cached_property
    def _evaluate(self) -> Callable[[Mapping[str, Any]], Any]:
        if self._scope == DEFAULT_SCOPE:
            return self.function
        with deep_enough_for(depth_of(self.root)):
            return generate(self.text, self.root, self._registry, DEFAULT_SCOPE)[0]

    def evaluate(self, env: Mapping[str, Any]) -> Any:
        """Return the value for the names given; a name that is missing is nil.

        Raises:
            ExpressionEvaluationError: The expression cannot work on these values.
        """
        return self._evaluate(env)

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
    return CompiledExpression(text, checked.root, registry, scope or DEFAULT_SCOPE, checked.warnings)


class Checked(NamedTuple):
    """A tree in which nothing is wrong, ready for code, and what is doubtful in it."""

    root: Node
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
        diagnostics = check_expression(root, written, registry, environment)
        folded, mistakes = fold_constants(root, written)
        diagnostics += mistakes
        if errors_in(diagnostics):
            raise ExpressionTypeError(diagnostics)
        return Checked(rewrite(folded, registry), tuple(diagnostics))
