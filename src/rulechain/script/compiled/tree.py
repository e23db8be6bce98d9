"""Grammar rules to nodes: one function for each rule of `grammar/script.lark`, listed in `RULES`."""

import math
from collections.abc import Callable
from typing import Any, Protocol

from rulechain.script.compiled import nodes
from rulechain.script.compiled.errors import Unsupported
from rulechain.script.compiled.values import MOST_DIGITS, UNDEFINED, Undefined, number_text


class Token(Protocol):
    """What the grammar's terminals look like; lark's tokens do."""

    value: str


Parts = list[Any]

_CONSTANTS: dict[str, Undefined | float] = {"undefined": UNDEFINED, "NaN": math.nan, "Infinity": math.inf}


def _block(parts: Parts) -> nodes.Block:
    return nodes.Block(tuple(parts))


def _declaration(parts: Parts) -> nodes.Statement:
    keyword, *bindings = parts
    declared = tuple(nodes.Declare(keyword.value, name, value) for name, value in bindings)
    if keyword.value == "const" and any(each.value is None for each in declared):
        raise Unsupported("const")
    return declared[0] if len(declared) == 1 else nodes.Block(declared, together=True)


def _binding(parts: Parts) -> tuple[str, nodes.Node | None]:
    return parts[0].value, parts[2] if len(parts) > 1 else None


def _assignment(parts: Parts) -> nodes.Assign:
    return nodes.Assign(parts[0], parts[1].value, parts[2])


def _update(parts: Parts) -> nodes.Assign:
    return nodes.Assign(parts[0], parts[1].value, nodes.Literal(1.0))


def _evaluation(parts: Parts) -> nodes.Evaluate:
    return nodes.Evaluate(parts[0])


def _branch(parts: Parts) -> nodes.If:
    return nodes.If(parts[0], parts[1], parts[2] if len(parts) > 2 else None)


def _give(parts: Parts) -> nodes.Return:
    return nodes.Return(parts[0] if parts else None)


def _binary(parts: Parts) -> nodes.Binary:
    return nodes.Binary(parts[1].value, parts[0], parts[2])


def _logical(parts: Parts) -> nodes.Logical:
    return nodes.Logical(parts[1].value, parts[0], parts[2])


def _unary(parts: Parts) -> nodes.Node:
    return nodes.Unary(parts[0].value, parts[1])


def _member(parts: Parts) -> nodes.Member:
    return nodes.Member(parts[0], nodes.Literal(parts[-1].value), optional=len(parts) > 2)


def _item(parts: Parts) -> nodes.Member:
    return nodes.Member(parts[0], parts[-1], optional=len(parts) > 2)


def _arrow(parts: Parts) -> nodes.Arrow:
    *parameters, body = parts
    return nodes.Arrow(tuple(parameter.value for parameter in parameters), body)


def _name(parts: Parts) -> nodes.Node:
    name = parts[0].value
    return nodes.Literal(_CONSTANTS[name]) if name in _CONSTANTS else nodes.Name(name)


def _number(token: Token) -> float:
    digits = token.value
    if len(digits) > MOST_DIGITS:
        raise Unsupported("digits")
    return float(int(digits, 16)) if digits[:2] in ("0x", "0X") else float(digits)


def _template(parts: Parts) -> nodes.Template:
    return nodes.Template(tuple(chunk.value for chunk in parts[::2]), tuple(parts[1::2]))


def _entry(parts: Parts) -> nodes.Entry:
    return nodes.Entry(nodes.Literal(parts[0].value), parts[1])


def _number_entry(parts: Parts) -> nodes.Entry:
    return nodes.Entry(nodes.Literal(number_text(_number(parts[0]))), parts[1])


def _shorthand(parts: Parts) -> nodes.Entry:
    return nodes.Entry(nodes.Literal(parts[0].value), _name(parts))


RULES: dict[str, Callable[[Parts], Any]] = {
    "start": _block,
    "block": _block,
    "declaration": _declaration,
    "binding": _binding,
    "assignment": _assignment,
    "update": _update,
    "prefix_update": lambda parts: _update(parts[::-1]),
    "deletion": lambda parts: nodes.Delete(parts[0]),
    "evaluation": _evaluation,
    "directive": lambda _: nodes.Block(()),
    "branch": _branch,
    "give": _give,
    "throw": lambda _: nodes.Throw(),
    "thrown": lambda _: None,
    "conditional": lambda parts: nodes.Conditional(*parts),
    "coalesce": _logical,
    "logical": _logical,
    "binary": _binary,
    "unary": _unary,
    "member": _member,
    "optional_member": _member,
    "item": _item,
    "optional_item": _item,
    "call": lambda parts: nodes.Call(parts[0], parts[1]),
    "arguments": tuple,
    "arrow": _arrow,
    "name": _name,
    "number": lambda parts: nodes.Literal(_number(parts[0])),
    "text": lambda parts: nodes.Literal(parts[0].value),
    "true": lambda _: nodes.Literal(True),  # noqa: FBT003
    "false": lambda _: nodes.Literal(False),  # noqa: FBT003
    "null": lambda _: nodes.Literal(None),
    "template": _template,
    "array": lambda parts: nodes.Array(tuple(parts)),
    "object": lambda parts: nodes.Object(tuple(parts)),
    "group": lambda parts: nodes.Group(parts[0]),
    "spread": lambda parts: nodes.Spread(parts[0]),
    "entry": _entry,
    "number_entry": _number_entry,
    "computed_entry": lambda parts: nodes.Entry(parts[0], parts[1], computed=True),
    "shorthand": _shorthand,
}
