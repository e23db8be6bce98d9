"""Text to tree; lark's errors become diagnostics here. Takes what a user wrote, gives `check` its nodes."""

from collections.abc import Sequence

from rulechain.diagnostics import Code, Span
from rulechain.expr.depth import deep_enough_for
from rulechain.expr.faults import SyntaxFault, syntax_error
from rulechain.expr.grammar import UnexpectedLexeme, parse_tokens
from rulechain.expr.limits import MAX_DEPTH, MAX_NODES, MAX_TEXT
from rulechain.expr.nodes import Node, children
from rulechain.expr.slips import likely_slip
from rulechain.expr.tokens import Lexeme, tokenize

_PREVIEW = 20
_SLIPS_SHOW_AS = frozenset([Code.EXPRESSION_SYNTAX, Code.BAD_CHARACTER, Code.BAD_NUMBER])
_LONG = 200


def parse_expression(text: str, shown: str | None = None, places: Sequence[int] | None = None) -> Node:
    """Return the tree of an expression.

    Args:
        text: What is parsed.
        shown: What the user wrote, where `text` is only a part of it.
        places: For each offset in `text`, and for its end, the offset in `shown`.

    Raises:
        ExpressionSyntaxError: Codes S401 to S407; the place lies inside what the user wrote, or just behind it.
    """
    written = text if shown is None else shown
    try:
        lexemes = _lexemes(text, range(len(text) + 1) if places is None else places)
        # Only a long text can nest deeply, and what its stages need is not known before it is parsed.
        with deep_enough_for(min(len(lexemes), MAX_DEPTH) if len(lexemes) > _LONG else 0):
            return _limited(_parse(written, lexemes), lexemes[0])
    except SyntaxFault as fault:
        if fault.code in _SLIPS_SHOW_AS:
            _explain(fault, written)
        raise syntax_error(fault, written) from None


def _explain(fault: SyntaxFault, written: str) -> None:
    """Say what was probably meant, and point at the word that is wrong if the parser only noticed it later."""
    slip = likely_slip(written, fault.span)
    if slip is None:
        return
    fault.hint = slip.hint
    if slip.word is not None:
        fault.span = slip.word
        fault.message = f"unexpected name {written[slip.word.start : slip.word.end]}"


def _lexemes(text: str, places: Sequence[int]) -> list[Lexeme]:
    """Return the tokens of a text at their places in what the user wrote."""
    try:
        lexemes = _some_lexemes(text)
    except SyntaxFault as fault:
        fault.span = Span(*_place(fault.span.start, fault.span.end, places))
        raise
    return [Lexeme(kind, value, *_place(start, end, places)) for kind, value, start, end in lexemes]


def _some_lexemes(text: str) -> list[Lexeme]:
    if len(text) > MAX_TEXT:
        message = f"the expression is too long: {len(text)} characters, at most {MAX_TEXT} are allowed"
        raise SyntaxFault(Code.EXPRESSION_TOO_LARGE, message, Span(MAX_TEXT, len(text)))
    lexemes = tokenize(text)
    if not lexemes:
        raise SyntaxFault(Code.EXPRESSION_EMPTY, "the expression is empty", Span(0, len(text)))
    return lexemes


def _place(start: int, end: int, places: Sequence[int]) -> tuple[int, int]:
    return places[start], places[end - 1] + 1 if end > start else places[start]


def _parse(written: str, lexemes: list[Lexeme]) -> Node:
    try:
        return parse_tokens(lexemes)
    except UnexpectedLexeme as unexpected:
        raise _unexpected(unexpected, written, lexemes) from None
    except RecursionError:
        raise _too_deep(lexemes[0]) from None


def _limited(root: Node, first: Lexeme) -> Node:
    """Return a tree if it has neither too many nodes nor too many levels; walks without recursion."""
    count = 0
    stack = [(root, 1)]
    while stack:
        node, depth = stack.pop()
        count += 1
        if depth > MAX_DEPTH:
            raise _too_deep(first, node.span)
        if count > MAX_NODES:
            message = f"the expression exceeds the maximum of {MAX_NODES} nodes"
            raise SyntaxFault(Code.EXPRESSION_TOO_LARGE, message, node.span)
        stack.extend((child, depth + 1) for child in children(node))
    return root


def _too_deep(first: Lexeme, span: Span | None = None) -> SyntaxFault:
    message = f"the expression is nested too deeply: at most {MAX_DEPTH} levels are allowed"
    return SyntaxFault(
        Code.EXPRESSION_TOO_LARGE,
        message,
        span or Span(first.start, first.end),
        hint="bind parts of it to names: let part = …; part + …",
    )


def _unexpected(unexpected: UnexpectedLexeme, text: str, lexemes: list[Lexeme]) -> SyntaxFault:
    if (pipe := _pipe_without_call(unexpected, lexemes)) is not None:
        place = Span(pipe.start, pipe.end)
        return SyntaxFault(Code.EXPRESSION_SYNTAX, "no function call follows the |", place, _PIPE_HINT)
    if unexpected.span is None:
        end = lexemes[-1].end
        hint = _end_hint(unexpected)
        return SyntaxFault(Code.EXPRESSION_SYNTAX, "unexpected end of the expression", Span(end, end), hint)
    position = next(index for index, lexeme in enumerate(lexemes) if lexeme.start == unexpected.span.start)
    lexeme = lexemes[position]
    shown = text[lexeme.start : lexeme.end]
    shown = shown if len(shown) <= _PREVIEW else f"{shown[: _PREVIEW - 3]}..."
    return SyntaxFault(
        Code.EXPRESSION_SYNTAX,
        f"unexpected {_kind_of(lexeme)} {shown}" if lexeme.kind in _KINDS else f'unexpected "{shown}"',
        Span(lexeme.start, lexeme.end),
        hint=_hint(lexemes, position, unexpected),
    )


_KINDS = {"NUMBER": "number", "TEXT": "text", "BYTES": "bytes", "NAME": "name", "WORD": "name", "PREDICATE": "function"}


def _kind_of(lexeme: Lexeme) -> str:
    return _KINDS[lexeme.kind]


_PIPE_HINT = "write || for or; behind | stands a call such as upper()"


def _pipe_without_call(unexpected: UnexpectedLexeme, lexemes: list[Lexeme]) -> Lexeme | None:
    """Return the pipe that the unexpected token follows, directly or after one name: it was meant as an `or`."""
    place = unexpected.span
    position = next((index for index, each in enumerate(lexemes) if place and each.start == place.start), len(lexemes))
    near = lexemes[max(0, position - 2) : position]
    return next((lexeme for lexeme in near if lexeme.kind == "PIPE"), None)


def _end_hint(unexpected: UnexpectedLexeme) -> str | None:
    if "_ELSE" in unexpected.expected and "NUMBER" not in unexpected.expected:
        return "an if needs its else: if c { a } else { b }"
    if "NUMBER" in unexpected.expected:
        return "something must follow the last operator"
    return None


def _hint(lexemes: list[Lexeme], position: int, unexpected: UnexpectedLexeme) -> str | None:
    """Return the likely remedy for the commonest slips."""
    lexeme = lexemes[position]
    before = lexemes[position - 1] if position else None
    if lexeme.kind == "_SEMICOLON" and "_RPAR" in unexpected.expected:
        return "wrap the predicate or the argument: { let x = …; x } in a predicate, ( a; b ) elsewhere"
    if lexeme.kind == "_COLON" and before is not None and before.kind in {"NAME", "TEXT"}:
        return "a map literal as a predicate needs double braces: {{name: .name}}"
    if lexeme.kind == "_LPAR" and before is not None and before.kind in {"_RPAR", "_RSQB"}:
        return "only a name or a member can be called"
    if lexeme.kind == "_LET":
        return "wrap let in parentheses to use it as a value: (let x = 1; x)"
    if lexeme.kind in {"NAME", "NUMBER", "TEXT"} and before is not None:
        return _missing_operator(lexeme)
    return None


def _missing_operator(lexeme: Lexeme) -> str | None:
    if lexeme.value == "is":
        return "write == to compare"
    if lexeme.kind == "NAME" and lexeme.value.lower() in {"and", "or", "not", "in", "contains"}:
        return f'write "{lexeme.value.lower()}" in lower case'
    return "an operator or a comma is missing before it"
