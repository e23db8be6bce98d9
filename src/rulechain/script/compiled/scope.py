"""Which variables a script has, and what it changes.

Python's functions have one scope, JavaScript's blocks have many: a script whose names would clash, or that uses a name
outside its block or before its declaration, is refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from rulechain.script.compiled import nodes
from rulechain.script.compiled.errors import Unsupported
from rulechain.script.compiled.functions import GLOBALS

# Functions to which the order of an object's members matters.
_ORDERED = frozenset(["stringify", "keys", "values", "entries"])
# The objects whose members are texts that no script can change.
CONSTANT_OBJECTS = ("global", "vars")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a script from one look at it."""

    # Variables declared by `var`: they exist from the start.
    hoisted: tuple[str, ...]
    # Variables that change after their declaration.
    assigned: frozenset[str]
    # Parameters, members of which the script sets or deletes.
    changed: frozenset[str]
    # Whether it may change objects that it reaches in any other way.
    changes_inside: bool
    # Whether the order of an object's members can show in the result.
    sees_order: bool
    # Whether an object's members, in their order, can become a message's metadata.
    gives_members: bool


def resolve(body: nodes.Block, parameters: tuple[str, ...]) -> Facts:
    """Check a script's variables.

    Raises:
        Unsupported: A name is unknown, or Python could not keep it apart from another.
    """
    everything = list(descend(body))
    declarations = [each for each in everything if isinstance(each, nodes.Declare)]
    resolver = _Resolver(declarations, parameters)
    resolver.block(body)
    targets = [each.target for each in everything if isinstance(each, (nodes.Assign, nodes.Delete))]
    bases = [target.object for target in targets if isinstance(target, nodes.Member)]
    assigned = frozenset(target.name for target in targets if isinstance(target, nodes.Name))
    # Parameters that always are what was passed in.
    lasting = frozenset(parameters) - assigned
    calls = [each.callee for each in everything if isinstance(each, nodes.Call)]
    called = {
        callee.key.value
        for callee in calls
        if isinstance(callee, nodes.Member) and isinstance(callee.key, nodes.Literal)
    }
    return Facts(
        hoisted=tuple(resolver.hoisted),
        assigned=assigned,
        changed=frozenset(base.name for base in bases if isinstance(base, nodes.Name)).intersection(parameters),
        changes_inside="push" in called
        or not all(isinstance(base, nodes.Name) and base.name in lasting for base in bases),
        sees_order=not called.isdisjoint(_ORDERED) or any(isinstance(each, nodes.Spread) for each in everything),
        gives_members=any(_may_give_metadata(each, lasting) for each in everything),
    )


def _may_give_metadata(node: Any, lasting: frozenset[str]) -> bool:
    """Whether an object that is no literal, nor the parameter `metadata`, may become a result's member `metadata`."""
    if isinstance(node, nodes.Return):
        return not isinstance(node.value, nodes.Object)
    if isinstance(node, nodes.Entry) and (node.computed or node.key == nodes.Literal("metadata")):
        own = nodes.Name("metadata") if "metadata" in lasting else None
        return not isinstance(node.value, nodes.Object) and node.value != own
    return False


def descend(node: Any) -> Iterable[Any]:
    """Return a node and all nodes below it."""
    stack = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, tuple):
            stack.extend(each)
        elif isinstance(each, msgspec.Struct):
            yield each
            stack.extend(_parts(each))


def _parts(node: Any) -> list[Any]:
    return [getattr(node, name) for name in node.__struct_fields__]


_RESTRICTED = frozenset(["undefined", "NaN", "Infinity"])


class _Resolver:
    def __init__(self, declarations: list[nodes.Declare], parameters: tuple[str, ...]) -> None:
        # In order, so that the same script always gives the same code.
        self.hoisted = dict.fromkeys(each.name for each in declarations if each.kind == "var")
        self.visible: set[str] = set()
        self.constants: set[str] = set()
        # Inside an arrow function: the variables that are its own.
        self.own: set[str] | None = None
        for name in (*parameters, *self.hoisted):
            self._add(name)

    def block(self, block: nodes.Block) -> None:
        before = set(self.visible)
        for statement in block.statements:
            self._statement(statement)
        self.visible = before

    def _statement(self, statement: nodes.Statement) -> None:
        if isinstance(statement, nodes.Declare):
            self._declare(statement)
        elif isinstance(statement, nodes.Block) and statement.together:
            for declaration in statement.statements:
                self._statement(declaration)
        elif isinstance(statement, nodes.Block):
            self.block(statement)
        elif isinstance(statement, nodes.If):
            self._uses(statement.test)
            self._statement(statement.then)
            if statement.otherwise is not None:
                self._statement(statement.otherwise)
        else:
            if isinstance(statement, (nodes.Assign, nodes.Delete)):
                self._check_target(statement.target)
            self._uses(statement)

    def _declare(self, statement: nodes.Declare) -> None:
        if statement.value is not None:
            self._uses(statement.value)
        if statement.kind == "var":
            if self.own is not None:
                raise Unsupported("var")
            return
        self._add(statement.name)
        (self.constants.add if statement.kind == "const" else self.constants.discard)(statement.name)
        if self.own is not None:
            self.own.add(statement.name)

    def _add(self, name: str) -> None:
        """Make a name visible; it must not hide another."""
        if name in self.visible or name in GLOBALS or name in _RESTRICTED:
            raise Unsupported(name)
        self.visible.add(name)

    def _check_target(self, target: nodes.Node) -> None:
        if isinstance(target, nodes.Name) and (
            target.name in self.constants
            or target.name in GLOBALS
            or (self.own is not None and target.name not in self.own)
        ):
            raise Unsupported(target.name)

    def _uses(self, node: Any) -> None:
        stack = [node]
        while stack:
            each = stack.pop()
            if isinstance(each, nodes.Name):
                if each.name not in self.visible and each.name not in GLOBALS:
                    raise Unsupported(each.name)
            elif isinstance(each, nodes.Arrow):
                self._arrow(each)
            elif isinstance(each, tuple):
                stack.extend(each)
            elif isinstance(each, msgspec.Struct):
                stack.extend(_parts(each))

    def _arrow(self, arrow: nodes.Arrow) -> None:
        if self.own is not None:
            raise Unsupported("=>")
        before = set(self.visible)
        self.own = set(arrow.parameters)
        for name in arrow.parameters:
            self._add(name)
            self.constants.discard(name)
        if isinstance(arrow.body, nodes.Block):
            self.block(arrow.body)
        else:
            self._uses(arrow.body)
        self.own, self.visible = None, before
