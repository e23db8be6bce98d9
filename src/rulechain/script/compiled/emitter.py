"""What all emitters share: the code of a node together with what is known of its value."""

import ast
from collections.abc import Callable
from typing import Any, NamedTuple

from rulechain.script.compiled import code, nodes
from rulechain.script.compiled.errors import Unsupported
from rulechain.script.compiled.scope import CONSTANT_OBJECTS, Facts

# Kinds of values that code can be known to give.
NUMBER, TEXT, TRUTH, ANY = "number", "text", "truth", "any"
# A script's variables must not meet the names of helpers.
_PREFIX = "js_"
_MAX_DEPTH = 60
_MAX_CALLBACKS = 4


class Emitted(NamedTuple):
    """Code, and the kind of value it gives."""

    code: ast.expr
    kind: str = ANY


class Emitter:
    """Turns nodes into code by a table of handlers, and remembers what the code needs around it."""

    def __init__(
        self,
        handlers: "Handlers",
        facts: Facts,
        emit_block: Callable[["Emitter", nodes.Block], list[ast.stmt]],
        parts: tuple[str, ...] = (),
    ) -> None:
        self._handlers = handlers
        self._facts = facts
        self._depth = 0
        self._names = 0
        self._callbacks = 0
        # The variables whose kind is known, because they never change.
        self._kinds: dict[str, str] = {}
        # Functions of the script that stand before its statements.
        self.inner: list[ast.stmt] = []
        self._emit_block = emit_block
        # The members that make an object which the script returns come back as a tuple; none inside inner functions.
        self.parts = parts

    def emit(self, node: nodes.Node) -> Emitted:
        """Return the code for a node."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise Unsupported("depth")
        emitted = self._handlers[type(node)](self, node)
        self._depth -= 1
        return emitted

    def code(self, node: nodes.Node) -> ast.expr:
        """Return the code for a node whose kind does not matter."""
        return self.emit(node).code

    def block(self, block: nodes.Block) -> list[ast.stmt]:
        """Return the code of an inner function's body."""
        parts, self.parts = self.parts, ()
        statements = self._emit_block(self, block)
        self.parts = parts
        return statements

    def count_callback(self) -> None:
        """Note an arrow function; a script with many of them is left to QuickJS, which limits what they take."""
        self._callbacks += 1
        if self._callbacks > _MAX_CALLBACKS:
            raise Unsupported("callbacks")

    def new_name(self) -> str:
        """Return a name that nothing else has."""
        self._names += 1
        return f"t{self._names}"

    def variable(self, name: str) -> Emitted:
        """Return the code that reads a variable."""
        if name in CONSTANT_OBJECTS:
            return Emitted(code.name(name))
        return Emitted(code.name(identifier(name)), self._kinds.get(name, ANY))

    def know(self, name: str, kind: str) -> None:
        """Note the kind of a variable's first value, which is that of all if it never changes."""
        if name not in self._facts.assigned and name not in self._facts.hoisted:
            self._kinds[name] = kind


# What emits each class of nodes.
Handlers = dict[type, Callable[[Emitter, Any], Emitted]]


def identifier(name: str) -> str:
    """Return the name in Python of a variable of the script."""
    return _PREFIX + name
