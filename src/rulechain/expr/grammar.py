"""The lark parsers, built on first use and kept; the only module that imports lark.

Building the tables takes a while, so they are also kept between processes, in a folder that only the user can write to.
Without such a folder they are built anew.
"""

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

from rulechain._resources import resource_text, tables_file
from rulechain.diagnostics import Span
from rulechain.expr.nodes import Node
from rulechain.expr.tokens import Lexeme
from rulechain.expr.tree import ROUTER_RULES, RULES


class UnexpectedLexeme(Exception):  # noqa: N818 - turned into a diagnostic by parse
    """The parser cannot go on with this token; `span` is None at the end of the text."""

    def __init__(self, span: Span | None, expected: frozenset[str]) -> None:
        super().__init__()
        self.span = span
        self.expected = expected


def parse_tokens(lexemes: list[Lexeme]) -> Node:
    """Return the tree of an expression's tokens.

    Raises:
        UnexpectedLexeme: The grammar has no place for a token.
        SyntaxFault: Operators that cannot be mixed, or a number out of range.
    """
    return _expression_parser()(lexemes)


def parse_router_tokens(lexemes: list[Lexeme]) -> tuple[str, list[Lexeme], list[Lexeme] | None]:
    """Return the kind of a router expression, the pieces of its first id and those of its node's id.

    Raises:
        UnexpectedLexeme: The grammar has no place for a piece.
    """
    found: tuple[str, list[Lexeme], list[Lexeme] | None] = _router_parser()(lexemes)
    return found


@cache
def _router_parser() -> Callable[[list[Lexeme]], Any]:
    return _build_parser("router.lark", _rules(ROUTER_RULES))


@cache
def _expression_parser() -> Callable[[list[Lexeme]], Node]:
    return _build_parser("expr.lark", _rules(RULES))


def _rules(rules: dict[str, Callable[[list[Any]], Any]]) -> SimpleNamespace:
    """Return the callbacks in the form lark looks for them: attributes named after the rules."""
    return SimpleNamespace(**rules)


def _build_parser(grammar: str, rules: SimpleNamespace) -> Callable[[list[Lexeme]], Any]:
    """Return a function from tokens to what the start rule gives."""
    # Imported here: most commands and every chain without expressions never need it, and it takes longer than they do.
    from lark import Lark, Token, UnexpectedToken, __version__  # noqa: PLC0415

    text = resource_text("grammar", grammar)
    parser = Lark(
        text,
        parser="lalr",
        lexer="basic",
        transformer=rules,
        maybe_placeholders=False,
        cache=tables_file(grammar, text, RULES, __version__) or False,
    )

    def parse(lexemes: list[Lexeme]) -> Any:
        # The tokens are fed one by one, because lark's own lexers cannot make them (see tokens).
        state = parser.parse_interactive()
        try:
            for kind, value, start, end in lexemes:
                state.feed_token(Token(kind, value, start_pos=start, end_pos=end))
            return state.feed_eof()  # type: ignore[no-untyped-call]
        except UnexpectedToken as error:
            token = error.token
            span = None if token.type == "$END" else Span(token.start_pos or 0, token.end_pos or 0)
            expected: set[str] = state.accepts()  # type: ignore[no-untyped-call]
            raise UnexpectedLexeme(span, frozenset(expected)) from None

    return parse
