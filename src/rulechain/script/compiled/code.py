"""Python syntax trees from patterns. Only the patterns, which are constants here, are ever read as source text.

What a script says goes in as trees and constants: nesting has no limit of 200, and nothing of a script becomes source.
"""

import ast
from functools import cache
from typing import Any

LOAD = ast.Load()
STORE = ast.Store()


def fill(pattern: str, **parts: ast.expr) -> ast.expr:
    """Return an expression with trees put in the places of names."""
    filled: ast.expr = _filled(_expression(pattern), parts)
    return filled


def statements(pattern: str, **parts: ast.expr) -> list[ast.stmt]:
    """Return statements with trees put in the places of names."""
    return [_filled(statement, parts) for statement in _module(pattern).body]


def name(identifier: str) -> ast.Name:
    """Return a read of a variable."""
    return ast.Name(identifier, LOAD)


def constant(value: object) -> ast.Constant:
    """Return a constant."""
    return ast.Constant(value)  # type: ignore[arg-type]


def bind(identifier: str, value: ast.expr) -> ast.NamedExpr:
    """Return `(identifier := value)`."""
    return ast.NamedExpr(ast.Name(identifier, STORE), value)


def call(function: str, *arguments: ast.expr) -> ast.Call:
    """Return `function(arguments)`."""
    return ast.Call(name(function), list(arguments), [])


def assign(identifier: str, value: ast.expr) -> ast.stmt:
    """Return `identifier = value`."""
    return ast.Assign([ast.Name(identifier, STORE)], value)


def define(identifier: str, parameters: list[str], body: list[ast.stmt]) -> ast.stmt:
    """Return a function's definition."""
    return ast.FunctionDef(identifier, arguments(parameters), body, [])


def arguments(parameters: list[str]) -> ast.arguments:
    """Return a parameter list."""
    return ast.arguments([], [ast.arg(parameter) for parameter in parameters], None, [], [], None, [])


@cache
def _expression(pattern: str) -> ast.expr:
    return ast.parse(pattern, mode="eval").body


@cache
def _module(pattern: str) -> ast.Module:
    return ast.parse(pattern)


def _filled(node: Any, parts: dict[str, ast.expr]) -> Any:
    """Return a copy of a pattern in which the parts stand."""
    if isinstance(node, ast.Name) and node.id in parts:
        return parts[node.id]
    if isinstance(node, ast.AST):
        return type(node)(**{field: _filled(value, parts) for field, value in ast.iter_fields(node)})
    return [_filled(item, parts) for item in node] if isinstance(node, list) else node
