"""Operators to code: Python's own where the kinds of the operands allow, functions of `operators` elsewhere."""

import ast

from rulechain.script.compiled import code, nodes
from rulechain.script.compiled.emitter import ANY, NUMBER, TEXT, TRUTH, Emitted, Emitter, Handlers
from rulechain.script.compiled.values import UNDEFINED

# The function for operands of any kind, Python's operator for two numbers, and the kind of the result.
_OPERATORS = {
    "+": ("add", "left + right", ANY),
    "-": ("", "left - right", NUMBER),
    "*": ("", "left * right", NUMBER),
    "/": ("divide", "", NUMBER),
    "%": ("remainder", "", NUMBER),
    "<": ("less", "left < right", TRUTH),
    ">": ("greater", "left > right", TRUTH),
    "<=": ("at_most", "left <= right", TRUTH),
    ">=": ("at_least", "left >= right", TRUTH),
    "&": ("bit_and", "", NUMBER),
    "|": ("bit_or", "", NUMBER),
    "^": ("bit_xor", "", NUMBER),
    "<<": ("shift_left", "", NUMBER),
    ">>": ("shift_right", "", NUMBER),
    ">>>": ("shift_right_unsigned", "", NUMBER),
    "in": ("has", "", TRUTH),
}
_PYTHON_TYPES = {NUMBER: "float", TEXT: "str"}
_NEGATED = {"!=": "==", "!==": "==="}


def emit_unary(emitter: Emitter, node: nodes.Unary) -> Emitted:
    """Emit `!`, `-`, `+`, `~` or `typeof`."""
    if node.operator == "!":
        return Emitted(ast.UnaryOp(ast.Not(), emit_test(emitter, node.operand)), TRUTH)
    operand = emitter.emit(node.operand)
    if node.operator == "typeof":
        return Emitted(code.call("type_name", operand.code), TEXT)
    if node.operator == "~":
        return Emitted(code.call("bit_not", operand.code), NUMBER)
    number = _number(emitter, operand)
    return Emitted(ast.UnaryOp(ast.USub(), number) if node.operator == "-" else number, NUMBER)


def emit_binary(emitter: Emitter, node: nodes.Binary) -> Emitted:
    """Emit an operator that evaluates both operands."""
    if node.operator in _NEGATED:
        equality = _equality(emitter, nodes.Binary(_NEGATED[node.operator], node.left, node.right))
        return Emitted(ast.UnaryOp(ast.Not(), equality), TRUTH)
    if node.operator in ("==", "==="):
        return Emitted(_equality(emitter, node), TRUTH)
    return operate(emitter, node.operator, emitter.emit(node.left), emitter.emit(node.right))


def operate(emitter: Emitter, operator: str, left: Emitted, right: Emitted) -> Emitted:
    """Return the code of an arithmetic operator or a comparison."""
    function, direct, kind = _OPERATORS[operator]
    if operator == "+" and TEXT in (left.kind, right.kind):
        kind = TEXT
    if operator == "/" and isinstance(right.code, ast.Constant) and right.kind == NUMBER and right.code.value:
        direct = "left / right"
    if direct and _takes_numbers(operator, left, right):
        numbers = {"left": _number(emitter, left), "right": _number(emitter, right)}
        return Emitted(code.fill(direct, **numbers), NUMBER if kind == ANY else kind)
    if operator == "+" and right.kind == NUMBER and isinstance(right.code, ast.Constant):
        held = code.name(emitter.new_name())
        first = code.bind(held.id, left.code)
        pattern = "held + right if type(first) is float else add(held, right)"
        return Emitted(code.fill(pattern, first=first, held=held, right=right.code), kind)
    return Emitted(code.call(function, left.code, right.code), kind)


def _takes_numbers(operator: str, left: Emitted, right: Emitted) -> bool:
    """Whether both operands count as numbers: `+` may join them instead, and comparisons may compare texts."""
    if operator == "+":
        return left.kind == right.kind == NUMBER
    return operator in ("-", "*", "/") or NUMBER in (left.kind, right.kind)


def _number(emitter: Emitter, operand: Emitted) -> ast.expr:
    """Return the code of an operand as a number; mostly it is one."""
    if operand.kind == NUMBER:
        return operand.code
    held = code.name(emitter.new_name())
    first = code.bind(held.id, operand.code)
    return code.fill("held if type(first) is float else number(held)", first=first, held=held)


def emit_logical(emitter: Emitter, node: nodes.Logical) -> Emitted:
    """Emit `&&`, `||` or `??`, whose value is one of the operands."""
    left = emitter.emit(node.left)
    right = emitter.emit(node.right)
    kind = left.kind if left.kind == right.kind else ANY
    held = code.name(emitter.new_name())
    first = code.bind(held.id, left.code)
    if node.operator == "??":
        pattern = "right if first is None or held is UNDEFINED else held"
    elif node.operator == "&&":
        pattern = "right if truthy(first) else held"
    else:
        pattern = "held if truthy(first) else right"
    return Emitted(code.fill(pattern, first=first, held=held, right=right.code), kind)


def emit_conditional(emitter: Emitter, node: nodes.Conditional) -> Emitted:
    """Emit `test ? then : otherwise`."""
    then, otherwise = emitter.emit(node.then), emitter.emit(node.otherwise)
    kind = then.kind if then.kind == otherwise.kind else ANY
    return Emitted(ast.IfExp(emit_test(emitter, node.test), then.code, otherwise.code), kind)


def emit_test(emitter: Emitter, node: nodes.Node) -> ast.expr:
    """Return code that is true in Python where the node is true in JavaScript."""
    if isinstance(node, nodes.Group):
        return emit_test(emitter, node.body)
    if isinstance(node, nodes.Logical) and node.operator != "??":
        operands = [emit_test(emitter, node.left), emit_test(emitter, node.right)]
        return ast.BoolOp(ast.And() if node.operator == "&&" else ast.Or(), operands)
    emitted = emitter.emit(node)
    return emitted.code if emitted.kind in (TRUTH, TEXT) else code.call("truthy", emitted.code)


def _equality(emitter: Emitter, node: nodes.Binary) -> ast.expr:
    """Return the code of `==` or `===`; against a constant it is one comparison."""
    left, right = emitter.emit(node.left), emitter.emit(node.right)
    strict = node.operator == "==="
    simple = None
    if isinstance(node.right, nodes.Literal):
        simple = _equals_constant(emitter, left, node.right, strict=strict)
    elif isinstance(node.left, nodes.Literal):
        simple = _equals_constant(emitter, right, node.left, strict=strict)
    if simple is not None:
        return simple
    function = "same" if strict else "equal"
    if isinstance(node.left, nodes.Literal):
        left, right = right, left
    if right.kind not in _PYTHON_TYPES or not isinstance(right.code, ast.Constant) or left.kind != ANY:
        return code.call(function, left.code, right.code)
    held = code.name(emitter.new_name())
    pattern = f"held == right if type(first) is {_PYTHON_TYPES[right.kind]} else {function}(held, right)"
    return code.fill(pattern, first=code.bind(held.id, left.code), held=held, right=right.code)


def _equals_constant(emitter: Emitter, left: Emitted, right: nodes.Literal, *, strict: bool) -> ast.expr | None:
    value = right.value
    if isinstance(left.code, ast.Constant) or (left.kind in (NUMBER, TEXT) and type(value) not in (str, float)):
        # CPython warns of `is` with a constant, also with one that it works out itself.
        return None
    if not strict and (value is None or value is UNDEFINED):
        held = code.name(emitter.new_name())
        return code.fill("first is None or held is UNDEFINED", first=code.bind(held.id, left.code), held=held)
    if not strict and not (type(value) in (str, float) and left.kind == (TEXT if type(value) is str else NUMBER)):
        return None
    if value is UNDEFINED:
        return code.fill("left is UNDEFINED", left=left.code)
    if value is None or type(value) is bool:
        return code.fill("left is right", left=left.code, right=code.constant(value))
    if value in (0.0, 1.0) and left.kind != NUMBER:
        # Python takes False for 0 and True for 1.
        return None
    return code.fill("left == right", left=left.code, right=code.constant(value))


HANDLERS: Handlers = {
    nodes.Unary: emit_unary,
    nodes.Binary: emit_binary,
    nodes.Logical: emit_logical,
    nodes.Conditional: emit_conditional,
}
