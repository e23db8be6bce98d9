"""The state of one check: what has been found, and what is bound where."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from rulechain.diagnostics import Code, Diagnostic, Span
from rulechain.expr.faults import finding
from rulechain.expr.functions import FunctionRegistry
from rulechain.expr.kinds import ANY, BOOL, Kind
from rulechain.expr.nodes import Node


class Pointers(NamedTuple):
    """What `#` and its names stand for inside one predicate."""

    element: Kind
    names: frozenset[str]


class Checker:
    """One pass over one tree."""

    def __init__(
        self,
        text: str,
        registry: FunctionRegistry,
        environment: Mapping[str, Kind],
        rules: Mapping[type[Node], "Rule"],
    ) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.registry = registry
        self.environment = environment
        self.variables: list[tuple[str, Kind]] = []
        self.pointers: list[Pointers] = []
        self._unparsable: list[Diagnostic] = []
        self._text = text
        self._rules = rules

    def kind(self, node: Node) -> Kind:
        """Return the static type of a node, and note every mistake below it."""
        return self._rules[type(node)](self, node)

    def refuse(self, code: Code, message: str, span: Span, hint: str | None = None) -> Kind:
        """Note a mistake; nothing is known of the value then."""
        self.diagnostics.append(finding(code, message, self._text, span, hint))
        return ANY

    def refuse_always(self, code: Code, message: str, span: Span, hint: str | None = None) -> Kind:
        """Note a mistake that expr-lang's parser finds, and so wherever it stands."""
        self.refuse(code, message, span, hint)
        self._unparsable.append(self.diagnostics[-1])
        return ANY

    def warn(self, code: Code, message: str, span: Span, hint: str | None = None) -> None:
        """Note what is doubtful, but compiles."""
        self.diagnostics.append(finding(code, message, self._text, span, hint).as_warning())

    def mismatch(self, message: str, span: Span, hint: str | None = None) -> Kind:
        """Note a value of a type that can never work here."""
        return self.refuse(Code.TYPE_MISMATCH, message, span, hint)

    @contextmanager
    def inside(self, collection: Kind, *names: str) -> Iterator[None]:
        """Check a predicate's body: `#` is an element of the collection."""
        self.pointers.append(Pointers(collection.element or ANY, frozenset(names)))
        yield
        self.pointers.pop()

    @contextmanager
    def lenient(self) -> Iterator[None]:
        """Check what expr-lang does not look at, such as arguments of an unknown function: mistakes are warnings."""
        before = len(self.diagnostics)
        yield
        self.diagnostics[before:] = [
            found if found in self._unparsable else found.as_warning() for found in self.diagnostics[before:]
        ]

    def condition(self, node: Node) -> None:
        """Check a node that must be a bool."""
        kind = self.kind(node)
        if kind not in (BOOL, ANY):
            self.mismatch(
                f"non-bool expression (type {kind}) used as condition", node.span, "compare it with something"
            )


# How the static type of one kind of node is found.
Rule = Callable[[Checker, Any], Kind]
