"""The tree to a Python function.

The generated function knows the place of every operation: the line number of an instruction is the number of a place in
the expression. Helpers raise without a place, which costs nothing while nothing fails; the handler at the end of the
function reads the line from the traceback.
"""

import ast
from collections.abc import Callable, Sequence
from types import CodeType, FunctionType, TracebackType
from typing import Any

from rulechain.diagnostics import Span
from rulechain.diagnostics.errors import ExpressionEvaluationError
from rulechain.expr import code, emit, emit_calls, emit_elements, emit_operators, kinds
from rulechain.expr.emitter import BUDGET, Emitter, Traits
from rulechain.expr.faults import Fault
from rulechain.expr.functions import FunctionRegistry
from rulechain.expr.nodes import Binary, Call, Let, Node, Predicate, children
from rulechain.expr.nodes import Sequence as SequenceNode
from rulechain.expr.scope import ENVIRONMENT, Scope
from rulechain.values import format_float_plain, to_text

_FILE = "<expression>"
_MANY = 100
_MAKE_NIL_LISTS = frozenset(["split", "splitAfter", "concat", "sort", "groupBy"])
_HANDLERS = {**emit.HANDLERS, **emit_calls.HANDLERS, **emit_operators.HANDLERS, **emit_elements.HANDLERS}
_BUILTINS = {
    built_in.__name__: built_in
    for built_in in (type, bool, int, float, str, list, dict, len, enumerate, reversed, Exception)
}

# Plain text, an expression, or a function that raises what is wrong with a hole.
TextPart = str | Node | Callable[[], Any]
# A generated function, and the names it reads from its environment.
Generated = tuple[Callable[..., Any], tuple[str, ...]]


def generate(text: str, root: Node, registry: FunctionRegistry, scope: Scope) -> Generated:
    """Return the function for a tree, and the names it reads from its environment."""
    emitter = Emitter(registry, _HANDLERS, _traits([root]))
    emitter.spans.append(root.span)
    return _assembled(text, emitter, _statements(emitter, root), scope)


def generate_text(text: str, parts: Sequence[TextPart], registry: FunctionRegistry, scope: Scope) -> Generated:
    """Return the function that joins the text forms of parts."""
    emitter = Emitter(registry, _HANDLERS, _traits([part for part in parts if isinstance(part, Node)]))
    emitter.spans.append(Span(0, len(text)))
    values: list[ast.expr] = [
        code.constant(part) if isinstance(part, str) else ast.FormattedValue(_text_of(emitter, part), -1, None)
        for part in parts
    ]
    return _assembled(text, emitter, [ast.Return(ast.JoinedStr(values))], scope)


def _traits(roots: list[Node]) -> Traits:
    """Return what is known of trees from one look at their nodes."""
    operations, nil_lists = 0, False
    stack = list(roots)
    while stack:
        node = stack.pop()
        operations += isinstance(node, (Binary, Call))
        nil_lists |= isinstance(node, (Call, Predicate)) and node.name in _MAKE_NIL_LISTS
        stack.extend(children(node))
    return Traits(repetitive=operations > _MANY, nil_lists=nil_lists)


def _text_of(emitter: Emitter, part: Node | Callable[[], Any]) -> ast.expr:
    """Return code for a part's text form: texts cost no call, floats a direct one."""
    if not isinstance(part, Node):
        return code.call(emitter.held(part, "fail"))
    emitted = emitter.emit(part)
    if emitted.kind in (kinds.STRING, kinds.INT):
        return emitted.code
    first, again = emitter.once(emitted.code)
    shown = emitter.helper(part.span, to_text, again)
    if isinstance(first, ast.Constant):
        return shown
    is_float = code.is_(code.type_of(again), code.name("float"))
    number = code.choose(is_float, emitter.helper(part.span, format_float_plain, again), shown)
    return code.choose(code.is_(code.type_of(first), code.name("str")), again, number)


def _assembled(text: str, emitter: Emitter, statements: list[ast.stmt], scope: Scope) -> Generated:
    before: list[ast.stmt] = [code.assign(identifier, scope.read(name)) for name, identifier in emitter.roots.items()]
    if emitter.budgeted:
        before.append(code.assign(BUDGET, ast.List([code.constant(0) for _ in range(3)], code.LOAD)))
    module = ast.Module([*emitter.parts, _guarded(scope.parameters, [*before, *statements])], [])
    ast.fix_missing_locations(module)
    names = {**_BUILTINS, **emitter.objects, "failure": _failure_of(text, tuple(emitter.spans))}
    names["__builtins__"] = {}
    for body in compile(module, _FILE, "exec").co_consts:
        if isinstance(body, CodeType):
            names[body.co_name] = FunctionType(body, names)
    return names[_NAME], tuple(name for name in emitter.roots if name != ENVIRONMENT)


def _statements(emitter: Emitter, node: Node) -> list[ast.stmt]:
    """Return the outermost `let`s and sequences as statements, which nest less deeply than expressions."""
    if isinstance(node, Let):
        value = emitter.emit(node.value)
        with emitter.binding(node.name, value.kind) as identifier:
            return [code.assign(identifier, value.code), *_statements(emitter, node.body)]
    if isinstance(node, SequenceNode):
        *first, last = node.items
        return [*[ast.Expr(emitter.code(item)) for item in first], *_statements(emitter, last)]
    return [ast.Return(emitter.code(node))]


_NAME = "expression"


def _guarded(parameters: tuple[str, ...], body: list[ast.stmt]) -> ast.stmt:
    """Return a function whose body hands every exception to `failure`."""
    caught = ast.ExceptHandler(
        code.name("Exception"), "error", [ast.Raise(code.call("failure", code.name("error")), code.name("error"))]
    )
    return code.define(_NAME, list(parameters), [ast.Try(body, [caught], [], [])])


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
