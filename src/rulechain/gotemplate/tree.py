"""A template's tree. Variables are numbered while it is parsed: `slot` is a place in the frame of a template."""

from dataclasses import dataclass
from typing import Any

from rulechain.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Dot:
    """`.`."""

    span: Span


@dataclass(frozen=True, slots=True)
class Nil:
    """`nil`."""

    span: Span


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, character, text, `true` or `false`."""

    value: Any
    span: Span


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name`."""

    slot: int
    span: Span


@dataclass(frozen=True, slots=True)
class Function:
    """The name of a function."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Fields:
    """`.a.b` of an operand, of the dot where it begins an argument."""

    base: "Operand"
    names: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Command:
    """A function or an operand, and its arguments."""

    operands: "tuple[Operand, ...]"
    span: Span


@dataclass(frozen=True, slots=True)
class Pipe:
    """Commands, each given the last one's value; and the variables that get the value of all."""

    commands: tuple[Command, ...]
    slots: tuple[int, ...]
    span: Span


Operand = Dot | Nil | Literal | Variable | Function | Fields | Pipe


@dataclass(frozen=True, slots=True)
class Text:
    """What stands outside the braces."""

    text: str


@dataclass(frozen=True, slots=True)
class Print:
    """A pipe whose value is printed, unless it goes to a variable."""

    pipe: Pipe


@dataclass(frozen=True, slots=True)
class If:
    """`if` or `with`; the latter makes its value the dot of the body."""

    pipe: Pipe
    body: "Body"
    otherwise: "Body"
    rebinds: bool


@dataclass(frozen=True, slots=True)
class Range:
    """`range`."""

    pipe: Pipe
    body: "Body"
    otherwise: "Body"


@dataclass(frozen=True, slots=True)
class Invoke:
    """`template "name" pipe`."""

    name: str
    pipe: Pipe | None
    span: Span


@dataclass(frozen=True, slots=True)
class Break:
    """`break`."""


@dataclass(frozen=True, slots=True)
class Continue:
    """`continue`."""


Statement = Text | Print | If | Range | Invoke | Break | Continue
Body = tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """A named template: its body, and how many variables it has, `$` included."""

    body: Body
    slots: int
