"""Statements to code."""

import ast

from rulechain.script.compiled import code, nodes
from rulechain.script.compiled.emit_operators import emit_test, operate
from rulechain.script.compiled.emitter import ANY, NUMBER, Emitted, Emitter, identifier
from rulechain.script.compiled.errors import Unsupported
from rulechain.script.compiled.members import INHERITED


def emit_block(emitter: Emitter, block: nodes.Block) -> list[ast.stmt]:
    """Return the code of a function's body."""
    return [*_block(emitter, block), ast.Return(code.name("UNDEFINED"))]


def _block(emitter: Emitter, block: nodes.Block) -> list[ast.stmt]:
    return [built for statement in block.statements for built in _statement(emitter, statement)]


def _statement(emitter: Emitter, statement: nodes.Statement) -> list[ast.stmt]:
    match statement:
        case nodes.Block():
            return _block(emitter, statement)
        case nodes.Declare():
            return _declare(emitter, statement)
        case nodes.Assign():
            return _assign(emitter, statement)
        case nodes.Delete():
            return _delete(emitter, statement)
        case nodes.Evaluate():
            return [ast.Expr(emitter.code(statement.value))]
        case nodes.If():
            then = _statement(emitter, statement.then) or [ast.Pass()]
            otherwise = [] if statement.otherwise is None else _statement(emitter, statement.otherwise)
            return [ast.If(emit_test(emitter, statement.test), then, otherwise)]
        case nodes.Return():
            return [ast.Return(_returned(emitter, statement.value))]
        case nodes.Throw():
            return [ast.Expr(code.call("refuse"))]


def _returned(emitter: Emitter, value: nodes.Node | None) -> ast.expr:
    """Return the code of what a function returns: an object of the parts asked for, and in their order, as a tuple."""
    if value is None:
        return code.name("UNDEFINED")
    if isinstance(value, nodes.Object) and emitter.parts:
        given = {
            entry.key: entry.value for entry in value.entries if isinstance(entry, nodes.Entry) and not entry.computed
        }
        keys = [nodes.Literal(part) for part in emitter.parts]
        if len(given) == len(value.entries) and list(given) == [key for key in keys if key in given]:
            items = [emitter.code(given[key]) if key in given else code.name("ABSENT") for key in keys]
            return ast.Tuple(items, code.LOAD)
    return emitter.code(value)


def _declare(emitter: Emitter, statement: nodes.Declare) -> list[ast.stmt]:
    if statement.value is None:
        emitter.know(statement.name, ANY)
        return [] if statement.kind == "var" else [code.assign(identifier(statement.name), code.name("UNDEFINED"))]
    value = emitter.emit(statement.value)
    emitter.know(statement.name, value.kind)
    return [code.assign(identifier(statement.name), value.code)]


def _assign(emitter: Emitter, statement: nodes.Assign) -> list[ast.stmt]:
    target = statement.target
    if isinstance(target, nodes.Name):
        value = _new_value(emitter, statement, emitter.emit(target))
        return [code.assign(identifier(target.name), value)]
    if not isinstance(target, nodes.Member) or target.optional:
        raise Unsupported("target")
    before: list[ast.stmt] = []
    base = _held(emitter, emitter.code(target.object), before)
    key = _key(emitter, target, before)
    if statement.operator == "=":
        value = emitter.code(statement.value)
    else:
        value = _new_value(emitter, statement, Emitted(code.call("item", base, key)))
    if isinstance(key, ast.Constant) and type(key.value) is str:
        # A dict, and no object that a script cannot change.
        pattern = "if type(base) is not dict: refuse()\nbase[key] = value"
    else:
        pattern = "set_item(base, key, value)"
    return [*before, *code.statements(pattern, base=base, key=key, value=value)]


def _new_value(emitter: Emitter, statement: nodes.Assign, old: Emitted) -> ast.expr:
    operator = statement.operator
    if operator == "=":
        return emitter.code(statement.value)
    if operator in ("++", "--"):
        old = Emitted(code.call("number", old.code), NUMBER)
    return operate(emitter, operator[0], old, emitter.emit(statement.value)).code


def _delete(emitter: Emitter, statement: nodes.Delete) -> list[ast.stmt]:
    target = statement.target
    if not isinstance(target, nodes.Member) or target.optional:
        raise Unsupported("delete")
    before: list[ast.stmt] = []
    base = _held(emitter, emitter.code(target.object), before)
    key = _key(emitter, target, before)
    return [*before, *code.statements("delete_item(base, key)", base=base, key=key)]


def _key(emitter: Emitter, target: nodes.Member, before: list[ast.stmt]) -> ast.expr:
    key = target.key
    if isinstance(key, nodes.Literal) and type(key.value) is str:
        if key.value in INHERITED:
            raise Unsupported(key.value)
        return code.constant(key.value)
    return _held(emitter, emitter.code(key), before)


def _held(emitter: Emitter, value: ast.expr, before: list[ast.stmt]) -> ast.expr:
    """Return a value that is worked out before, once, and can be named again."""
    if isinstance(value, (ast.Name, ast.Constant)):
        return value
    held = emitter.new_name()
    before.append(code.assign(held, value))
    return code.name(held)
