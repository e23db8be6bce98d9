"""What nodes that decide ask of a message: each clause with its value, and the relation that hangs on it.

A node is not run again for this. Its clauses are evaluated once more, each by itself, on the message that came in.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rulechain.api import TraceEvent, decode_settings
from rulechain.components.common.inclusive import InclusiveSettings
from rulechain.components.common.switch import SwitchSettings
from rulechain.components.filter.expr_filter import ExprFilterSettings
from rulechain.components.filter.field_filter import FieldFilterSettings
from rulechain.components.filter.group_filter import GroupFilterSettings
from rulechain.components.filter.jmespath_filter import JmespathFilterSettings
from rulechain.components.filter.js_filter import JsFilterSettings
from rulechain.components.filter.js_switch import JsSwitchSettings
from rulechain.components.payload import json_value
from rulechain.diagnostics import Location, Source
from rulechain.diagnostics.errors import ExpressionError, ExpressionEvaluationError
from rulechain.expr import FunctionRegistry
from rulechain.expr.explain import Step, explain_node_expression
from rulechain.model import TRUE, Message
from rulechain.query import compile_query, is_true
from rulechain.values import JsonError

# What a script names of its message: parameters, and the members behind them.
_NAMED: Final = re.compile(r"(?<![\w.$])(?:(?:msg|metadata)(?:\.[A-Za-z_]\w*)+|msgType|dataType)\b(?!\s*\()")
# Likewise a JMESPath expression: not its texts, nor what stands behind a pipe or in brackets and has another root.
_NO_NAMES: Final = re.compile(r"""'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"|(?<!\|)\|(?!\|).*""", re.DOTALL)
_BRACKETS: Final = re.compile(r"[\[{][^\[\]{}]*[\]}]")
_MEMBERS: Final = re.compile(r"(?<![\w.&#])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\b(?!\s*\()")
_NAMES: Final = re.compile(r"\s*,\s*")


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that a node asked: `relation` is what it would lead to, `holds` whether it does.

    `asked` is False for a case behind the one that decided. A script shows no clauses, only the values it names.
    """

    relation: str
    step: Step
    holds: bool
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """A message in front of a node: the node's configuration, what its expressions see, and the run so far."""

    configuration: Mapping[str, Any]
    message: Message
    env: Mapping[str, Any]
    functions: FunctionRegistry
    earlier: Sequence[TraceEvent]


def clauses_of(type_: str, question: Question) -> list[Clause] | None:
    """Return what a node of a type asks of a message; None for types that decide nothing or do not say by what."""
    ask = _ASKS.get(type_)
    try:
        return None if ask is None else list(ask(question))
    except (ExpressionError, JsonError):
        # The node failed on this message before it could ask: its error says why.
        return None


def _expression(question: Question) -> Iterator[Clause]:
    settings = _settings(ExprFilterSettings, question)
    step = _explained(settings.expr, question)
    yield Clause(TRUE, step, step.value is True)


def _switch(question: Question) -> Iterator[Clause]:
    asked = True
    for case in _settings(SwitchSettings, question).cases:
        step = _explained(case.case, question)
        yield Clause(case.then, step, step.value is True, asked)
        asked = asked and step.value is not True


def _inclusive(question: Question) -> Iterator[Clause]:
    for case in _settings(InclusiveSettings, question).cases:
        step = _explained(case.case, question)
        yield Clause(case.then, step, step.value is True)


def _jmespath(question: Question) -> Iterator[Clause]:
    expression = _settings(JmespathFilterSettings, question).expression
    payload = json_value(question.message)
    steps = tuple(Step(path, compile_query(path)(payload)) for path in _members(expression))
    try:
        value = compile_query(expression)(payload)
    except ExpressionEvaluationError as failure:
        yield Clause(TRUE, Step(expression, failure=failure, steps=steps), holds=False)
        return
    yield Clause(TRUE, Step(expression, value, steps=steps), is_true(value))


def _members(expression: str) -> list[str]:
    """Return the members of the payload that a JMESPath expression names, where it names them from the top."""
    rest = _NO_NAMES.sub("#", expression)
    while (shorter := _BRACKETS.sub("#", rest)) != rest:
        rest = shorter
    return [path for path in dict.fromkeys(_MEMBERS.findall(rest)) if path != expression]


def _fields(question: Question) -> Iterator[Clause]:
    settings = _settings(FieldFilterSettings, question)
    fields = question.message.value if isinstance(question.message.value, dict) else {}
    steps = [
        Step(f"{root}.{name}", owner.get(name), evaluated=name in owner, note="" if name in owner else "missing")
        for root, names, owner in (
            ("metadata", settings.metadata_names, question.message.metadata),
            ("msg", settings.data_names, fields),
        )
        for name in _NAMES.split(names.strip())
        if name
    ]
    present = [step.evaluated for step in steps]
    holds = all(present) if settings.check_all_keys else any(present)
    text = f"{'all' if settings.check_all_keys else 'one'} of {', '.join(step.text for step in steps) or 'no fields'}"
    yield Clause(TRUE, Step(text, holds, steps=tuple(steps)), holds)


def _type(question: Question) -> Iterator[Clause]:
    yield Clause(question.message.type, Step("type", question.message.type), holds=True)


def _group(question: Question) -> Iterator[Clause]:
    settings = _settings(GroupFilterSettings, question)
    taken = {event.node_id: event.relation for event in question.earlier}
    ids = [node_id for text in settings.node_ids for node_id in _NAMES.split(text.strip()) if node_id]
    steps = [Step(node_id, taken.get(node_id), evaluated=node_id in taken) for node_id in ids]
    answers = [step.value == TRUE for step in steps]
    holds = all(answers) if settings.all_matches else any(answers)
    text = f"{'all' if settings.all_matches else 'one'} of {', '.join(ids)} by True"
    yield Clause(TRUE, Step(text, holds, steps=tuple(steps)), holds)


def _script_filter(question: Question) -> Iterator[Clause]:
    yield _named_by(_settings(JsFilterSettings, question).js_script, question)


def _script_switch(question: Question) -> Iterator[Clause]:
    yield _named_by(_settings(JsSwitchSettings, question).js_script, question)


def _named_by(script: str, question: Question) -> Clause:
    """Return the values that a script names; what it makes of them it keeps to itself."""
    steps = []
    for path in dict.fromkeys(_NAMED.findall(script)):
        root, *members = path.split(".")
        value = question.env[root]
        for member in members:
            value = _member(value, member)
        steps.append(Step(path, value))
    return Clause(
        "", Step("what the script reads", evaluated=False, note="as it came in", steps=tuple(steps)), holds=False
    )


def _member(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(name)
    return len(value) if name == "length" and isinstance(value, (str, list)) else None


def _explained(text: str, question: Question) -> Step:
    return explain_node_expression(text, question.env, functions=question.functions)


def _settings(kind: type[Any], question: Question) -> Any:
    return decode_settings(kind, question.configuration, _nowhere, lambda _: None)


def _nowhere(*_: str | int) -> Location:
    return Location(Source(""), "")


_ASKS: Final[Mapping[str, Callable[[Question], Iterator[Clause]]]] = {
    "exprFilter": _expression,
    "switch": _switch,
    "inclusive": _inclusive,
    "x/jmespathFilter": _jmespath,
    "fieldFilter": _fields,
    "msgTypeSwitch": _type,
    "groupFilter": _group,
    "jsFilter": _script_filter,
    "jsSwitch": _script_switch,
}
