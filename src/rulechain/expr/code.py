"""Small builders of Python syntax trees. Code is made from trees, never from source text.

Source text fails at 200 nested parentheses and invites injection; trees do neither. The line number of a built node is
not a line: it is the number of the place in the expression that an error in this node is about (see `compile`).
"""

import ast

LOAD = ast.Load()
STORE = ast.Store()


def name(identifier: str) -> ast.Name:
    """Return a read of a variable."""
    return ast.Name(identifier, LOAD)


def constant(value: object) -> ast.Constant:
    """Return a constant."""
    return ast.Constant(value)  # type: ignore[arg-type]  # frozensets are constants too


def bind(identifier: str, value: ast.expr) -> ast.NamedExpr:
    """Return `(identifier := value)`."""
    return ast.NamedExpr(ast.Name(identifier, STORE), value)


def call(function: str | ast.expr, *arguments: ast.expr) -> ast.Call:
    """Return `function(arguments)`."""
    callee = name(function) if isinstance(function, str) else function
    return ast.Call(callee, list(arguments), [])


def type_of(value: ast.expr) -> ast.Call:
    """Return `type(value)`."""
    return call("type", value)


def compare(left: ast.expr, *steps: tuple[ast.cmpop, ast.expr]) -> ast.Compare:
    """Return `left op right …`."""
    return ast.Compare(left, [operator for operator, _ in steps], [right for _, right in steps])


def is_(left: ast.expr, *rights: ast.expr) -> ast.Compare:
    """Return `left is right is …`."""
    return compare(left, *[(ast.Is(), right) for right in rights])


def is_nil(value: ast.expr) -> ast.expr:
    """Return `value is None`, worked out at once for a constant: CPython warns of such a test."""
    if isinstance(value, ast.Constant):
        return constant(value.value is None)
    return is_(value, constant(None))


def after(first: ast.expr, then: ast.expr) -> ast.expr:
    """Return code that evaluates one thing for its effect and gives another."""
    if isinstance(first, ast.Constant):
        return then
    # No value of the language is the Ellipsis, so the test always holds.
    return choose(compare(first, (ast.IsNot(), constant(...))), then, constant(None))


def choose(test: ast.expr, then: ast.expr, otherwise: ast.expr) -> ast.IfExp:
    """Return `then if test else otherwise`."""
    return ast.IfExp(test, then, otherwise)


def negated(value: ast.expr) -> ast.expr:
    """Return `not value`."""
    return ast.UnaryOp(ast.Not(), value)


def attribute(value: ast.expr, member: str) -> ast.Attribute:
    """Return `value.member`."""
    return ast.Attribute(value, member, LOAD)


def item(value: ast.expr, key: ast.expr) -> ast.Subscript:
    """Return `value[key]`."""
    return ast.Subscript(value, key, LOAD)


def assign(identifier: str, value: ast.expr) -> ast.stmt:
    """Return `identifier = value`."""
    return ast.Assign([ast.Name(identifier, STORE)], value)


def give(value: ast.expr) -> ast.stmt:
    """Return `return value`."""
    return ast.Return(value)


def when(test: ast.expr, *then: ast.stmt) -> ast.stmt:
    """Return `if test: then`."""
    return ast.If(test, list(then), [])


def do(call: ast.expr) -> ast.stmt:
    """Return a call as a statement."""
    return ast.Expr(call)


def append(identifier: str, value: ast.expr) -> ast.stmt:
    """Return `identifier.append(value)`."""
    return do(call(attribute(name(identifier), "append"), value))


def increase(container: ast.expr, key: int, value: ast.expr) -> ast.stmt:
    """Return `container[key] += value`."""
    return ast.AugAssign(ast.Subscript(container, constant(key), STORE), ast.Add(), value)


def loop(identifiers: list[str], over: ast.expr, body: list[ast.stmt]) -> ast.stmt:
    """Return `for identifiers in over: body`."""
    names: list[ast.expr] = [ast.Name(identifier, STORE) for identifier in identifiers]
    return ast.For(names[0] if len(names) == 1 else ast.Tuple(names, STORE), over, body, [])


def define(identifier: str, parameters: list[str], body: list[ast.stmt]) -> ast.stmt:
    """Return a function's definition."""
    arguments = ast.arguments([], [ast.arg(parameter) for parameter in parameters], None, [], [], None, [])
    return ast.FunctionDef(identifier, arguments, body, [], lineno=1)


def free_names(built: list[ast.stmt]) -> list[str]:
    """Return the variables that code reads and does not bind itself, in the order of their first use."""
    read: dict[str, None] = {}
    bound: set[str] = set()
    for statement in built:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                if isinstance(node.ctx, ast.Store):
                    bound.add(node.id)
                else:
                    read[node.id] = None
    return [identifier for identifier in read if identifier not in bound]
