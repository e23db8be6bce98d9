"""Why the nodes of a run that decide took the way they took, and which way was nearest to being taken instead."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rulechain.api import TraceEvent
from rulechain.authoring.clauses import Clause, Question, clauses_of
from rulechain.authoring.nearness import blamed, nearness
from rulechain.expr import FunctionRegistry
from rulechain.expr.explain import Step
from rulechain.expr.show import show_value
from rulechain.model import DEFAULT, FAILURE, FALSE, Message, NodeOutputs
from rulechain.plan import ChainPlan, PlannedNode
from rulechain.plan.compile import chain_vars
from rulechain.plan.substitute import substitute
from rulechain.values import StringMap

_SHOWN: Final = 60
_SECRETS: Final = "${secrets."
# Switches whose ways out are named by messages and scripts: what has no connection goes on by another relation.
_OPEN: Final = frozenset({"msgTypeSwitch", "jsSwitch"})
_FILTERS: Final = frozenset({"exprFilter", "fieldFilter", "groupFilter", "x/jmespathFilter"})
_SCRIPTS: Final = frozenset({"jsFilter", "jsSwitch"})
_MISSPELT: Final = 0.6


@dataclass(frozen=True, slots=True)
class Missed:
    """A relation that was not taken, the nodes it leads to, and what kept it from being taken."""

    relation: str
    targets: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One decision: the relations a node took, where they lead, what it asked, and the nearest way not taken.

    `sentence` says it in short. It is empty where the node failed for another reason than one of its clauses.
    """

    node_id: str
    node_type: str
    taken: tuple[str, ...]
    targets: tuple[str, ...]
    clauses: tuple[Clause, ...]
    sentence: str
    nearest: Missed | None


def explain_trace(
    plan: ChainPlan, trace: Sequence[TraceEvent], properties: StringMap, functions: FunctionRegistry
) -> list[Reason | None]:
    """Return why each step of a trace went as it did: None for nodes that decide nothing.

    A node that emitted several relations for a message has its reason with the first of them.

    Args:
        plan: The chain that ran.
        trace: The events of its run.
        properties: The engine's global properties.
        functions: The functions of expressions.
    """
    definitions = {node.id: node for node in plan.definition.nodes}
    roots = {"global": properties, "vars": chain_vars(plan.definition.configuration)}
    reasons: list[Reason | None] = []
    for number, event in enumerate(trace):
        node = plan.nodes[plan.index_of[event.node_id]] if event.node_id in plan.index_of else None
        configuration = definitions[event.node_id].configuration if event.node_id in definitions else {}
        if (
            node is None
            or event.chain_id not in ("", plan.chain_id)
            or (number and _is_same_execution(trace[number - 1], event))
            # What is secret is not in the trace, so nothing true can be said.
            or _SECRETS in str(configuration)
        ):
            reasons.append(None)
            continue
        question = Question(
            substitute(configuration, roots).value,
            event.message_in,
            _environment(event.message_in, plan, roots),
            functions,
            trace[:number],
        )
        clauses = clauses_of(node.type, question)
        taken = _taken(trace, number)
        fallback = properties["defaultRelationType"] or DEFAULT if node.type in _OPEN else None
        decision = None if clauses is None else _Decision(plan, node, event, clauses, taken, fallback)
        reasons.append(None if decision is None else decision.reason())
    return reasons


def told(step: Step) -> str:
    """Return an explained clause as part of a sentence: `msg.t > 30 is false, where msg.t is 12`."""
    facts = [_fact(leaf) for part in step.steps for leaf in _leaves(part)]
    where = f", where {', '.join(dict.fromkeys(filter(None, facts)))}" if any(facts) else ""
    if step.failure is not None:
        return f"{step.text} cannot be evaluated{where}"
    return f"{step.text} is {show_value(step.value, _SHOWN)}{where}"


class _Decision:
    """One execution of a node that decides, with what it asked."""

    def __init__(
        self,
        plan: ChainPlan,
        node: PlannedNode,
        event: TraceEvent,
        clauses: Sequence[Clause],
        taken: tuple[str, ...],
        fallback: str | None,
    ) -> None:
        self._plan = plan
        self._node = node
        self._event = event
        self._clauses = clauses
        self._taken = taken
        self._fallback = fallback

    def reason(self) -> Reason:
        """Return why it went as it did."""
        agrees = self._agrees()
        return Reason(
            self._node.id,
            self._node.type,
            self._taken,
            tuple(dict.fromkeys(target for relation in self._taken for target in self._targets(relation))),
            tuple(self._clauses),
            self._sentence() if agrees else "it depends on more than the message: asked again, it answers otherwise",
            max(self._missed(), key=_near, default=(0.0, None))[1] if agrees else None,
        )

    def _agrees(self) -> bool:
        """Whether what the clauses say now is what the node did: not so where the time of day decides, say."""
        if self._event.error is not None or self._node.type in _OPEN or self._node.type in _SCRIPTS:
            return True
        held = tuple(clause.relation for clause in self._clauses if clause.holds and clause.asked)
        return self._taken == (held or (FALSE if self._node.type in _FILTERS else DEFAULT,))

    def _sentence(self) -> str:
        if self._event.error is not None:
            failed = [clause.step for clause in self._clauses if clause.asked and clause.step.failure is not None]
            return told(failed[0]) if failed else ""
        if self._node.type in _SCRIPTS:
            facts = filter(None, (_fact(step) for step in self._clauses[0].step.steps))
            given = ", ".join(facts)
            return f"the script says so, where {given}" if given else "the script says so"
        held = [clause for clause in self._clauses if clause.holds and clause.asked]
        if held:
            return "; ".join(told(clause.step) for clause in held)
        return told(blamed(self._clauses[0].step)) if len(self._clauses) == 1 else "none of the cases holds"

    def _missed(self) -> Iterator[tuple[float, Missed]]:
        """Yield the ways that were not taken, each with how near it was."""
        if self._event.error is not None or self._node.type in _SCRIPTS:
            return
        connected = [relation for relation in self._node.routes if relation != FAILURE]
        # The cases of a switch are ways out even where they lead nowhere.
        cases = [] if self._node.type in _FILTERS else [clause.relation for clause in self._clauses]
        for relation in dict.fromkeys(cases + connected):
            if relation in self._taken or (self._fallback and relation == self._fallback):
                continue
            found = self._kept_away(relation)
            if found is not None:
                near, because = found
                yield near, Missed(relation, self._targets(relation), because)

    def _kept_away(self, relation: str) -> tuple[float, str] | None:
        """Return how near a relation was to being taken, and what kept it from that; None where that is not known."""
        if self._node.type == "msgTypeSwitch":
            type_ = self._event.message_in.type
            likeness = difflib.SequenceMatcher(None, relation.casefold(), type_.casefold()).ratio()
            return (likeness, told(self._clauses[0].step)) if likeness >= _MISSPELT else None
        mine = [clause for clause in self._clauses if clause.relation == relation]
        if mine:
            clause = max(mine, key=lambda each: nearness(each.step))
            if clause.holds:
                winner = next(each for each in self._clauses if each.holds)
                return nearness(clause.step), f"{clause.step.text} holds too, but {winner.relation} comes first"
            return nearness(clause.step), told(blamed(clause.step))
        held = [clause for clause in self._clauses if clause.holds]
        if held and relation in (FALSE, DEFAULT):
            return -1.0, told(held[0].step)
        return None

    def _targets(self, relation: str) -> tuple[str, ...]:
        indexes = self._node.routes.get(relation)
        if indexes is None and self._fallback:
            indexes = self._node.routes.get(self._fallback)
        return tuple(self._plan.nodes[index].id for index in indexes or ())


def _near(found: tuple[float, Missed | None]) -> float:
    return found[0]


def _environment(message: Message, plan: ChainPlan, roots: Mapping[str, StringMap]) -> dict[str, Any]:
    """Return what a node's expressions see of a message: its parts, and the outputs of other nodes by their ids."""
    views = NodeOutputs(roots)
    views.keep("", message)
    outputs = {node.id: output for node in plan.nodes if (output := message.output(node.id)) is not None}
    return {**outputs, **(views.view("") or {})}


def _is_same_execution(one: TraceEvent, other: TraceEvent) -> bool:
    return one.node_id == other.node_id and one.message_in == other.message_in


def _taken(trace: Sequence[TraceEvent], number: int) -> tuple[str, ...]:
    relations = [trace[number].relation]
    for event in trace[number + 1 :]:
        if not _is_same_execution(trace[number], event):
            break
        relations.append(event.relation)
    return tuple(relations)


def _leaves(step: Step) -> Iterator[Step]:
    """Yield the parts of a clause that are made of no further parts: the values that it began with."""
    if not step.steps:
        yield step
    for part in step.steps:
        yield from _leaves(part)


def _fact(step: Step) -> str:
    """Return a value as part of a sentence; nothing for one that can be read off the text, or was not needed."""
    if not step.evaluated:
        return f"{step.text} is {step.note}" if step.note == "missing" else ""
    if step.failure is not None:
        return ""
    value = show_value(step.value, _SHOWN)
    return "" if value == step.text else f"{step.text} is {value}"
