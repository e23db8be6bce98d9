"""The tree to a Python function, and the public face of expressions.

    text ─parse→ nodes ─check→ diagnostics ─fold→ nodes ─emit→ Python syntax tree ─compile()→ function

The generated function knows the place of every operation: the line number of an instruction is the number of a place in
the expression. Helpers raise without a place, which costs nothing while nothing fails; the handler at the end of the
function reads the line from the traceback.
"""

import ast
from collections.abc import Callable, Mapping
from functools import cached_property
from types import CodeType, FunctionType, TracebackType
from typing import Any

from rulechain.diagnostics import Code, Diagnostic, Span, errors_in
from rulechain.diagnostics.errors import ExpressionEvaluationError, ExpressionSyntaxError, ExpressionTypeError
from rulechain.expr import code, emit, emit_elements, emit_operators
from rulechain.expr.check import check_expression
from rulechain.expr.emit import BUDGET, Emitter
from rulechain.expr.faults import Fault, finding
from rulechain.expr.fold import fold_constants
from rulechain.expr.functions import FunctionRegistry, builtin_registry
from rulechain.expr.kinds import NOTHING_KNOWN, Kind
from rulechain.expr.limits import MAX_DEPTH
from rulechain.expr.nodes import Let, Node, Sequence
from rulechain.expr.parse import parse_expression
from rulechain.expr.scope import DEFAULT_SCOPE, ENVIRONMENT, Scope

_FILE = "<expression>"
_HANDLERS = {**emit.HANDLERS, **emit_operators.HANDLERS, **emit_elements.HANDLERS}
_BUILTINS = {"type": type, "dict": dict, "float": float, "str": str, "Exception": Exception}


class CompiledExpression:
    """An expression ready to be evaluated, any number of times and from any thread.

    `function` takes the parameters of the scope it was compiled for; `evaluate` takes a mapping from names to values.
    """

    def __init__(
        self, text: str, root: Node, registry: FunctionRegistry, scope: Scope, warnings: list[Diagnostic]
    ) -> None:
        self.text = text
        self.warnings = tuple(warnings)
        self.function, self.roots = generate(text, root, registry, scope)
        self.root = root
        self._registry = registry
        self._scope = scope

    @cached_property
    def _evaluate(self) -> Callable[[Mapping[str, Any]], Any]:
        if self._scope == DEFAULT_SCOPE:
            return self.function
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
    return compile_shown(text, text, functions or builtin_registry(), scope or DEFAULT_SCOPE)


def compile_shown(
    text: str,
    shown: str,
    registry: FunctionRegistry,
    scope: Scope,
    environment: Mapping[str, Kind] = NOTHING_KNOWN,
) -> CompiledExpression:
    """Return the expression of a text that stands for another one, `shown`, with every character in its place.

    `environment` has the static types of names, where they are known.
    """
    root = parse_expression(text, shown)
    try:
        folded, mistakes = fold_constants(root, shown)
        diagnostics = [*check_expression(root, shown, registry, environment), *mistakes]
        if errors_in(diagnostics):
            raise ExpressionTypeError(diagnostics)
        return CompiledExpression(shown, folded, registry, scope, diagnostics)
    except RecursionError:
        message = f"the expression is nested too deeply here: at most {MAX_DEPTH} levels are allowed"
        raise ExpressionSyntaxError([finding(Code.EXPRESSION_TOO_LARGE, message, shown, root.span)]) from None


def generate(
    text: str, root: Node, registry: FunctionRegistry, scope: Scope
) -> tuple[Callable[..., Any], tuple[str, ...]]:
    """Return the function for a tree, and the names it reads from its environment."""
    emitter = Emitter(registry, _HANDLERS)
    emitter.spans.append(root.span)
    statements = _statements(emitter, root)
    before: list[ast.stmt] = [_assign(identifier, scope.read(name)) for name, identifier in emitter.roots.items()]
    if emitter.budgeted:
        before.append(_assign(BUDGET, ast.List([code.constant(0) for _ in range(3)], code.LOAD)))
    module = ast.Module([_function(scope.parameters, [*before, *statements])], [])
    ast.fix_missing_locations(module)
    compiled = compile(module, _FILE, "exec")
    body = next(constant for constant in compiled.co_consts if isinstance(constant, CodeType))
    names = {**_BUILTINS, **emitter.objects, "failure": _failure_of(text, tuple(emitter.spans))}
    return FunctionType(body, {"__builtins__": {}, **names}), tuple(
        name for name in emitter.roots if name != ENVIRONMENT
    )


def _statements(emitter: Emitter, node: Node) -> list[ast.stmt]:
    """Return the outermost `let`s and sequences as statements, which nest less deeply than expressions."""
    if isinstance(node, Let):
        value = emitter.code(node.value)
        with emitter.binding(node.name) as identifier:
            return [_assign(identifier, value), *_statements(emitter, node.body)]
    if isinstance(node, Sequence):
        *first, last = node.items
        return [*[ast.Expr(emitter.code(item)) for item in first], *_statements(emitter, last)]
    return [ast.Return(emitter.code(node))]


def _assign(identifier: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(identifier, code.STORE)], value)


def _function(parameters: tuple[str, ...], body: list[ast.stmt]) -> ast.stmt:
    """Return a function whose body hands every exception to `failure`."""
    caught = ast.ExceptHandler(
        code.name("Exception"), "error", [ast.Raise(code.call("failure", code.name("error")), code.name("error"))]
    )
    guarded = ast.Try(body, [caught], [], [])
    return ast.FunctionDef("expression", code.arguments(list(parameters)), [guarded], [], lineno=1)


def _failure_of(text: str, spans: tuple[Span, ...]) -> Callable[[Exception], ExpressionEvaluationError]:
    """Return what turns an exception of the generated function into the error its caller gets."""

    def failure(error: Exception) -> ExpressionEvaluationError:
        if isinstance(error, ExpressionEvaluationError):
            return error
        hint = error.hint if isinstance(error, Fault) else None
        message = error.message if isinstance(error, Fault) else _foreign(error)
        return ExpressionEvaluationError(message, text, _span(error.__traceback__, spans), hint)

    return failure


def _foreign(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "the value is nested too deeply"
    return str(error) or type(error).__name__


def _span(traceback: TracebackType | None, spans: tuple[Span, ...]) -> Span | None:
    """Return the place of the innermost generated instruction in a traceback."""
    line = 1
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == _FILE:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return spans[line - 1] if line <= len(spans) else None
