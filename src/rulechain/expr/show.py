"""Values and explanations of expressions: as one line or a tree for people, as data for programs."""

import json
from typing import Any

from rulechain.diagnostics import dump_diagnostic
from rulechain.expr.explain import Step
from rulechain.expr.functions import builtin_registry
from rulechain.values import JsonError, to_json, to_text

_SHOWN = 60
_DECIDES = "  <- decides"
_PLAIN = (str, int, float, list, tuple, dict, bytes)


def show_value(value: Any, limit: int | None = None) -> str:
    """Return a value in one line as the language would write it, cut behind `limit` characters."""
    text = _shown(value)
    return text if limit is None or len(text) <= limit else f"{text[: limit - 3]}..."


def _shown(value: Any) -> str:
    if value is None:
        return "nil"
    if not isinstance(value, _PLAIN):
        # Times and durations have a text form; functions have none.
        return to_text(value) or _as_string(value)
    try:
        return to_json(value)
    except JsonError:
        return _as_string(value)


def _as_string(value: Any) -> str:
    """Return what the language's own `string` makes of a value, which is something for any value."""
    function = builtin_registry().get("string")
    return str(value) if function is None else str(function.call(value))


def dump_value(value: Any) -> Any:
    """Return a value as plain data for JSON output; one without a JSON form as text."""
    try:
        return json.loads(to_json(value))
    except JsonError:
        return _as_string(value)


def render_explanation(step: Step) -> str:
    """Return the parts of an expression as a tree, each with its value, the deciding one marked."""
    return "\n".join(_lines(step, "", ""))


def _lines(step: Step, head: str, indent: str) -> list[str]:
    lines = [f"{head}{step.text}{_outcome(step)}{_DECIDES if step.decides else ''}"]
    for position, part in enumerate(step.steps, 1):
        is_last = position == len(step.steps)
        lines += _lines(part, indent + ("└─ " if is_last else "├─ "), indent + ("   " if is_last else "│  "))
    return lines


def _outcome(step: Step) -> str:
    note = f"  ({step.note})" if step.note else ""
    if not step.evaluated:
        return note or "  not evaluated"
    if step.failure is not None:
        return f"  failed: {step.failure.message}{note}"
    value = show_value(step.value, _SHOWN)
    return note if value == step.text else f"  = {value}{note}"


def dump_explanation(step: Step) -> dict[str, Any]:
    """Return the parts of an expression as plain data for JSON output."""
    dumped: dict[str, Any] = {"text": step.text, "evaluated": step.evaluated, "decides": step.decides}
    if step.note:
        dumped["note"] = step.note
    if step.failure is not None:
        dumped["failure"] = dump_diagnostic(step.failure.diagnostics[0])
    elif step.evaluated:
        dumped["value"] = dump_value(step.value)
    if step.steps:
        dumped["steps"] = [dump_explanation(part) for part in step.steps]
    return dumped
