"""Tokens to a tree. Names are resolved here: functions by the table given, variables to slots."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import NoReturn

from rulechain.diagnostics import Span, did_you_mean
from rulechain.gotemplate import tokens
from rulechain.gotemplate.errors import syntax_error
from rulechain.gotemplate.literals import read_number, read_text, unescape
from rulechain.gotemplate.tokens import Token, read_tokens
from rulechain.gotemplate.tree import (
    Body,
    Break,
    Command,
    Continue,
    Definition,
    Dot,
    Fields,
    Function,
    If,
    Invoke,
    Literal,
    Nil,
    Operand,
    Pipe,
    Print,
    Range,
    Statement,
    Text,
    Variable,
)

# Deeper nesting than anybody writes; it keeps the recursion of parser and templates off Python's limit.
MAX_DEPTH = 100
_CONSTANTS = {"true": True, "false": False}
_ELSE, _END = "else", "end"
_KEYWORDS = frozenset(["if", "with", "range", "template", "block", "define", "break", "continue", _ELSE, _END])


def parse_template(text: str, functions: Collection[str]) -> dict[str, Definition]:
    """Return the templates in a text by name; the one that is the text itself is named `""`.

    Raises:
        ExpressionSyntaxError: The text is no Go template, or names a function or a variable that there is not.
    """
    return _Parser(text, functions).parse()


class _Frame:
    """The variables of the template being parsed: those in sight, and how many there have been."""

    def __init__(self) -> None:
        self.visible = [("$", 0)]
        self.count = 1

    def declare(self, name: str) -> int:
        slot = self.count
        self.visible.append((name, slot))
        self.count += 1
        return slot

    def find(self, name: str) -> int | None:
        return next((slot for known, slot in reversed(self.visible) if known == name), None)


class _Parser:
    def __init__(self, text: str, functions: Collection[str]) -> None:
        self._text = text
        self._functions = functions
        self._tokens = list(read_tokens(text))
        self._position = 0
        self._frame = _Frame()
        self._loops = 0
        self._depth = 0
        self._definitions: dict[str, Definition] = {}

    def parse(self) -> dict[str, Definition]:
        body, stop = self._body()
        if stop.kind != tokens.END:
            self._fail(f"unexpected {{{{{stop.text}}}}}", stop)
        return {**self._definitions, "": Definition(body, self._frame.count)}

    # Tokens

    def _peek(self) -> Token:
        return self._tokens[self._position]

    def _next(self) -> Token:
        token = self._tokens[self._position]
        self._position += 1
        return token

    def _skip_space(self) -> Token:
        """Return the next token that is no space, without taking it."""
        if self._peek().kind == tokens.SPACE:
            self._position += 1
        return self._peek()

    def _expect(self, kind: str, where: str) -> Token:
        token = self._skip_space()
        if token.kind != kind:
            self._fail(f'unexpected "{token.text}" in {where}', token)
        return self._next()

    def _fail(self, message: str, token: Token, hint: str | None = None) -> NoReturn:
        raise syntax_error(message, self._text, token.span, hint)

    @contextmanager
    def _nested(self, token: Token) -> Iterator[None]:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._fail(f"the template is nested too deeply here: at most {MAX_DEPTH} levels are allowed", token)
        yield
        self._depth -= 1

    # Statements

    def _body(self) -> tuple[Body, Token]:
        """Parse statements up to `else`, `end` or the end of the text, and return that word, which is taken."""
        statements: list[Statement] = []
        while True:
            token = self._next()
            if token.kind == tokens.END:
                return tuple(statements), token
            if token.kind == tokens.TEXT:
                statements.append(Text(token.text))
                continue
            # The token of an action's first word: tokens of actions follow each other without their opening braces.
            self._position -= 1
            word = self._skip_space()
            if word.kind == tokens.WORD and word.text in {_ELSE, _END}:
                return tuple(statements), self._next()
            with self._nested(word):
                statement = self._statement(word)
            if statement is not None:
                statements.append(statement)

    def _statement(self, word: Token) -> Statement | None:
        if word.kind != tokens.WORD or word.text not in _KEYWORDS:
            return Print(self._pipe("command", tokens.ACTION_END))
        self._position += 1
        match word.text:
            case "if" | "with":
                return self._branch(word)
            case "range":
                return self._range()
            case "template":
                return self._invoke()
            case "block":
                return self._block()
            case "define":
                self._define(word)
                return None
        self._expect(tokens.ACTION_END, f"{{{{{word.text}}}}}")
        if not self._loops:
            self._fail(f"{{{{{word.text}}}}} outside {{{{range}}}}", word)
        return Break() if word.text == "break" else Continue()

    def _branch(self, word: Token) -> If:
        visible = len(self._frame.visible)
        pipe = self._pipe(word.text, tokens.ACTION_END)
        body, stop = self._body()
        otherwise = self._otherwise(stop, word)
        del self._frame.visible[visible:]
        return If(pipe, body, otherwise, rebinds=word.text == "with")

    def _otherwise(self, stop: Token, word: Token) -> Body:
        """Parse what may follow `else`; `else if` and `else with` share the `end` of what they belong to."""
        if stop.kind == tokens.END:
            self._fail(f"{{{{{word.text}}}}} has no {{{{end}}}}", word)
        if stop.text == _END:
            self._expect(tokens.ACTION_END, "{{end}}")
            return ()
        chained = self._skip_space()
        if chained.kind == tokens.WORD and chained.text == word.text and word.text in {"if", "with"}:
            self._position += 1
            with self._nested(chained):
                return (self._branch(chained),)
        self._expect(tokens.ACTION_END, "{{else}}")
        otherwise, stop = self._body()
        if stop.text == _ELSE:
            self._fail("expected {{end}}, found a second {{else}}", stop)
        return otherwise + self._otherwise(stop, word)

    def _range(self) -> Range:
        word = self._tokens[self._position - 1]
        visible = len(self._frame.visible)
        pipe = self._pipe("range", tokens.ACTION_END)
        self._loops += 1
        body, stop = self._body()
        self._loops -= 1
        otherwise = self._otherwise(stop, word)
        del self._frame.visible[visible:]
        return Range(pipe, body, otherwise)

    def _invoke(self) -> Invoke:
        name = self._name("template clause")
        pipe = None
        if self._skip_space().kind == tokens.ACTION_END:
            self._position += 1
        else:
            pipe = self._pipe("template clause", tokens.ACTION_END)
        return Invoke(read_text(name.text), pipe, name.span)

    def _block(self) -> Invoke:
        word = self._tokens[self._position - 1]
        name = self._name("block clause")
        pipe = self._pipe("block clause", tokens.ACTION_END)
        self._definition(read_text(name.text), word)
        return Invoke(read_text(name.text), pipe, name.span)

    def _define(self, word: Token) -> None:
        if self._depth > 1:
            self._fail("unexpected {{define}}: it stands inside nothing else", word)
        name = self._name("define clause")
        self._expect(tokens.ACTION_END, "define clause")
        self._definition(read_text(name.text), word)

    def _definition(self, name: str, word: Token) -> None:
        outer = self._frame, self._loops
        self._frame, self._loops = _Frame(), 0
        body, stop = self._body()
        if stop.text != _END:
            self._fail(f"{{{{{word.text}}}}} has no {{{{end}}}}", word)
        self._expect(tokens.ACTION_END, "{{end}}")
        self._definitions[name] = Definition(body, self._frame.count)
        self._frame, self._loops = outer

    def _name(self, where: str) -> Token:
        return self._expect(tokens.STRING, where)

    # Pipes

    def _pipe(self, where: str, closing: str) -> Pipe:
        first = self._skip_space()
        names, declares = self._variables(where)
        commands = [self._command(where, closing)]
        while self._skip_space().kind == "|":
            self._position += 1
            commands.append(self._command(where, closing))
        end = self._expect(closing, where)
        for command in commands[1:]:
            if isinstance(command.operands[0], (Dot, Nil, Literal)):
                message = "only a function can be given the value of another command"
                raise syntax_error(message, self._text, command.span)
        slots = tuple(self._slot(name, declares=declares) for name in names)
        return Pipe(tuple(commands), slots, Span(first.span.start, end.span.start))

    def _variables(self, where: str) -> tuple[list[Token], bool]:
        """Take `$a, $b :=` or `=`, if it stands here: the variables, and whether they are new."""
        begin = self._position
        names: list[Token] = []
        while self._skip_space().kind == tokens.VARIABLE:
            names.append(self._next())
            sign = self._skip_space()
            if sign.kind in {":=", "="}:
                self._position += 1
                return names, sign.kind == ":="
            if sign.kind != "," or where != "range" or len(names) > 1:
                break
            self._position += 1
        self._position = begin
        return [], False

    def _slot(self, name: Token, *, declares: bool) -> int:
        return self._frame.declare(name.text) if declares else self._variable(name).slot

    def _command(self, where: str, closing: str) -> Command:
        operands: list[Operand] = []
        start = self._skip_space()
        while (token := self._skip_space()).kind not in {closing, "|"}:
            adjoins = operands and self._tokens[self._position - 1].kind != tokens.SPACE
            if adjoins and token.kind != tokens.ACTION_END:
                self._fail(f'unexpected "{token.text}" in operand', token)
            operands.append(self._operand(token, where))
        if not operands:
            self._fail(f"missing value for {where}", token)
        return Command(tuple(operands), Span(start.span.start, _end_of(operands[-1])))

    def _operand(self, token: Token, where: str) -> Operand:
        self._position += 1
        match token.kind:
            case "(":
                with self._nested(token):
                    pipe = self._pipe("parenthesized pipeline", ")")
                found: Operand = Pipe(pipe.commands, pipe.slots, Span(token.span.start, pipe.span.end + 1))
            case ".":
                found = Dot(token.span)
            case tokens.FIELD:
                found = Fields(Dot(token.span), (token.text[1:],), token.span)
            case tokens.VARIABLE:
                found = self._variable(token)
            case tokens.WORD:
                found = self._word(token)
            case tokens.NUMBER | tokens.CHARACTER | tokens.STRING:
                found = Literal(self._literal(token), token.span)
            case _:
                self._fail(f'unexpected "{token.text}" in {where}', token)
        return self._fields(found)

    def _fields(self, base: Operand) -> Operand:
        """Take the fields that follow an operand directly."""
        names: list[str] = []
        end = _end_of(base)
        while (token := self._peek()).kind == tokens.FIELD:
            if isinstance(base, (Literal, Nil, Dot)):
                self._fail(f'unexpected "{token.text}" behind a value without fields', token)
            self._position += 1
            names.append(token.text[1:])
            end = token.span.end
        if not names:
            return base
        if isinstance(base, Fields):
            return Fields(base.base, (*base.names, *names), Span(base.span.start, end))
        return Fields(base, tuple(names), Span(base.span.start, end))

    def _word(self, token: Token) -> Operand:
        if token.text in _CONSTANTS:
            return Literal(_CONSTANTS[token.text], token.span)
        if token.text == "nil":
            return Nil(token.span)
        if token.text not in self._functions:
            hint = did_you_mean(token.text, self._functions)
            self._fail(f'there is no function "{token.text}"', token, hint)
        return Function(token.text, token.span)

    def _variable(self, token: Token) -> Variable:
        slot = self._frame.find(token.text)
        if slot is None:
            hint = did_you_mean(token.text, [name for name, _ in self._frame.visible])
            self._fail(f'there is no variable "{token.text}" here', token, hint)
        return Variable(slot, token.span)

    def _literal(self, token: Token) -> object:
        try:
            if token.kind == tokens.NUMBER:
                return read_number(token.text)
            if token.kind == tokens.STRING:
                return read_text(token.text)
            character = unescape(token.text[1:-1])
            if len(character) != 1:
                self._fail(f"{token.text} is not one character", token, "a text stands in double quotes")
            return ord(character)
        except ValueError as error:
            self._fail(f"{token.text}: {error}", token)


def _end_of(operand: Operand) -> int:
    return operand.span.end
