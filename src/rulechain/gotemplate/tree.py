"""A template's tree. Variables are numbered while it is parsed: `slot` is a place in the frame of a template."""

from typing import Any

import msgspec

from rulechain.diagnostics import Span


class Dot(msgspec.Struct, frozen=True):
    """`.`."""

    span: Span


class Nil(msgspec.Struct, frozen=True):
    """`nil`."""

    span: Span


class Literal(msgspec.Struct, frozen=True):
    """A number, character, text, `true` or `false`."""

    value: Any
    span: Span


class Variable(msgspec.Struct, frozen=True):
    """`$name`."""

    slot: int
    span: Span


class Function(msgspec.Struct, frozen=True):
    """The name of a function."""

    name: str
    span: Span


class Fields(msgspec.Struct, frozen=True):
    """`.a.b` of an operand, of the dot where it begins an argument."""

    base: "Operand"
    names: tuple[str, ...]
    span: Span


class Command(msgspec.Struct, frozen=True):
    """A function or an operand, and its arguments."""

    operands: "tuple[Operand, ...]"
    span: Span


class Pipe(msgspec.Struct, frozen=True):
    """Commands, each given the last one's value; and the variables that get the value of all."""

    commands: tuple[Command, ...]
    slots: tuple[int, ...]
    span: Span


Operand = Dot | Nil | Literal | Variable | Function | Fields | Pipe


class Text(msgspec.Struct, frozen=True):
    """What stands outside the braces."""

    text: str


class Print(msgspec.Struct, frozen=True):
    """A pipe whose value is printed, unless it goes to a variable."""

    pipe: Pipe


class If(msgspec.Struct, frozen=True):
    """`if` or `with`; the latter makes its value the dot of the body."""

    pipe: Pipe
    body: "Body"
    otherwise: "Body"
    rebinds: bool


class Range(msgspec.Struct, frozen=True):
    """`range`."""

    pipe: Pipe
    body: "Body"
    otherwise: "Body"


class Invoke(msgspec.Struct, frozen=True):
    """`template "name" pipe`."""

    name: str
    pipe: Pipe | None
    span: Span


class Break(msgspec.Struct, frozen=True):
    """`break`."""


class Continue(msgspec.Struct, frozen=True):
    """`continue`."""


Statement = Text | Print | If | Range | Invoke | Break | Continue
Body = tuple[Statement, ...]


class Definition(msgspec.Struct, frozen=True):
    """A named template: its body, and how many variables it has, `$` included."""

    body: Body
    slots: int
