"""A template's tree to functions, one per statement and operand: `(run, dot) -> value`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from rulechain.diagnostics import Span
from rulechain.gotemplate.errors import TemplateError, TemplateFault
from rulechain.gotemplate.format import show
from rulechain.gotemplate.functions import FUNCTIONS
from rulechain.gotemplate.parse import parse_template
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
from rulechain.gotemplate.values import MISSING, NO_VALUE, is_true, type_name

# What a template may take of the process: rounds of loops and templates called, characters, templates in templates.
MAX_STEPS = 1_000_000
MAX_TEXT = 16 * 1024 * 1024
MAX_DEPTH = 100


class GoTemplate:
    """A compiled template; any thread may render it."""

    def __init__(self, text: str) -> None:
        compiler = _Compiler(text, parse_template(text, FUNCTIONS))
        self._text = text
        self._render = compiler.template("")
        # The members of the value that the template may look at; None where it may look at all of them.
        self.reads = None if compiler.reads_all else frozenset(compiler.reads)

    def render(self, value: Any) -> str:
        """Return the text for a value, the template's dot.

        Raises:
            TemplateError: The template cannot work on this value; the text is Go's.
        """
        run = _Run()
        try:
            self._render(run, value)
        except TemplateFault as fault:
            raise TemplateError(str(fault), self._text) from None
        except RecursionError:
            raise TemplateError("the value or the template is nested too deeply", self._text) from None
        return "".join(run.parts)

    def __repr__(self) -> str:
        return f"GoTemplate({self._text!r})"


def compile_go_template(text: str) -> GoTemplate:
    """Compile a text of Go's template language (package text/template).

    Raises:
        ExpressionSyntaxError: The text is no Go template; places count in the text.
    """
    return GoTemplate(text)


class _Output:
    """What all templates of one rendering share."""

    __slots__ = ("length", "parts", "steps")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.steps = 0


class _Run:
    """One call of a template: its variables, and the output it shares with those that call it."""

    __slots__ = ("depth", "frame", "output")

    def __init__(self, output: _Output | None = None, depth: int = 0) -> None:
        self.output = output or _Output()
        self.frame: list[Any] = []
        self.depth = depth

    @property
    def parts(self) -> list[str]:
        return self.output.parts

    def write(self, text: str) -> None:
        output = self.output
        output.length += len(text)
        if output.length > MAX_TEXT:
            raise TemplateFault(f"the text is longer than {MAX_TEXT} characters")
        output.parts.append(text)

    def step(self) -> None:
        self.output.steps += 1
        if self.output.steps > MAX_STEPS:
            raise TemplateFault(f"the template took more than {MAX_STEPS} steps")


class _BreakLoop(Exception):  # noqa: N818 - no error: how `break` leaves the functions of a loop's body
    pass


class _ContinueLoop(Exception):  # noqa: N818 - as above
    pass


_Evaluate = Callable[[_Run, Any], Any]
_Execute = Callable[[_Run, Any], None]


class _Compiler:
    def __init__(self, text: str, definitions: Mapping[str, Definition]) -> None:
        self._text = text
        self._definitions = definitions
        self._templates: dict[str, _Execute] = {}
        # What is looked at in any dot, which may be that of the whole template.
        self.reads: set[str] = set()
        self.reads_all = False

    def template(self, name: str) -> _Execute:
        """Return the function that runs a named template; templates may call each other, and themselves."""
        if name not in self._templates:
            definition = self._definitions[name]
            body: list[_Execute] = []

            def run_template(run: _Run, dot: Any) -> None:
                run.frame = [MISSING] * definition.slots
                run.frame[0] = dot
                for execute in body:
                    execute(run, dot)

            self._templates[name] = run_template
            body += self._body(definition.body)
        return self._templates[name]

    def _fail(self, span: Span, message: str) -> TemplateError:
        return TemplateError(message, self._text, span)

    # Statements

    def _body(self, body: Body) -> list[_Execute]:
        return [self._statement(statement) for statement in body]

    def _statement(self, statement: Statement) -> _Execute:
        match statement:
            case Text(text):
                return lambda run, _: run.write(text)
            case Print(pipe):
                return self._print(pipe)
            case If():
                return self._branch(statement)
            case Range():
                return self._loop(statement)
            case Invoke(name, pipe, span):
                return self._invoke(name, pipe, span)
            case Break():
                return _raise_break
            case Continue():
                return _raise_continue

    def _print(self, pipe: Pipe) -> _Execute:
        evaluate = self._pipe(pipe)

        def assign(run: _Run, dot: Any) -> None:
            evaluate(run, dot)

        def execute(run: _Run, dot: Any) -> None:
            value = evaluate(run, dot)
            run.write(value if type(value) is str else NO_VALUE if value is MISSING else show(value))

        return assign if pipe.slots else execute

    def _branch(self, statement: If) -> _Execute:
        evaluate = self._pipe(statement.pipe)
        body, otherwise = self._body(statement.body), self._body(statement.otherwise)
        rebinds = statement.rebinds

        def execute(run: _Run, dot: Any) -> None:
            value = evaluate(run, dot)
            holds = is_true(value)
            inner = value if rebinds and holds else dot
            for each in body if holds else otherwise:
                each(run, inner)

        return execute

    def _loop(self, statement: Range) -> _Execute:
        pipe = statement.pipe
        evaluate = self._pipe(Pipe(pipe.commands, (), pipe.span))
        body, otherwise = self._body(statement.body), self._body(statement.otherwise)
        key_slot, value_slot = (None, *pipe.slots) if len(pipe.slots) == 1 else pipe.slots or (None, None)

        def rounds_of(run: _Run, dot: Any) -> Iterable[tuple[Any, Any]]:
            value = evaluate(run, dot)
            try:
                return _rounds(value, keyed=key_slot is not None)
            except TemplateFault as fault:
                raise self._fail(pipe.span, str(fault)) from None

        def execute(run: _Run, dot: Any) -> None:
            rounds = rounds_of(run, dot)
            empty = True
            try:
                for key, item in rounds:
                    empty = False
                    run.step()
                    if key_slot is not None:
                        run.frame[key_slot] = key
                    if value_slot is not None:
                        run.frame[value_slot] = item
                    with suppress(_ContinueLoop):
                        for each in body:
                            each(run, item)
            except _BreakLoop:
                return
            if empty:
                for each in otherwise:
                    each(run, dot)

        return execute

    def _invoke(self, name: str, pipe: Pipe | None, span: Span) -> _Execute:
        evaluate: _Evaluate = (lambda _, __: MISSING) if pipe is None else self._pipe(pipe)
        if name not in self._definitions:

            def fail(_: _Run, __: Any) -> None:
                raise self._fail(span, f'template "{name}" not defined')

            return fail
        run_template = self.template(name)

        def execute(run: _Run, dot: Any) -> None:
            value = evaluate(run, dot)
            run.step()
            if run.depth >= MAX_DEPTH:
                raise self._fail(span, f"exceeded maximum template depth ({MAX_DEPTH})")
            run_template(_Run(run.output, run.depth + 1), value)

        return execute

    # Values

    def _pipe(self, pipe: Pipe) -> _Evaluate:
        first, *rest = pipe.commands
        evaluate = self._command(first, None)
        for command in rest:
            evaluate = self._command(command, evaluate)
        slots = pipe.slots

        def evaluate_pipe(run: _Run, dot: Any) -> Any:
            value = evaluate(run, dot)
            # Go unwraps an interface here, and nothing is inside a nil one.
            value = MISSING if value is None else value
            for slot in slots:
                run.frame[slot] = value
            return value

        return evaluate_pipe

    def _command(self, command: Command, last: _Evaluate | None) -> _Evaluate:
        head, *arguments = command.operands
        if isinstance(head, Function):
            return self._call(command, head, [*map(self._operand, arguments), *([last] if last else [])])
        if isinstance(head, Nil):
            return self._failing(head.span, "nil is not a command")
        if arguments or last:
            return self._failing(head.span, f"can't give argument to non-function {self._written(head.span)}")
        return self._operand(head)

    def _call(self, command: Command, head: Function, arguments: Sequence[_Evaluate]) -> _Evaluate:
        spec, name, span = FUNCTIONS[head.name], head.name, command.span
        try:
            spec.check(name, len(arguments))
        except TemplateFault as fault:
            return self._failing(span, str(fault))
        match command.operands:
            case (_, Literal(str(text)), *_) if spec.prepare is not None:
                spec = replace(spec, function=spec.prepare(text))

        def call(run: _Run, dot: Any) -> Any:
            if spec.lazy:
                values = [partial(_argument, argument, run, dot) for argument in arguments]
            else:
                values = [_argument(argument, run, dot) for argument in arguments]
            try:
                return spec.call(name, values)
            except TemplateFault as fault:
                raise self._fail(span, str(fault)) from None

        return call

    def _operand(self, operand: Operand) -> _Evaluate:
        match operand:
            case Dot() | Variable():
                # Any other variable was given what is counted where it stands.
                self.reads_all |= not isinstance(operand, Variable) or operand.slot == 0
                return self._whole(operand)
            case Nil():
                return lambda _, __: None
            case Literal(value):
                return lambda _, __: value
            case Function(_, span):
                return self._command(Command((operand,), span), None)
            case Pipe():
                return self._pipe(operand)
            case Fields(Dot() | Variable() as base, names, span):
                self.reads.add(names[0])
                return self._fields(None if isinstance(base, Dot) else self._whole(base), names, span)
            case Fields(base, names, span):
                return self._fields(self._operand(base), names, span)

    def _whole(self, operand: Dot | Variable) -> _Evaluate:
        if isinstance(operand, Dot):
            return lambda _, dot: dot
        slot = operand.slot
        return lambda run, _: run.frame[slot]

    def _fields(self, base: _Evaluate | None, names: tuple[str, ...], span: Span) -> _Evaluate:
        """Return what looks at the members of a base, None for the dot."""

        def evaluate(run: _Run, dot: Any) -> Any:
            value = dot if base is None else base(run, dot)
            for name in names:
                if isinstance(value, dict):
                    value = value.get(name, MISSING)
                elif value is None:
                    raise self._fail(span, f"nil pointer evaluating interface {{}}.{name}")
                elif value is not MISSING:
                    raise self._fail(span, f"can't evaluate field {name} in type {type_name(value)}")
            return value

        return evaluate

    def _failing(self, span: Span, message: str) -> _Evaluate:
        def fail(_: _Run, __: Any) -> Any:
            raise self._fail(span, message)

        return fail

    def _written(self, span: Span) -> str:
        return self._text[span.start : span.end]


def _argument(evaluate: _Evaluate, run: _Run, dot: Any) -> Any:
    value = evaluate(run, dot)
    return None if value is MISSING else value


def _rounds(value: Any, *, keyed: bool) -> Iterable[tuple[Any, Any]]:
    """Return the keys and values that a loop goes through; nothing is there is an empty list."""
    if value is MISSING:
        return ()
    if isinstance(value, dict):
        return [(key, value[key]) for key in sorted(value)]
    if isinstance(value, (list, tuple, bytes)):
        return enumerate(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if keyed:
            raise TemplateFault(f"can't use {value} to iterate over more than one variable")
        return ((number, number) for number in range(value))
    raise TemplateFault(f"range can't iterate over {show(value)}")


def _raise_break(_: _Run, __: Any) -> None:
    raise _BreakLoop


def _raise_continue(_: _Run, __: Any) -> None:
    raise _ContinueLoop
