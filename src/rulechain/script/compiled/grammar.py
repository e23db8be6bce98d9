"""The lark parser of `grammar/script.lark`, built on first use and kept, also between processes."""

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace

from rulechain._resources import resource_text, tables_file
from rulechain.script.compiled.errors import Unsupported
from rulechain.script.compiled.nodes import Block
from rulechain.script.compiled.tokens import Lexeme
from rulechain.script.compiled.tree import RULES

_GRAMMAR = "script.lark"
_SEMICOLON = Lexeme("_SEMICOLON", ";", after_line_break=False)


def parse_tokens(lexemes: list[Lexeme]) -> Block:
    """Return the tree of a script's tokens.

    Raises:
        Unsupported: The grammar has no place for a token.
    """
    return _parser()(lexemes)


@cache
def _parser() -> Callable[[list[Lexeme]], Block]:
    # Imported here: chains without scripts never need it.
    from lark import Lark, Token, UnexpectedToken, __version__  # noqa: PLC0415

    text = resource_text("grammar", _GRAMMAR)
    parser = Lark(
        text,
        parser="lalr",
        lexer="basic",
        transformer=SimpleNamespace(**RULES),
        maybe_placeholders=False,
        cache=tables_file(_GRAMMAR, text, RULES, __version__) or False,
    )

    def parse(lexemes: list[Lexeme]) -> Block:
        state = parser.parse_interactive()

        def feed(lexeme: Lexeme) -> None:
            state.feed_token(Token(lexeme.kind, lexeme.value))

        try:
            for lexeme in lexemes:
                try:
                    feed(lexeme)
                except UnexpectedToken:
                    # JavaScript's rule: a semicolon may be left out where a line or a block ends.
                    if not lexeme.after_line_break and lexeme.kind != "_RBRACE":
                        raise
                    feed(_SEMICOLON)
                    feed(lexeme)
            try:
                tree: Block = state.feed_eof()  # type: ignore[no-untyped-call]
            except UnexpectedToken:
                feed(_SEMICOLON)
                tree = state.feed_eof()  # type: ignore[no-untyped-call]
        except UnexpectedToken as error:
            raise Unsupported(str(error.token)) from None
        return tree

    return parse
