"""Why an expression gave what it gave: its parts with their values, and which of them decided.

There is no second evaluator: each part is compiled and evaluated by itself, with what `let` and predicates bind around
it among its variables. A part that was skipped is not evaluated here either.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from rulechain.diagnostics.errors import ExpressionEvaluationError
from rulechain.expr.compile import Checked, CompiledExpression, compile_expression
from rulechain.expr.depth import deep_enough_for, depth_of
from rulechain.expr.fold import fold_constants
from rulechain.expr.functions import FunctionRegistry, builtin_registry
from rulechain.expr.kinds import ANY
from rulechain.expr.nodes import (
    Array,
    Binary,
    Boolean,
    Bytes,
    Chain,
    Conditional,
    Float,
    Index,
    Integer,
    Let,
    Logical,
    Map,
    Member,
    MethodCall,
    Name,
    Nil,
    Node,
    Pair,
    Pointer,
    Predicate,
    Sequence,
    Slice,
    Text,
    Unary,
    children,
    with_children,
)
from rulechain.expr.parse import parse_expression
from rulechain.expr.scope import DEFAULT_SCOPE, ENVIRONMENT
from rulechain.expr.template import without_marks
from rulechain.expr.write import write_expression

# Parts that lie deeper are not taken apart.
_MAX_DEPTH = 40
_LITERALS = (Nil, Boolean, Integer, Float, Text, Bytes)
_CONTAINERS = (Array, Map, Pair, Unary, Binary)
_LINKS = (Member, Index, Slice, MethodCall)
# Which value of the predicate ends the search, and whether it begins at the end.
_SEARCHES = {
    "all": (False, False),
    **dict.fromkeys(["any", "none", "find", "findIndex"], (True, False)),
    **dict.fromkeys(["findLast", "findLastIndex"], (True, True)),
}
_COUNTED = frozenset(["one", "filter", "count"])
# No name of the language has a space in it.
_WHOLE = "the environment"


@dataclass(frozen=True, slots=True)
class Step:
    """A part of an expression, and what became of it.

    One that was not needed has `evaluated` false; one that failed has a `failure` in place of a value. `decides` marks
    the part that settled the value of the whole it belongs to. `note` says what a predicate was applied to.
    """

    text: str
    value: Any = None
    failure: ExpressionEvaluationError | None = None
    evaluated: bool = True
    decides: bool = False
    note: str = ""
    steps: tuple["Step", ...] = ()


def explain_expression(text: str, env: Mapping[str, Any], *, functions: FunctionRegistry | None = None) -> Step:
    """Return the value of an expression with the parts that led to it; a failure is part of the answer.

    Raises:
        ExpressionSyntaxError: The text does not follow the grammar.
        ExpressionTypeError: It can never work.
    """
    registry = functions or builtin_registry()
    whole = compile_expression(text, functions=registry)
    root = parse_expression(text)
    with deep_enough_for(depth_of(root)):
        step = _Explainer(text, registry, env, {}, 0).step(root)
    # Compiled as a whole it may stop at an element where its parts, each by itself, go on.
    value, failure = _outcome(whole, env)
    return replace(step, value=value, failure=failure)


def explain_node_expression(text: str, env: Mapping[str, Any], *, functions: FunctionRegistry | None = None) -> Step:
    """Explain a node's field that is an expression, with `${…}` around any part of it.

    Raises:
        ExpressionError: As for `explain_expression`.
    """
    return explain_expression(without_marks(text)[0], env, functions=functions)


def _outcome(expression: CompiledExpression, env: Mapping[str, Any]) -> tuple[Any, ExpressionEvaluationError | None]:
    try:
        return expression.evaluate(env), None
    except ExpressionEvaluationError as failure:
        return None, failure


class _Explainer:
    """One expression, its variables, and what is bound around the part that is explained."""

    def __init__(
        self, text: str, registry: FunctionRegistry, env: Mapping[str, Any], bound: Mapping[str, Any], depth: int
    ) -> None:
        self._text = text
        self._registry = registry
        self._env = env
        self._bound = bound
        self._depth = depth

    def step(self, node: Node) -> Step:
        """Return a part with its value and its own parts."""
        value, failure = self.value(node)
        inner = self.binding({})
        steps = tuple(_PARTS.get(type(node), _operands)(inner, node)) if self._depth < _MAX_DEPTH else ()
        return Step(write_expression(node), value, failure, steps=steps)

    def binding(self, bound: Mapping[str, Any]) -> "_Explainer":
        """Return an explainer for what lies one level deeper, with more names bound."""
        return _Explainer(self._text, self._registry, self._env, {**self._bound, **bound}, self._depth + 1)

    def value(self, node: Node) -> tuple[Any, ExpressionEvaluationError | None]:
        """Return a part's value, or why it has none."""
        folded, _ = fold_constants(_unbound(node) if self._bound else node, self._text)
        expression = CompiledExpression(self._text, Checked(folded, ANY, ()), self._registry, DEFAULT_SCOPE)
        return _outcome(expression, {**self._env, **self._bound, _WHOLE: self._env} if self._bound else self._env)


def _unbound(node: Node) -> Node:
    """Return the part with the pointers of the predicate around it as plain names."""
    if isinstance(node, Pointer):
        return Name(node.span, f"#{node.name}")
    if isinstance(node, Name) and node.name == ENVIRONMENT:
        return Name(node.span, _WHOLE)
    if isinstance(node, Predicate):
        # The pointers in its body are its own.
        extra = None if node.extra is None else _unbound(node.extra)
        body = None if node.body is None else _keep_pointers(node.body)
        return msgspec.structs.replace(node, collection=_unbound(node.collection), body=body, extra=extra)
    return with_children(node, _unbound)


def _keep_pointers(node: Node) -> Node:
    if isinstance(node, Name) and node.name == ENVIRONMENT:
        return Name(node.span, _WHOLE)
    return with_children(node, _keep_pointers)


def _skipped(node: Node) -> Step:
    return Step(write_expression(node), evaluated=False)


def _is_constant(node: Node) -> bool:
    return isinstance(node, _LITERALS) or (isinstance(node, _CONTAINERS) and all(map(_is_constant, children(node))))


def _speaks_for_itself(node: Node) -> bool:
    """Tell whether a part's value is known from its text, or from the element shown with the predicate."""
    return _is_constant(node) or (isinstance(node, Pointer) and not node.name)


def _operands(explainer: _Explainer, node: Node) -> Iterator[Step]:
    """Explain whatever the part is made of; what can be read off it needs no line of its own."""
    for child in children(node):
        if isinstance(child, Pair):
            yield from _operands(explainer, child)
        elif not _speaks_for_itself(child):
            yield explainer.step(child)


def _links(explainer: _Explainer, node: Node) -> Iterator[Step]:
    """Explain what a chain of members begins with, unless it is just a name, and what stands in its brackets."""
    base: Node = node
    parts: list[Node] = []
    while isinstance(base, (*_LINKS, Chain)):
        if isinstance(base, MethodCall):
            parts[:0] = base.arguments
            base = base.callee.base
        elif isinstance(base, Chain):
            base = base.body
        else:
            parts[:0] = list(children(base))[1:]
            base = base.base
    if not isinstance(base, Name):
        parts.insert(0, base)
    for part in parts:
        if not _speaks_for_itself(part):
            yield explainer.step(part)


def _logical(explainer: _Explainer, node: Logical) -> Iterator[Step]:
    going_on = node.operator == "&&"
    decided = False
    for operand in node.operands:
        if decided:
            yield _skipped(operand)
            continue
        step = explainer.step(operand)
        decided = step.value is not going_on
        yield replace(step, decides=decided)


def _conditional(explainer: _Explainer, node: Conditional) -> Iterator[Step]:
    condition = explainer.step(node.condition)
    yield replace(condition, decides=True)
    for branch, taken in ((node.then, condition.value is True), (node.otherwise, condition.value is False)):
        if branch is not node.condition:
            yield explainer.step(branch) if taken else _skipped(branch)


def _unary(explainer: _Explainer, node: Unary) -> Iterator[Step]:
    # `a not in b` is written as one operator, so it is explained as one.
    written_as_one = isinstance(node.operand, Binary) and node.operand.span == node.span
    return _operands(explainer, node.operand if written_as_one else node)


def _binary(explainer: _Explainer, node: Binary) -> Iterator[Step]:
    if node.operator != "??":
        yield from _operands(explainer, node)
        return
    left = explainer.step(node.left)
    settled = left.value is not None or left.failure is not None
    yield replace(left, decides=settled)
    yield _skipped(node.right) if settled else replace(explainer.step(node.right), decides=True)


def _let(explainer: _Explainer, node: Let) -> Iterator[Step]:
    bound = explainer.step(node.value)
    yield replace(bound, text=f"let {node.name} = {bound.text}")
    if bound.failure is None:
        yield explainer.binding({node.name: bound.value}).step(node.body)


def _sequence(explainer: _Explainer, node: Sequence) -> Iterator[Step]:
    for item in node.items:
        step = explainer.step(item)
        yield step
        if step.failure is not None:
            return


def _predicate(explainer: _Explainer, node: Predicate) -> Iterator[Step]:
    """Explain the collection, and the predicate for the element that settled the value."""
    if not _is_constant(node.collection):
        yield explainer.step(node.collection)
    if node.extra is not None and not _is_constant(node.extra):
        yield explainer.step(node.extra)
    collection, failure = explainer.value(node.collection)
    # What `reduce` accumulates is not known for one element alone.
    if failure is None and isinstance(collection, list) and node.body is not None and node.name != "reduce":
        yield _applied(explainer, node, node.body, collection)


def _applied(explainer: _Explainer, node: Predicate, body: Node, collection: list[Any]) -> Step:
    """Explain the predicate for the first element that settles the value or fails, else say how often it holds."""
    wanted, from_the_end = _SEARCHES.get(node.name, (None, False))
    size = len(collection)
    held = 0
    for position in reversed(range(size)) if from_the_end else range(size):
        within = explainer.binding({"#": collection[position], "#index": position})
        value, failure = within.value(body)
        if failure is not None or (wanted is not None and value is wanted):
            element = Step("#", collection[position])
            step = within.step(body)
            note = f"element {position + 1} of {size}"
            return replace(step, note=note, decides=True, steps=(element, *step.steps))
        held += value is True
    counted = node.name in _SEARCHES or node.name in _COUNTED
    note = f"true for {held} of {size}" if counted else f"for each of {size}"
    return Step(write_expression(body), evaluated=False, note=note)


_PARTS: dict[type[Node], Callable[[_Explainer, Any], Iterator[Step]]] = {
    **dict.fromkeys([*_LINKS, Chain], _links),
    Logical: _logical,
    Conditional: _conditional,
    Unary: _unary,
    Binary: _binary,
    Let: _let,
    Sequence: _sequence,
    Predicate: _predicate,
}
