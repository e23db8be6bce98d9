"""Calls of functions to Python syntax trees; a few functions become code of their own where a type is known."""

import ast
from collections.abc import Callable

from rulechain.expr import code, kinds, members
from rulechain.expr.budget import make_list
from rulechain.expr.charges import bounded, scanned, taken
from rulechain.expr.emitter import Emitted, Emitter, Handler
from rulechain.expr.functions.collection import length
from rulechain.expr.functions.convert import print_value
from rulechain.expr.functions.registry import FunctionSpec
from rulechain.expr.nodes import Call, Node

_SCALARS = frozenset([kinds.INT, kinds.FLOAT, kinds.BOOL])
_SIZED = frozenset([list, str, dict])


def _call(emitter: Emitter, node: Call) -> Emitted:
    arguments = [emitter.emit(argument) for argument in node.arguments]
    variable = None if node.builtin else emitter.bound(node.name)
    spec = emitter.registry.get(node.name)
    if spec is None or variable is not None:
        return Emitted(_call_value(emitter, node, variable, [argument.code for argument in arguments]))
    if not spec.least <= len(arguments) <= (len(arguments) if spec.most is None else spec.most):
        # Refused by the checker, but for what expr-lang does not look at.
        codes = [argument.code for argument in arguments]
        return Emitted(emitter.helper(node.span, members.refuse_call, code.constant(spec.name), *codes))
    kind = spec.result_kind([argument.kind for argument in arguments]) if spec.trusted else kinds.ANY
    inline = _INLINE.get(spec.call)
    if inline is not None and (built := inline(emitter, node, arguments[0])) is not None:
        return Emitted(built, kind)
    built = _call_function(emitter, node, spec, arguments)
    return Emitted(built if kind in _SCALARS else bounded(emitter, node.span, built), kind)


def _call_value(emitter: Emitter, node: Call, variable: Emitted | None, arguments: list[ast.expr]) -> ast.expr:
    """Return the call of a value: one bound by `let`, or what the environment has under the name."""
    if variable is not None:
        return emitter.helper(node.span, members.call_value, variable.code, *arguments)
    callee = code.name(emitter.root(node.name))
    if node.builtin:
        return emitter.helper(node.span, members.call_value, callee, *arguments)
    return emitter.helper(node.span, members.call_named, callee, code.constant(node.name), *arguments)


def _call_function(emitter: Emitter, node: Call, spec: FunctionSpec, arguments: list[Emitted]) -> ast.expr:
    codes = [scanned(emitter, node.span, argument, spec.cost) for argument in arguments]
    if spec.budgeted:
        codes.append(emitter.budget())
    identifier = f"f_{spec.name}"
    emitter.objects[identifier] = spec.call
    result = taken(emitter, node.span, emitter.at(node.span, code.call(identifier, *codes)), spec.steps)
    return emitter.helper(node.span, make_list, result, emitter.budget()) if spec.builds else result


def _length(emitter: Emitter, node: Call, value: Emitted) -> ast.expr:
    """Return code for `len`: Python's own counts the elements and characters of the usual values."""
    if value.kind.is_list or value.kind == kinds.STRING:
        return code.call("len", value.code)
    first, again = emitter.once(value.code)
    emitter.objects["SIZED"] = _SIZED
    is_sized = code.compare(code.type_of(first), (ast.In(), code.name("SIZED")))
    return code.choose(is_sized, code.call("len", again), emitter.helper(node.span, length, again))


def _string(_: Emitter, __: Call, value: Emitted) -> ast.expr | None:
    """Return code for `string` where it needs no look at the value."""
    if value.kind == kinds.INT:
        return ast.JoinedStr([ast.FormattedValue(value.code, -1, None)])
    return value.code if value.kind == kinds.STRING else None


_INLINE: dict[Callable[..., object], Callable[[Emitter, Call, Emitted], ast.expr | None]] = {
    length: _length,
    print_value: _string,
}
HANDLERS: dict[type[Node], Handler] = {Call: _call}
