"""Expression text to tokens: the first stage, and the only one that looks at characters.

Gives the kinds that `grammar/expr.lark` declares. Three of its rules need to know what came before: a word after `.` is
a name whatever it says, `not` directly before `in` and its like belongs to that operator, and `{` in first place of a
predicate opens a block.
"""

import re
from typing import NamedTuple, NoReturn

from rulechain.diagnostics import Code, Span
from rulechain.expr.faults import SyntaxFault
from rulechain.expr.literals import read_bytes, read_text

PREDICATES = frozenset(
    [
        "all",
        "none",
        "any",
        "one",
        "filter",
        "map",
        "find",
        "findIndex",
        "findLast",
        "findLastIndex",
        "count",
        "sum",
        "groupBy",
        "sortBy",
        "reduce",
    ]
)
NEGATABLE = frozenset(["in", "matches", "contains", "startsWith", "endsWith"])

_WORDS = {
    "let": "_LET",
    "if": "IF",
    "else": "_ELSE",
    "not": "NOT",
    "true": "TRUE",
    "false": "FALSE",
    "nil": "NIL",
    "and": "BINARY",
    "or": "BINARY",
    **dict.fromkeys(NEGATABLE, "BINARY"),
}
_SPELLED = {"and": "&&", "or": "||", "^": "**"}
_OPERATORS = {
    "?": "QUESTION",
    "?.": "OPTIONAL",
    "|": "PIPE",
    ":": "_COLON",
    "::": "SCOPE",
    ".": "DOT",
    "#": "HASH",
    ",": "_COMMA",
    ";": "_SEMICOLON",
    "=": "_ASSIGN",
    "!": "NOT",
    "(": "_LPAR",
    ")": "_RPAR",
    "]": "_RSQB",
    "}": "_RBRACE",
    **dict.fromkeys(["+", "-"], "SIGN"),
    **dict.fromkeys(["??", "||", "&&", "==", "!=", "<", ">", "<=", ">=", "..", "*", "/", "%", "**", "^"], "BINARY"),
}
_ENDS_OPERAND = frozenset(
    ["NUMBER", "TEXT", "BYTES", "TRUE", "FALSE", "NIL", "NAME", "WORD", "HASH", "_RPAR", "_RSQB", "_RBRACE"]
)
_PAIRS = {")": "(", "]": "[", "}": "{"}

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<open_comment>/\*)
  | (?P<raw>`(?:[^`]|``)*`)
  | (?P<bytes>[bB](?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
  | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
  | (?P<open_text>[bB]?["']|`)
  | (?P<number>0[xX][0-9a-fA-F_]*(?:\.(?!\.)[0-9a-fA-F_]*)?
      |0[oO][0-7_]*(?:\.(?!\.)[0-7_]*)?|0[bB][01_]*(?:\.(?!\.)[01_]*)?
      |(?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]*)?)
  | (?P<word>(?:[^\W\d]|\$)[\w$]*)
  | (?P<operator>\?\.|\?\?|\?|\|\||\||::|:|\.\.|\.|\#\#?|[,;%+\-^/]|[&!=*<>][&=*]?|[()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)


class Lexeme(NamedTuple):
    """A token: its kind in the grammar, its value (text resolved, operators in one spelling) and its place."""

    kind: str
    value: str
    start: int
    end: int


class _Bracket:
    """An open bracket; `argument` counts its commas when it belongs to a predicate call, else it is None."""

    __slots__ = ("argument", "opener", "start")

    def __init__(self, opener: str, start: int, argument: int | None) -> None:
        self.opener = opener
        self.start = start
        self.argument = argument


def tokenize(text: str) -> list[Lexeme]:
    """Return the tokens of an expression, without spaces, comments and a semicolon at the very end.

    Raises:
        SyntaxFault: S403 unknown character, S404 bad text, S405 bad number, S406 unclosed bracket or text.
    """
    lexemes: list[Lexeme] = []
    brackets: list[_Bracket] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            _refuse_character(text, position)
        position = match.end()
        group = match.lastgroup
        if group == "space":
            continue
        if group == "word":
            _add_word(lexemes, match)
        elif group == "operator":
            _add_operator(lexemes, brackets, match)
        else:
            lexemes.append(_literal(text, lexemes, match))
    _refuse_unclosed(brackets)
    if lexemes and lexemes[-1].kind == "_SEMICOLON":
        lexemes.pop()
    return lexemes


def _literal(text: str, lexemes: list[Lexeme], match: re.Match[str]) -> Lexeme:
    group, written = match.lastgroup, match[0]
    start, end = match.span()
    if group == "number":
        following = text[end : end + 1]
        if following.isalnum() or following in {"_", "$"}:
            raise SyntaxFault(
                Code.BAD_NUMBER,
                f'bad number syntax: "{written}{following}"',
                Span(start, end + 1),
                hint="put a space or an operator after the number",
            )
        return Lexeme("NUMBER", written, start, end)
    if group == "raw":
        return Lexeme("TEXT", written[1:-1].replace("``", "`").replace("\r", ""), start, end)
    if group == "text":
        return Lexeme("TEXT", read_text(text, start, end), start, end)
    if group == "bytes":
        return Lexeme("BYTES", read_bytes(text, start, end), start, end)
    if group == "open_comment":
        raise SyntaxFault(Code.UNCLOSED, "unclosed comment", Span(start, end), hint="end the comment with */")
    quote = written[-1]
    if lexemes and lexemes[-1].end == start:
        hint = f"escape a {quote} inside a text with a backslash, or use other quotes around it"
        raise SyntaxFault(Code.UNCLOSED, "literal not terminated", Span(start, end), hint=hint)
    raise SyntaxFault(
        Code.UNCLOSED,
        "literal not terminated",
        Span(start, end),
        hint=f"this text has no closing {quote}" + ("" if quote == "`" else "; write \\n for a line break inside it"),
    )


def _add_word(lexemes: list[Lexeme], match: re.Match[str]) -> None:
    word = match[0]
    start, end = match.span()
    before = lexemes[-1].kind if lexemes else ""
    if before in {"DOT", "OPTIONAL"}:
        kind = "WORD"
    else:
        kind = _WORDS.get(word, "NAME")
        if (
            word in NEGATABLE
            and lexemes
            and lexemes[-1].value == "not"
            and before == "NOT"
            and _after_operand(lexemes, 2)
        ):
            negation = lexemes.pop()
            lexemes.append(Lexeme("BINARY", f"not {word}", negation.start, end))
            return
    lexemes.append(Lexeme(kind, word if kind == "WORD" else _SPELLED.get(word, word), start, end))


def _add_operator(lexemes: list[Lexeme], brackets: list[_Bracket], match: re.Match[str]) -> None:
    operator = match[0]
    start, end = match.span()
    if operator in "([{":
        lexemes.append(_opening(operator, start, lexemes, brackets))
        return
    if operator in ")]}":
        _close(brackets, operator, start)
    elif operator == "," and brackets and brackets[-1].argument is not None:
        brackets[-1].argument += 1
    kind = _OPERATORS.get(operator)
    if kind is None or (operator == "=" and not _in_let(lexemes)):
        _refuse_operator(operator, start)
    lexemes.append(Lexeme(kind, _SPELLED.get(operator, operator), start, end))


def _opening(operator: str, start: int, lexemes: list[Lexeme], brackets: list[_Bracket]) -> Lexeme:
    end = start + 1
    argument: int | None = None
    if operator == "(":
        kind = "_LPAR"
        name = lexemes[-1] if lexemes else None
        if name is not None and name.kind == "NAME" and name.value in PREDICATES:
            lexemes[-1] = name._replace(kind="PREDICATE")
            argument = 1 if len(lexemes) > 1 and lexemes[-2].kind == "PIPE" else 0
    elif operator == "[":
        kind = "LSQB" if _after_operand(lexemes) or (lexemes and lexemes[-1].kind == "OPTIONAL") else "LBRACKET"
    elif brackets and brackets[-1].argument == 1 and lexemes[-1].kind in {"_COMMA", "_LPAR"}:
        kind = "_LBLOCK"
    else:
        kind = "_LBRACE" if _after_operand(lexemes) or (lexemes and lexemes[-1].kind == "_ELSE") else "LBRACE"
    brackets.append(_Bracket(operator, start, argument))
    return Lexeme(kind, operator, start, end)


def _after_operand(lexemes: list[Lexeme], back: int = 1) -> bool:
    return len(lexemes) >= back and lexemes[-back].kind in _ENDS_OPERAND


def _in_let(lexemes: list[Lexeme]) -> bool:
    return len(lexemes) > 1 and lexemes[-2].kind == "_LET"


def _close(brackets: list[_Bracket], closer: str, start: int) -> None:
    opener = _PAIRS[closer]
    if brackets and brackets[-1].opener == opener:
        brackets.pop()
        return
    if brackets:
        message = f'unexpected "{closer}": the bracket open here is "{brackets[-1].opener}"'
    else:
        message = f'unexpected "{closer}": no "{opener}" is open here'
    raise SyntaxFault(Code.UNCLOSED, message, Span(start, start + 1))


def _refuse_unclosed(brackets: list[_Bracket]) -> None:
    if not brackets:
        return
    bracket = brackets[-1]
    closer = next(closer for closer, opener in _PAIRS.items() if opener == bracket.opener)
    raise SyntaxFault(
        Code.UNCLOSED,
        f'unexpected end of the expression: "{bracket.opener}" is never closed',
        Span(bracket.start, bracket.start + 1),
        hint=f'add the missing "{closer}"',
    )


_SLIPS = {
    "=": "write == to compare; = only follows let",
    "&": "write && (or the word and)",
    "===": "write ==",
}


def _refuse_operator(operator: str, start: int) -> NoReturn:
    raise SyntaxFault(
        Code.EXPRESSION_SYNTAX,
        f'unexpected "{operator}"',
        Span(start, start + len(operator)),
        hint=_SLIPS.get(operator),
    )


def _refuse_character(text: str, position: int) -> NoReturn:
    character = text[position]
    raise SyntaxFault(
        Code.BAD_CHARACTER,
        f"unrecognized character: U+{ord(character):04X} {character!r}",
        Span(position, position + 1),
    )
