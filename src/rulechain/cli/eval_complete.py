"""What can stand where the cursor is: variables, members, functions and the commands of the REPL."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rulechain.diagnostics.errors import ExpressionError
from rulechain.expr import builtin_functions, compile_expression
from rulechain.expr.go import type_name
from rulechain.expr.kinds import Kind
from rulechain.expr.methods import METHODS
from rulechain.expr.tokens import PREDICATES

_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")
_BASE = re.compile(r"(?P<base>[A-Za-z_$][\w$.?\[\]\"']*?)\??\.$")
_WORDS = ("and", "contains", "else", "endsWith", "false", "if", "in", "let", "matches", "nil", "not", "or")
_MORE_WORDS = ("startsWith", "true", "$env")


def completions(line: str, env: Mapping[str, Any], commands: Iterable[str]) -> list[str]:
    """Return what the last word of a line can become, sorted; functions end with their parenthesis."""
    before, word = _last_word(line)
    if before.strip() == ":":
        found = list(commands)
    elif before.endswith("."):
        found = _members(before, env)
    else:
        functions = [f"{name}(" for name in (*(spec.name for spec in builtin_functions()), *PREDICATES)]
        found = [*filter(_IDENTIFIER.fullmatch, env), *functions, *_WORDS, *_MORE_WORDS]
    return sorted({name for name in found if name.startswith(word)})


def _last_word(line: str) -> tuple[str, str]:
    start = len(line)
    while start and (line[start - 1].isalnum() or line[start - 1] in "_$"):
        start -= 1
    return line[:start], line[start:]


def _members(before: str, env: Mapping[str, Any]) -> list[str]:
    """Return the members of the value in front of the last dot, as far as the environment has one."""
    match = _BASE.search(before)
    if match is None:
        return []
    try:
        value = compile_expression(match["base"]).evaluate(env)
    except ExpressionError:
        return []
    if isinstance(value, dict):
        return [key for key in value if isinstance(key, str) and _IDENTIFIER.fullmatch(key)]
    return [f"{name}(" for name in METHODS.get(Kind(type_name(value)), ())]
