"""Script text to tokens of `grammar/script.lark`: the first stage, and the only one that looks at characters.

Anything doubtful is refused, because a refused script runs in QuickJS: characters outside ASCII in names and spaces,
old octal forms, text outside the Basic Multilingual Plane.
"""

import re
from typing import NamedTuple, NoReturn

from rulechain.script.compiled.errors import Unsupported
from rulechain.script.compiled.texts import is_plain

_KEYWORDS = {
    **{word: word.upper() for word in ("var", "let", "const", "typeof", "true", "false", "null", "in")},
    **{word: f"_{word.upper()}" for word in ("if", "else", "return", "throw", "new", "delete")},
}
_RESERVED = frozenset(
    [
        *["arguments", "async", "await", "break", "case", "catch", "class", "continue", "debugger", "default"],
        *["do", "enum", "eval", "export", "extends", "finally", "for", "function", "implements", "import"],
        *["instanceof", "interface", "package", "private", "protected", "public", "static", "super", "switch"],
        *["this", "try", "void", "while", "with", "yield"],
    ]
)
_LITERALS = frozenset(["true", "false", "null"])
_PUNCTUATION = {
    "=": "ASSIGN",
    **dict.fromkeys(["+=", "-=", "*=", "/=", "%="], "COMPOUND"),
    **dict.fromkeys(["++", "--"], "UPDATE"),
    "||": "OR",
    "&&": "AND",
    "??": "COALESCE",
    "|": "BITOR",
    "^": "BITXOR",
    "&": "BITAND",
    **dict.fromkeys(["==", "!=", "===", "!=="], "EQUALITY"),
    **dict.fromkeys(["<", ">", "<=", ">="], "RELATION"),
    **dict.fromkeys(["<<", ">>", ">>>"], "SHIFT"),
    **dict.fromkeys(["+", "-"], "SIGN"),
    **dict.fromkeys(["*", "/", "%"], "FACTOR"),
    **dict.fromkeys(["!", "~"], "NOT"),
    "?": "_QUESTION",
    ":": "_COLON",
    ".": "_DOT",
    "?.": "OPTIONAL",
    "...": "_SPREAD",
    "=>": "_ARROW",
    "(": "_LPAR",
    ")": "_RPAR",
    "[": "_LSQB",
    "]": "_RSQB",
    "{": "_LBRACE",
    "}": "_RBRACE",
    ",": "_COMMA",
    ";": "_SEMICOLON",
}
_OPENING = {")": "(", "]": "[", "}": "{"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+|//[^\r\n\u2028\u2029]*|/\*.*?\*/)
  | (?P<string>"(?:[^"\\\r\n]|\\[^\r\n])*"|'(?:[^'\\\r\n]|\\[^\r\n])*')
  | (?P<number>(?:0[xX][0-9a-fA-F]+|(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![\w$.]))
  | (?P<word>[A-Za-z_$][A-Za-z0-9_$]*(?![^\x00-\x7f]|\\))
  | (?P<punctuation>>>>(?!=)|===|!==|\.\.\.|=>|\?\.(?![0-9])|\?\?(?!=)|&&(?!=)|\|\|(?!=)|\+\+|--|<<(?!=)|>>(?![>=])
      |[=!<>]=|[-+/%]=|\*(?!\*)=?|[-+/%?:.,;(){}\[\]]|[=!<>~]|[&|^](?!=))
  | (?P<template>`)
    """,
    re.VERBOSE | re.DOTALL,
)
_CHUNK = re.compile(r"((?:[^`\\$]|\\.|\$(?!\{))*)(`|\$\{)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_HTML_COMMENT = re.compile("<!--|-->")


class Lexeme(NamedTuple):
    """A token: its kind in the grammar, its value (text resolved), and whether a line break comes before it."""

    kind: str
    value: str
    after_line_break: bool


def scan(text: str) -> list[Lexeme]:
    """Return the tokens of a script.

    Raises:
        Unsupported: Something that is not of the supported part of the language, or not JavaScript.
    """
    if _HTML_COMMENT.search(text) or not is_plain(text):
        raise Unsupported("characters")
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.lexemes: list[Lexeme] = []
        # What is open: the character, and the index of its token; "`" stands for a hole in a template.
        self.open: list[tuple[str, int]] = []
        self.line_break = False
        # The token that the last closed parenthesis was opened by.
        self.last_opened = 0

    def scan(self) -> list[Lexeme]:
        at = 0
        while at < len(self.text):
            match = _TOKEN.match(self.text, at)
            if match is None:
                _refuse(self.text[at])
            kind, value, at = str(match.lastgroup), match[0], match.end()
            if kind == "space":
                self.line_break |= "\n" in value or "\r" in value or "\u2028" in value or "\u2029" in value
            elif kind == "word":
                self._word(value, at)
            elif kind == "template" or (value == "}" and self.open and self.open[-1][0] == "`"):
                at = self._chunk(at, inside=value == "}")
            elif kind == "punctuation":
                self._punctuation(value)
            else:
                self._add(kind.upper(), _string(value) if kind == "string" else value)
        return self.lexemes

    def _add(self, kind: str, value: str) -> None:
        self._end_return()
        self.lexemes.append(Lexeme(kind, value, self.line_break))
        self.line_break = False

    def _end_return(self) -> None:
        """Put the semicolon that a line break after `return` stands for."""
        if self.line_break and self.lexemes and self.lexemes[-1].kind == "_RETURN":
            self.lexemes.append(Lexeme("_SEMICOLON", ";", after_line_break=False))

    def _word(self, word: str, end: int) -> None:
        previous = self.lexemes[-1].kind if self.lexemes else ""
        is_key = word not in _LITERALS and self.text[end:].lstrip(" \t\r\n").startswith(":")
        if previous in ("_DOT", "OPTIONAL") or (is_key and previous in ("_LBRACE", "_COMMA")):
            self._add("NAME", word)
        elif word in _RESERVED:
            _refuse(word)
        else:
            self._add(_KEYWORDS.get(word, "NAME"), word)

    def _punctuation(self, value: str) -> None:
        kind = _PUNCTUATION[value]
        if kind == "UPDATE" and self.line_break:
            _refuse(value)
        if value in "([{":
            if value == "{" and self.lexemes and self.lexemes[-1].kind == "_ARROW":
                kind = "_ARROW_LBRACE"
            self.open.append((value, len(self.lexemes)))
        elif value in _OPENING:
            if not self.open or self.open[-1][0] != _OPENING[value]:
                _refuse(value)
            opened = self.open.pop()[1]
        self._add(kind, value)
        if kind == "_ARROW" and len(self.lexemes) > 1 and self.lexemes[-2].kind == "_RPAR":
            self.lexemes[self.last_opened] = self.lexemes[self.last_opened]._replace(kind="_ARROW_LPAR")
        if value == ")":
            self.last_opened = opened

    def _chunk(self, start: int, *, inside: bool) -> int:
        """Read a template's text from behind its backtick or the end of a hole; returns where it ends."""
        match = _CHUNK.match(self.text, start)
        if match is None:
            _refuse("`")
        goes_on = match[2] == "${"
        kind = (
            ("TEMPLATE_MIDDLE" if goes_on else "TEMPLATE_TAIL")
            if inside
            else "TEMPLATE_HEAD"
            if goes_on
            else "TEMPLATE"
        )
        if inside:
            self.open.pop()
        if goes_on:
            self.open.append(("`", len(self.lexemes)))
        self._add(kind, _unescaped(match[1].replace("\r\n", "\n").replace("\r", "\n")))
        return match.end()


def _string(literal: str) -> str:
    return _unescaped(literal[1:-1])


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code is None:
        letter = match[4]
        follower = match.string[match.end() : match.end() + 1]
        if letter in "123456789xu\n\r\u2028\u2029" or (letter == "0" and follower.isdigit()):
            _refuse(letter)
        return _ESCAPES.get(letter, letter)
    number = int(code, 16) if len(code) < 8 else 0x110000
    if number > 0xFFFF or 0xD800 <= number <= 0xDFFF:
        _refuse(match[0])
    return chr(number)


def _refuse(what: str) -> NoReturn:
    raise Unsupported(what)
