"""A script's text to a Python function."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from rulechain.script.compiled import code as build
from rulechain.script.compiled import emit, emit_operators, members, operators, text_methods, values
from rulechain.script.compiled.access import Access, access_to
from rulechain.script.compiled.emitter import Emitter, identifier
from rulechain.script.compiled.errors import Unsupported
from rulechain.script.compiled.functions import CALLBACK_METHODS, FUNCTIONS, METHODS
from rulechain.script.compiled.grammar import parse_tokens
from rulechain.script.compiled.results import ABSENT
from rulechain.script.compiled.scope import resolve
from rulechain.script.compiled.statements import emit_block
from rulechain.script.compiled.texts import is_plain
from rulechain.script.compiled.tokens import scan
from rulechain.values import StringMap

_HANDLERS = {**emit.HANDLERS, **emit_operators.HANDLERS}
_FILE = "<script>"
_NAME = "script"
# Longer scripts are rare, and not worth the time.
_MAX_LENGTH = 10_000
_HELPERS: dict[str, Any] = {
    **{
        helper.__name__: helper
        for helper in (
            operators.add,
            operators.divide,
            operators.remainder,
            operators.less,
            operators.greater,
            operators.at_most,
            operators.at_least,
            operators.same,
            operators.equal,
            operators.bit_and,
            operators.bit_or,
            operators.bit_xor,
            operators.bit_not,
            operators.shift_left,
            operators.shift_right,
            operators.shift_right_unsigned,
            members.member,
            members.item,
            members.set_item,
            members.delete_item,
            members.own_name,
            members.has,
            members.members,
            members.items,
            members.refuse,
            text_methods.short,
            values.number,
            values.text,
            values.truthy,
            values.type_name,
        )
    },
    **{emit.function_name(name): function for name, (function, *_) in FUNCTIONS.items()},
    **{emit.method_name(name): function for name, (function, *_) in {**METHODS, **CALLBACK_METHODS}.items()},
    "ABSENT": ABSENT,
    "UNDEFINED": values.UNDEFINED,
    "__builtins__": {},
    "dict": dict,
    "float": float,
    "len": len,
    "str": str,
    "type": type,
}


@dataclass(frozen=True, slots=True)
class PlainScript:
    """A script as a Python function of its parameters' values; it raises `Bail` where QuickJS has to do the call.

    Args:
        run: The function.
        changed: The parameters that it sets members of: it must be given copies.
        changes_inside: Whether it may change anything inside its parameters: the copies must be deep.
        sees_order: Whether its result depends on the order of members: they must stand as in the payload's text.
        gives_members: Whether members of its parameters, in their order, may become metadata.
        accesses: What it does with the objects of parameters, for those of which it only names members.
    """

    run: Callable[..., Any]
    changed: frozenset[str]
    changes_inside: bool
    sees_order: bool
    gives_members: bool
    accesses: dict[str, Access]


def compile_plain(
    parameters: tuple[str, ...], body: str, properties: StringMap, vars_: StringMap, parts: tuple[str, ...] = ()
) -> PlainScript | None:
    """Return a script as a Python function, or None where QuickJS has to run it.

    Args:
        parameters: The names of the script's parameters.
        body: Its text, which QuickJS has found to be correct.
        properties: What the script sees as `global`.
        vars_: What it sees as `vars`.
        parts: Names of members: where the script returns an object literal of some of these, in this order, the
            function returns the values of all of them, `ABSENT` for those that the object lacks.
    """
    try:
        return _compile(parameters, body, properties, vars_, parts)
    except (Unsupported, RecursionError):
        return None


def _compile(
    parameters: tuple[str, ...], body: str, properties: StringMap, vars_: StringMap, parts: tuple[str, ...]
) -> PlainScript:
    if len(body) > _MAX_LENGTH:
        raise Unsupported("length")
    tree = parse_tokens(scan(body))
    facts = resolve(tree, parameters)
    emitter = Emitter(_HANDLERS, facts, emit_block, parts)
    statements = emit_block(emitter, tree)
    hoisted = [build.assign(identifier(name), build.name("UNDEFINED")) for name in facts.hoisted]
    names = [identifier(name) for name in parameters]
    module = ast.Module([build.define(_NAME, names, [*hoisted, *emitter.inner, *statements])], [])
    ast.fix_missing_locations(module)
    objects = {**_HELPERS, "global": _constant(properties), "vars": _constant(vars_)}
    (found,) = [each for each in compile(module, _FILE, "exec").co_consts if isinstance(each, CodeType)]
    accesses = {name: access for name in parameters if (access := access_to(tree, name)) is not None}
    return PlainScript(
        FunctionType(found, objects),
        facts.changed,
        facts.changes_inside,
        facts.sees_order,
        facts.gives_members,
        accesses,
    )


def _constant(texts: StringMap) -> StringMap:
    """Return an object whose members stand in the order that scripts see, and which they cannot change."""
    if not all(is_plain(key) and is_plain(text) for key, text in texts.items()):
        raise Unsupported("characters")
    return StringMap(sorted(texts.items()))
