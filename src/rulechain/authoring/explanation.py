"""The explanation of a run: as text for people, as data for programs."""

from collections.abc import Iterator, Sequence
from typing import Any

from rulechain.api import Run, TraceEvent
from rulechain.authoring.clauses import Clause
from rulechain.authoring.reasons import Missed, Reason
from rulechain.expr.show import dump_explanation, render_explanation

_INDENT = "   "


def render_reasons(run: Run, reasons: Sequence[Reason | None]) -> str:
    """Return what decided about a message's way: each decision with its clauses, and where the branches ended."""
    lines: list[str] = []
    decisions = [(event, reason) for event, reason in zip(run.trace, reasons, strict=True) if reason is not None]
    for number, (event, reason) in enumerate(decisions, 1):
        lines += [*_decision(number, event, reason), ""]
    if not decisions:
        lines += ["no node on the way decides anything", ""]
    for end in run.ends:
        outcome = f"ended at {end.node_id} with {end.relation or 'no relation'}"
        lines.append(f"{outcome}: {_first_line(end.error)}" if end.error else outcome)
    return "\n".join(lines if run.ends else [*lines, "no branch has an end"])


def dump_reason(reason: Reason) -> dict[str, Any]:
    """Return a reason as plain data."""
    return {
        "node": reason.node_id,
        "type": reason.node_type,
        "taken": list(reason.taken),
        "targets": list(reason.targets),
        "because": reason.sentence,
        "clauses": [_dump_clause(clause) for clause in reason.clauses],
        "nearest": None if reason.nearest is None else _dump_missed(reason.nearest),
    }


def _decision(number: int, event: TraceEvent, reason: Reason) -> Iterator[str]:
    taken = ", ".join(relation or "no relation" for relation in reason.taken)
    yield f"{number}. {reason.node_id} ({reason.node_type}) took {_way(taken, reason.targets)}"
    if event.error is not None:
        yield f"{_INDENT}error: {_first_line(event.error)}"
    for clause in reason.clauses:
        yield from _clause_lines(clause, names_relation=len(reason.clauses) > 1)
    if not reason.clauses:
        yield f"{_INDENT}{reason.sentence}"
    if reason.nearest is not None:
        missed = reason.nearest
        yield f"{_INDENT}nearest route not taken: {_way(missed.relation, missed.targets)}"
        yield f"{_INDENT}{_INDENT}because {missed.because}"


def _clause_lines(clause: Clause, *, names_relation: bool) -> Iterator[str]:
    head = f"{clause.relation}: " if names_relation else ""
    if not clause.asked:
        yield f"{_INDENT}{head}{clause.step.text}  not asked"
        return
    first, *others = render_explanation(clause.step).splitlines()
    decides = "  <- decides" if names_relation and clause.holds else ""
    yield f"{_INDENT}{head}{first}{decides}"
    yield from (f"{_INDENT}{' ' * len(head)}{line}" for line in others)


def _way(relation: str, targets: Sequence[str]) -> str:
    return f"{relation} to {', '.join(targets)}" if targets else f"{relation}, which leads nowhere"


def _first_line(error: str) -> str:
    """Return what an error says, without the piece of an expression that it shows below."""
    return error.partition("\n")[0]


def _dump_clause(clause: Clause) -> dict[str, Any]:
    return {
        "relation": clause.relation,
        "asked": clause.asked,
        "holds": clause.holds if clause.asked else None,
        "expression": dump_explanation(clause.step),
    }


def _dump_missed(missed: Missed) -> dict[str, Any]:
    return {"relation": missed.relation, "targets": list(missed.targets), "because": missed.because}
