"""What a script does with the object of a parameter, where it does nothing but name members and hand it over.

Then most of what such an object holds need not be looked at before the call, nor after it.
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from rulechain.script.compiled import nodes
from rulechain.script.compiled.scope import descend

# Operators to which both operands are numbers, whatever characters they are of.
_OF_NUMBERS = frozenset(["-", "*", "/", "%", "&", "|", "^", "<<", ">>", ">>>"])
_COMPARISONS = frozenset(["<", ">", "<=", ">="])


@dataclass(frozen=True, slots=True)
class Access:
    """How a script treats an object.

    The names are of ASCII.

    Args:
        reads: The members whose characters may matter to it: all that it reads, but for those that it only calculates
            with.
        sets: The members that it may set or delete.
    """

    reads: tuple[str, ...]
    sets: tuple[str, ...]


def access_to(body: nodes.Block, parameter: str) -> Access | None:
    """Return what a script does with a parameter's object, None where it may do anything.

    To hand it over is to return an object literal whose member of the parameter's name it is.
    """
    reads, sets = set[str](), set[str]()
    stack: list[Any] = [body]
    while stack:
        each = stack.pop()
        if isinstance(each, tuple):
            stack += each
        elif (name := _member(each, parameter)) is not None:
            reads.add(name)
        elif each == nodes.Name(parameter) or _calls(each, parameter) or _may_return(each, parameter):
            return None
        elif isinstance(each, (nodes.Assign, nodes.Delete)) and (name := _member(each.target, parameter)) is not None:
            sets.add(name)
            if isinstance(each, nodes.Assign):
                stack += [each.value] if each.operator == "=" else [each.value, each.target]
        elif isinstance(each, msgspec.Struct):
            stack += _looked_at(each, parameter)
    if not all(map(str.isascii, reads | sets)):
        return None
    return Access(tuple(sorted(reads)), tuple(sorted(sets)))


def _calls(node: Any, parameter: str) -> bool:
    """Whether a node calls a method of the object, which may look at anything."""
    return isinstance(node, nodes.Call) and _member(node.callee, parameter) is not None


def _may_return(node: Any, parameter: str) -> bool:
    """Whether a node is an inner function that may return the object: that is no end of the script."""
    return (
        isinstance(node, nodes.Arrow) and isinstance(node.body, nodes.Block) and nodes.Name(parameter) in descend(node)
    )


def _looked_at(node: msgspec.Struct, parameter: str) -> list[Any]:
    """Return the parts of a node that may look at the object, or at the characters of its members."""
    if isinstance(node, nodes.Return) and isinstance(node.value, nodes.Object):
        own = nodes.Entry(nodes.Literal(parameter), nodes.Name(parameter))
        return [entry for entry in node.value.entries if entry != own]
    if isinstance(node, nodes.Binary) and _calculates(node):
        return [part for part in (node.left, node.right) if _member(part, parameter) is None]
    return [getattr(node, name) for name in node.__struct_fields__]


def _calculates(node: nodes.Binary) -> bool:
    """Whether an operator takes its operands as numbers: a comparison does if one of them is known to be one."""
    if node.operator in _OF_NUMBERS:
        return True
    return node.operator in _COMPARISONS and any(
        isinstance(part, nodes.Literal) and type(part.value) is float for part in (node.left, node.right)
    )


def _member(node: Any, parameter: str) -> str | None:
    """Return the name by which a node reads a member of the parameter, None if it does not."""
    if isinstance(node, nodes.Member) and node.object == nodes.Name(parameter) and isinstance(node.key, nodes.Literal):
        name = node.key.value
        return name if type(name) is str else None
    return None
