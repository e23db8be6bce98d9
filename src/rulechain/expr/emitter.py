"""The state of one compilation of a tree to Python code, and how its code is put together."""

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple

from rulechain.diagnostics import Span
from rulechain.expr import code, go, kinds
from rulechain.expr.functions import FunctionRegistry
from rulechain.expr.kinds import Kind
from rulechain.expr.nodes import Node

# A level of the tree becomes several of code, and Python's compiler takes only so many: what lies deeper than this
# becomes a function of its own.
LEVELS_PER_FUNCTION = 30
BUDGET = "budget"


class Emitted(NamedTuple):
    """Code for a value, and what is known of the value."""

    code: ast.expr
    kind: Kind = kinds.ANY


class Pointers(NamedTuple):
    """The Python names of `#`, `#index` and `#acc` in one predicate, where it has them, and the kind of `#`."""

    element: str
    position: str | None
    accumulator: str | None
    kind: Kind


class Traits(NamedTuple):
    """What is known of all the trees that are compiled together.

    `repetitive`: there are so many operations that each is charged for what it goes through, as in a loop. `nil_lists`:
    something may make a nil list, which no message ever has.
    """

    repetitive: bool
    nil_lists: bool


class Emitter:
    """The state of one compilation: places, helper objects, roots, bound names and enclosing predicates."""

    def __init__(self, registry: FunctionRegistry, handlers: Mapping[type[Node], "Handler"], traits: "Traits") -> None:
        self.registry = registry
        self.spans: list[Span] = []
        self.parts: list[ast.stmt] = []
        self.objects: dict[str, Any] = {}
        self.roots: dict[str, str] = {}
        self.pointers: list[Pointers] = []
        self.budgeted = False
        self.traits = traits
        # How many bodies of `reduce` are being compiled: they may put what they got into what they give, twice.
        self.folds = 0
        self._handlers = handlers
        self._level = 0
        self._lets: list[tuple[str, str, Kind]] = []
        self._fresh = 0

    def emit(self, node: Node) -> Emitted:
        """Return the code of any node."""
        self._level += 1
        emitted = self._handlers[type(node)](self, node)
        self._level -= 1
        if self._level and self._level % LEVELS_PER_FUNCTION == 0:
            return Emitted(self.apart([code.give(emitted.code)]), emitted.kind)
        return emitted

    def apart(self, body: list[ast.stmt], given: Mapping[str, ast.expr] = MappingProxyType({})) -> ast.expr:
        """Return a call of a function with this body, which gets what is given and all variables that it reads."""
        ours = [identifier for identifier in code.free_names(body) if identifier[-1].isdigit() or identifier == BUDGET]
        needed = [identifier for identifier in ours if identifier not in self.objects and identifier not in given]
        name = self.fresh("part")
        self.objects[name] = None
        self.parts.append(code.define(name, [*given, *needed], body))
        return code.call(name, *given.values(), *[code.name(identifier) for identifier in needed])

    def code(self, node: Node) -> ast.expr:
        """Return the code of any node without its static type."""
        return self.emit(node).code

    def fresh(self, prefix: str) -> str:
        """Return a Python name that nothing else has."""
        self._fresh += 1
        return f"{prefix}{self._fresh}"

    def at(self, span: Span, built: ast.expr) -> ast.expr:
        """Return the code, marked as what an error at this place comes from."""
        self.spans.append(span)
        built.lineno = built.end_lineno = len(self.spans)
        built.col_offset = built.end_col_offset = 0
        return built

    def helper(self, span: Span, function: Callable[..., Any], *arguments: ast.expr) -> ast.expr:
        """Return a call of a run-time helper on behalf of a place."""
        self.objects[function.__name__] = function
        return self.at(span, code.call(function.__name__, *arguments))

    def held(self, value: Any, prefix: str) -> ast.expr:
        """Return a read of an object that was made at compile time."""
        identifier = self.fresh(prefix)
        self.objects[identifier] = value
        return code.name(identifier)

    def budget(self) -> ast.expr:
        """Return a read of the evaluation's budget, which is then made at its start."""
        self.budgeted = True
        return code.name(BUDGET)

    @property
    def shares(self) -> bool:
        """Whether a container may hold a value that was bound or accumulated before, and so hold it twice."""
        return bool(self.folds or self._lets)

    @property
    def charged(self) -> bool:
        """Whether what goes through its operands is charged for it: in loops, and where there are very many of them."""
        return bool(self.pointers) or self.traits.repetitive

    def once(self, value: ast.expr) -> tuple[ast.expr, ast.expr]:
        """Return code that evaluates a value the first time, and code that reads it again."""
        if isinstance(value, (ast.Name, ast.Constant)):
            return value, value
        identifier = self.fresh("t")
        return code.bind(identifier, value), code.name(identifier)

    def root(self, name: str) -> str:
        """Return the Python name that holds a root, fetched once at the start of an evaluation."""
        if name not in self.roots:
            self.roots[name] = self.fresh("r")
        return self.roots[name]

    def bound(self, name: str) -> "Emitted | None":
        """Return a read of a variable bound by `let`, or None."""
        for known, identifier, kind in reversed(self._lets):
            if known == name:
                return Emitted(code.name(identifier), kind)
        return None

    @contextmanager
    def binding(self, name: str, kind: Kind) -> Iterator[str]:
        """Bind a `let` name to a value of a kind while its body is compiled; gives its Python name."""
        identifier = self.fresh("v")
        self._lets.append((name, identifier, kind))
        yield identifier
        self._lets.pop()

    def truth(self, node: Node) -> ast.expr:
        """Return the code of a condition: a value that must be a bool."""
        emitted = self.emit(node)
        if emitted.kind == kinds.BOOL:
            return emitted.code
        first, again = self.once(emitted.code)
        checked = self.helper(node.span, go.boolean, again)
        return code.choose(code.is_(code.type_of(first), code.name("bool")), again, checked)


# How one kind of node becomes code.
Handler = Callable[[Emitter, Any], Emitted]


def is_missing(emitter: Emitter, span: Span, value: ast.expr) -> ast.expr:
    """Return a test that a value is nil, or a nil list where there may be such a thing."""
    return emitter.helper(span, go.is_nil, value) if emitter.traits.nil_lists else code.is_nil(value)
