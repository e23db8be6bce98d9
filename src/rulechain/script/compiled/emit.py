"""Values, members and calls to code."""

import ast
from collections.abc import Callable

from rulechain.script.compiled import code, nodes
from rulechain.script.compiled.emitter import ANY, NUMBER, TEXT, TRUTH, Emitted, Emitter, Handlers, identifier
from rulechain.script.compiled.errors import Unsupported
from rulechain.script.compiled.functions import ANY_NUMBER, CALLBACK_METHODS, CONSTANTS, FUNCTIONS, GLOBALS, METHODS
from rulechain.script.compiled.members import INHERITED
from rulechain.script.compiled.scope import CONSTANT_OBJECTS
from rulechain.script.compiled.values import UNDEFINED

_CALLBACK_PARAMETERS = 2
_KINDS = {str: TEXT, float: NUMBER, bool: TRUTH}


def emit_literal(_: Emitter, node: nodes.Literal) -> Emitted:
    """Emit a constant."""
    if node.value is UNDEFINED:
        return Emitted(code.name("UNDEFINED"))
    return Emitted(code.constant(node.value), _KINDS.get(type(node.value), ANY))


def emit_name(emitter: Emitter, node: nodes.Name) -> Emitted:
    """Emit the read of a variable."""
    if node.name in GLOBALS and node.name not in CONSTANT_OBJECTS:
        raise Unsupported(node.name)
    return emitter.variable(node.name)


def emit_group(emitter: Emitter, node: nodes.Group) -> Emitted:
    """Emit what stands in parentheses."""
    return emitter.emit(node.body)


def emit_template(emitter: Emitter, node: nodes.Template) -> Emitted:
    """Emit a template literal."""
    values: list[ast.expr] = []
    for index, chunk in enumerate(node.chunks):
        if chunk:
            values.append(code.constant(chunk))
        if index < len(node.values):
            value = emitter.emit(node.values[index])
            shown = value.code if value.kind == TEXT else code.call("text", value.code)
            values.append(ast.FormattedValue(shown, -1, None))
    return Emitted(code.call("short", ast.JoinedStr(values)), TEXT)


def emit_array(emitter: Emitter, node: nodes.Array) -> Emitted:
    """Emit a list."""
    return Emitted(ast.List(emit_items(emitter, node.items), code.LOAD))


def emit_items(emitter: Emitter, items: tuple[nodes.Node, ...]) -> list[ast.expr]:
    """Return the code of items and spreads of a list or a call."""
    return [
        ast.Starred(code.call("items", emitter.code(item.value)), code.LOAD)
        if isinstance(item, nodes.Spread)
        else emitter.code(item)
        for item in items
    ]


def emit_object(emitter: Emitter, node: nodes.Object) -> Emitted:
    """Emit an object."""
    keys: list[ast.expr | None] = []
    values: list[ast.expr] = []
    for entry in node.entries:
        if isinstance(entry, nodes.Spread):
            keys.append(None)
            values.append(code.call("members", emitter.code(entry.value)))
        elif entry.computed:
            keys.append(code.call("own_name", emitter.code(entry.key)))
            values.append(emitter.code(entry.value))
        elif entry.key == nodes.Literal("__proto__"):
            raise Unsupported("__proto__")
        else:
            keys.append(emitter.code(entry.key))
            values.append(emitter.code(entry.value))
    return Emitted(ast.Dict(keys, values))


def emit_chain(emitter: Emitter, node: nodes.Member | nodes.Call) -> Emitted:
    """Emit members and calls, one behind the other."""
    return _link(emitter, node, lambda emitted: emitted)


def emit_callback(emitter: Emitter, node: nodes.Arrow) -> ast.expr:
    """Return the code of an arrow function, which takes exactly what the methods of lists hand over."""
    if len(node.parameters) > _CALLBACK_PARAMETERS:
        raise Unsupported("parameters")
    emitter.count_callback()
    for name in node.parameters:
        emitter.know(name, ANY)
    parameters = [identifier(name) for name in node.parameters]
    parameters += [emitter.new_name() for _ in range(_CALLBACK_PARAMETERS - len(parameters))]
    if not isinstance(node.body, nodes.Block):
        return ast.Lambda(code.arguments(parameters), emitter.code(node.body))
    function = emitter.new_name()
    emitter.inner.append(code.define(function, parameters, emitter.block(node.body)))
    return code.name(function)


Continue = Callable[[Emitted], Emitted]


def _link(emitter: Emitter, node: nodes.Node, rest: Continue) -> Emitted:
    """Emit a link of a chain and, inside the test that `?.` makes, the rest of the chain."""
    if isinstance(node, nodes.Member):
        dotted = _dotted(node)
        if dotted in CONSTANTS:
            return rest(Emitted(code.constant(CONSTANTS[dotted]), NUMBER))
        return _link(
            emitter,
            node.object,
            lambda base: _guarded(emitter, node, base, lambda it: rest(_member(emitter, node, it))),
        )
    if not isinstance(node, nodes.Call):
        return rest(emitter.emit(node))
    dotted = _dotted(node.callee)
    if dotted in FUNCTIONS:
        _, least, most, kind = FUNCTIONS[dotted]
        return rest(Emitted(_call(emitter, function_name(dotted), node, [], (least, most)), kind))
    method = node.callee
    if not isinstance(method, nodes.Member) or not isinstance(method.key, nodes.Literal):
        raise Unsupported("call")
    name = str(method.key.value)
    return _link(
        emitter,
        method.object,
        lambda base: _guarded(emitter, method, base, lambda it: rest(_method(emitter, node, name, it))),
    )


def _guarded(emitter: Emitter, node: nodes.Member, base: Emitted, rest: Continue) -> Emitted:
    """Return the rest of a chain, or undefined where `?.` finds nothing."""
    if not node.optional:
        return rest(base)
    held = emitter.new_name()
    test = code.fill("base is None or held is UNDEFINED", base=code.bind(held, base.code), held=code.name(held))
    return Emitted(
        code.fill("UNDEFINED if test else rest", test=test, rest=rest(Emitted(code.name(held), base.kind)).code)
    )


def _member(emitter: Emitter, node: nodes.Member, base: Emitted) -> Emitted:
    key = node.key
    if not isinstance(key, nodes.Literal) or type(key.value) is not str:
        return Emitted(code.call("item", base.code, emitter.code(key)))
    if key.value in INHERITED:
        raise Unsupported(key.value)
    if base.kind == TEXT and key.value == "length":
        return Emitted(code.fill("float(len(base))", base=base.code), NUMBER)
    if isinstance(base.code, ast.Name):
        pattern = "base[key] if type(base) is dict and key in base else member(base, key)"
        return Emitted(code.fill(pattern, base=base.code, key=code.constant(key.value)))
    return Emitted(code.call("member", base.code, code.constant(key.value)))


def _method(emitter: Emitter, node: nodes.Call, name: str, base: Emitted) -> Emitted:
    if name in CALLBACK_METHODS:
        _, least, most, kind = CALLBACK_METHODS[name]
        arguments = node.arguments
        if not least <= len(arguments) <= most or not isinstance(arguments[0], nodes.Arrow):
            raise Unsupported(name)
        callback = emit_callback(emitter, arguments[0])
        others = [emitter.code(argument) for argument in arguments[1:]]
        return Emitted(code.call(method_name(name), base.code, callback, *others), kind)
    if name not in METHODS:
        raise Unsupported(name)
    _, least, most, kind = METHODS[name]
    return Emitted(_call(emitter, method_name(name), node, [base.code], (least, most)), kind)


def _call(
    emitter: Emitter, function: str, node: nodes.Call, before: list[ast.expr], counts: tuple[int, int]
) -> ast.expr:
    spread = any(isinstance(argument, nodes.Spread) for argument in node.arguments)
    if not counts[0] <= len(node.arguments) <= counts[1] or (spread and counts[1] < ANY_NUMBER):
        raise Unsupported(function)
    return code.call(function, *before, *emit_items(emitter, node.arguments))


def function_name(dotted: str) -> str:
    """Return the name in generated code of a global function such as `Math.max`."""
    return f"global_{dotted.replace('.', '_')}"


def method_name(name: str) -> str:
    """Return the name in generated code of a method."""
    return f"method_{name}"


def _dotted(node: nodes.Node) -> str:
    """Return the name of a global function or constant as it is written, "" for anything else."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Member) and isinstance(node.object, nodes.Name) and isinstance(node.key, nodes.Literal):
        return f"{node.object.name}.{node.key.value}"
    return ""


HANDLERS: Handlers = {
    nodes.Literal: emit_literal,
    nodes.Name: emit_name,
    nodes.Group: emit_group,
    nodes.Template: emit_template,
    nodes.Array: emit_array,
    nodes.Object: emit_object,
    nodes.Member: emit_chain,
    nodes.Call: emit_chain,
}
