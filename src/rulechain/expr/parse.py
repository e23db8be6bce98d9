"""Text to tree; lark's errors become diagnostics here. Takes what a user wrote, gives `check` its nodes."""

from rulechain.diagnostics import Code, Span
from rulechain.expr.faults import SyntaxFault, syntax_error
from rulechain.expr.grammar import UnexpectedLexeme, parse_tokens
from rulechain.expr.limits import MAX_DEPTH, MAX_NODES, MAX_TEXT
from rulechain.expr.nodes import Node, children
from rulechain.expr.tokens import Lexeme, tokenize

_PREVIEW = 20


def parse_expression(text: str, shown: str | None = None) -> Node:
    """Return the tree of an expression.

    Args:
        text: What is parsed.
        shown: What the user wrote, where it differs in characters but not in their places.

    Raises:
        ExpressionSyntaxError: Codes S401 to S407; the place lies inside the text, or just behind it.
    """
    try:
        return _parse(text)
    except SyntaxFault as fault:
        raise syntax_error(fault, text if shown is None else shown) from None


def _parse(text: str) -> Node:
    if len(text) > MAX_TEXT:
        message = f"the expression is too long: {len(text)} characters, at most {MAX_TEXT} are allowed"
        raise SyntaxFault(Code.EXPRESSION_TOO_LARGE, message, Span(MAX_TEXT, len(text)))
    lexemes = tokenize(text)
    if not lexemes:
        raise SyntaxFault(Code.EXPRESSION_EMPTY, "the expression is empty", Span(0, len(text)))
    try:
        root = parse_tokens(lexemes)
    except UnexpectedLexeme as unexpected:
        raise _unexpected(unexpected, text, lexemes) from None
    except RecursionError:
        raise _too_deep(lexemes[0]) from None
    _limit(root, lexemes[0])
    return root


def _limit(root: Node, first: Lexeme) -> None:
    """Refuse a tree with too many nodes or levels; walks without recursion."""
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


def _too_deep(first: Lexeme, span: Span | None = None) -> SyntaxFault:
    message = f"the expression is nested too deeply: at most {MAX_DEPTH} levels are allowed"
    return SyntaxFault(
        Code.EXPRESSION_TOO_LARGE,
        message,
        span or Span(first.start, first.end),
        hint="bind parts of it to names: let part = …; part + …",
    )


def _unexpected(unexpected: UnexpectedLexeme, text: str, lexemes: list[Lexeme]) -> SyntaxFault:
    if unexpected.span is None:
        end = lexemes[-1].end
        hint = _end_hint(lexemes, unexpected)
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


_PIPE_HINT = "the right side of | is a function call such as upper(); write || for or"


def _after_pipe(lexemes: list[Lexeme], position: int) -> bool:
    """Tell whether the token is the first behind a pipe, or behind the one name that follows a pipe."""
    return "PIPE" in [lexeme.kind for lexeme in lexemes[max(0, position - 2) : position]]


def _end_hint(lexemes: list[Lexeme], unexpected: UnexpectedLexeme) -> str | None:
    if _after_pipe(lexemes, len(lexemes)):
        return _PIPE_HINT
    if "_ELSE" in unexpected.expected and "NUMBER" not in unexpected.expected:
        return "an if needs its else: if c { a } else { b }"
    if "NUMBER" in unexpected.expected:
        return "something must follow the last operator"
    return None


def _hint(lexemes: list[Lexeme], position: int, unexpected: UnexpectedLexeme) -> str | None:
    """Return the likely remedy for the commonest slips."""
    lexeme = lexemes[position]
    before = lexemes[position - 1] if position else None
    if _after_pipe(lexemes, position):
        return _PIPE_HINT
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
        return f"write {lexeme.value.lower()} in lower case"
    return "an operator or a comma is missing before it"
