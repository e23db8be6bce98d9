"""Router expressions: `chain:id`, `id`, `chain:id:node`, `id:node` and `component:type`, with `${…}` in ids.

A hole is a metadata key, as in RuleGo; where the metadata lacks it and it is more than a name, it is an expression. A
value put into a hole is only ever part of an id: a colon in it picks no node.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from rulechain.diagnostics import Code, Span
from rulechain.diagnostics.errors import ExpressionSyntaxError
from rulechain.expr.compile import CompiledExpression
from rulechain.expr.faults import SyntaxFault, finding, syntax_error
from rulechain.expr.functions import FunctionRegistry, builtin_registry
from rulechain.expr.grammar import UnexpectedLexeme, parse_router_tokens
from rulechain.expr.holes import Hole, find_holes
from rulechain.expr.nodes import Name
from rulechain.expr.template import compile_hole
from rulechain.expr.tokens import Lexeme
from rulechain.values import to_text

_PLAIN_KEY = re.compile(r"[\w\-. ]+")
_KINDS = {"chain": "CHAIN", "component": "COMPONENT"}
_FORMS = "write chain:id, id, chain:id:node, id:node or component:type"


class Target(NamedTuple):
    """Where a message goes: a chain, and the node it starts at when it is not the first one."""

    chain_id: str
    node_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Hole:
    """A hole: looked up in the metadata first, then evaluated; left as written when it is neither."""

    written: str
    key: str
    expression: CompiledExpression | None

    def fill(self, env: Mapping[str, Any], metadata: Mapping[str, str]) -> str:
        if self.key in metadata:
            return metadata[self.key]
        return self.written if self.expression is None else to_text(self.expression.evaluate(env))


_Reference = tuple[str | _Hole, ...]


class RouterExpression:
    """A compiled router expression; `kind` is "chain" or "component"."""

    def __init__(self, text: str, kind: str, chain: _Reference, node: _Reference | None) -> None:
        self.text = text
        self.kind = kind
        self._chain = chain
        self._node = node

    @property
    def is_static(self) -> bool:
        """Whether it leads to the same place for every message."""
        return not any(isinstance(part, _Hole) for part in (*self._chain, *(self._node or ())))

    @property
    def component_type(self) -> str | None:
        """The component's type, for a "component" expression."""
        return _filled(self._chain, {}, {}) if self.kind == "component" else None

    def target(self, env: Mapping[str, Any], metadata: Mapping[str, str]) -> Target:
        """Return where a message goes.

        Raises:
            ExpressionEvaluationError: An expression in a hole failed on these values.
        """
        node = None if self._node is None else _filled(self._node, env, metadata)
        return Target(_filled(self._chain, env, metadata), node or None)

    def __repr__(self) -> str:
        return f"RouterExpression({self.text!r})"


def _filled(reference: _Reference, env: Mapping[str, Any], metadata: Mapping[str, str]) -> str:
    return "".join([part if isinstance(part, str) else part.fill(env, metadata) for part in reference])


def compile_router(text: str, *, functions: FunctionRegistry | None = None) -> RouterExpression:
    """Return a router expression, its holes compiled.

    Raises:
        ExpressionSyntaxError: S409 for another form, E708 for a component with holes, or the mistakes in a hole.
        ExpressionTypeError: A hole can never work.
    """
    if not text.strip():
        empty = SyntaxFault(Code.ROUTER_SYNTAX, "the router expression is empty", Span(0, len(text)), _FORMS)
        raise syntax_error(empty, text)
    holes = list(find_holes(text))
    lexemes = _tokenize(text, holes)
    _refuse_holes_of_component(text, lexemes)
    try:
        kind, chain, node = parse_router_tokens(lexemes)
    except UnexpectedLexeme as unexpected:
        raise syntax_error(_unexpected(text, unexpected), text) from None
    registry = functions or builtin_registry()
    compiled = {hole.span.start: _compile_hole(text, hole, registry) for hole in holes}
    fill: Callable[[list[Lexeme]], _Reference] = lambda parts: tuple(  # noqa: E731 - read twice, two lines below
        compiled[part.start] if part.kind == "HOLE" else part.value for part in parts
    )
    return RouterExpression(text, kind, fill(chain), None if node is None else fill(node))


def _tokenize(text: str, holes: list[Hole]) -> list[Lexeme]:
    lexemes: list[Lexeme] = []
    position = 0
    for hole in holes:
        lexemes += _plain(text, position, hole.span.start)
        lexemes.append(Lexeme("HOLE", text[hole.span.start : hole.span.end], *hole.span))
        position = hole.span.end
    lexemes += _plain(text, position, len(text))
    if len(lexemes) > 1 and lexemes[1].kind == "COLON" and lexemes[0].value in _KINDS:
        lexemes[0] = lexemes[0]._replace(kind=_KINDS[lexemes[0].value])
    return lexemes


def _plain(text: str, start: int, end: int) -> list[Lexeme]:
    return [
        Lexeme("COLON" if match[0] == ":" else "PLAIN", match[0], match.start(), match.end())
        for match in re.compile(":|[^:]+").finditer(text, start, end)
    ]


def _refuse_holes_of_component(text: str, lexemes: list[Lexeme]) -> None:
    if not lexemes or lexemes[0].kind != "COMPONENT":
        return
    for lexeme in lexemes:
        if lexeme.kind == "HOLE":
            message = f"a component target takes no variables, got {lexeme.value}"
            span = Span(lexeme.start, lexeme.end)
            hint = "the component is made once, when the endpoint starts: name its type"
            raise ExpressionSyntaxError([finding(Code.BAD_TARGET, message, text, span, hint)])


def _unexpected(text: str, unexpected: UnexpectedLexeme) -> SyntaxFault:
    if unexpected.span is None:
        end = len(text)
        return SyntaxFault(Code.ROUTER_SYNTAX, f'nothing follows "{text}"', Span(end, end), _FORMS)
    shown = text[unexpected.span.start : unexpected.span.end]
    return SyntaxFault(Code.ROUTER_SYNTAX, f'unexpected "{shown}" in a router expression', unexpected.span, _FORMS)


def _compile_hole(text: str, hole: Hole, registry: FunctionRegistry) -> _Hole:
    written = text[hole.span.start : hole.span.end]
    key = text[hole.inner.start : hole.inner.end].strip()
    try:
        expression = compile_hole(text, hole, registry)
    except ExpressionSyntaxError:
        if _PLAIN_KEY.fullmatch(key):
            return _Hole(written, key, None)
        raise
    return _Hole(written, key, None if isinstance(expression.root, Name) else expression)
