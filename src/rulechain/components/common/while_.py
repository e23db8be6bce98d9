"""`while`: rounds until a condition no longer holds."""

import itertools
from dataclasses import dataclass
from typing import Any

from rulechain.api import ComponentSpec, NodeBuild, NodeContext, NodeFunction, Outcome, Steps, setting
from rulechain.components.fields import compile_expression_setting
from rulechain.components.inner_runs import all_ends, error_of, finished, in_steps
from rulechain.components.loops import (
    IGNORE,
    LOOP_INDEX,
    MERGE,
    REPLACE,
    Listed,
    compile_body,
    is_broken,
    without_break,
)
from rulechain.diagnostics import Code, Diagnostic
from rulechain.diagnostics.errors import ExpressionEvaluationError
from rulechain.model import FAILURE, SUCCESS, Message
from rulechain.values import to_json


@dataclass(frozen=True, slots=True)
class WhileSettings:
    """Settings of `while`."""

    condition: str = setting(
        "msg.count==nil || msg.count < 3",
        description="The expression that decides before each round; the loop ends when it does not hold.",
        required=True,
        format="expression",
    )
    do: str = setting(
        "",
        description='What to run each round: the id of a node, or "chain:" and the id of a chain.',
        required=True,
        format="node",
    )
    mode: int = setting(
        REPLACE,
        description=(
            "What to go on with: 0 the message as it came in, 1 a list of all payloads, 2 the last round's message."
        ),
    )
    max_rounds: int = setting(
        100_000, description="The most rounds a message may take; one more is a Failure.", minimum=1
    )


def _build(settings: WhileSettings, node: NodeBuild) -> NodeFunction:
    body = compile_body(settings.do, node)
    if not settings.condition.strip():
        node.report(Diagnostic(Code.BAD_SETTING, "condition is empty", node.location("condition")))
    condition = compile_expression_setting(settings.condition, node, "condition")
    mode, max_rounds = settings.mode, settings.max_rounds

    def steps(message: Message, context: NodeContext) -> Steps[Outcome]:
        passing = message
        listed = Listed(context) if mode == MERGE else None
        for index in itertools.count():
            passing = passing.with_metadata(LOOP_INDEX, str(index))
            try:
                if not _holds(condition(passing)):
                    break
            except ExpressionEvaluationError as error:
                return Outcome(FAILURE, passing, str(error))
            if index == max_rounds:
                return Outcome(FAILURE, passing, f"the loop takes more than {max_rounds} rounds")
            run = yield from finished(body.start(passing, context))
            ends = [end for end in run.ends if end.error is None]
            if listed is not None:
                listed.add(ends, passing.data_type)
            if (error_text := error_of(all_ends(run))) is not None:
                return Outcome(FAILURE, passing, error_text)
            if ends:
                passing = ends[-1].message
            if is_broken(ends):
                passing = without_break(passing)
                break
        if mode == IGNORE:
            return Outcome(SUCCESS, message)
        if listed is not None:
            # RuleGo's text for no rounds at all.
            passing = passing.replace(data=to_json(listed.payloads) if listed.payloads else "null")
        return Outcome(SUCCESS, passing)

    return in_steps(steps)


def _holds(value: Any) -> bool:
    """Whether a condition's value means yes: true, the text "true" in any case, or a number that is not 0."""
    if isinstance(value, str):
        return value.lower() == "true"
    return isinstance(value, (bool, int, float)) and value != 0


SPEC = ComponentSpec(
    type="while",
    category="common",
    summary="Runs nodes or a chain again and again while a condition holds",
    description=(
        'The condition holds when it is true, the text "true", or a number other than 0. Each round gets the message '
        "of the round before, and the metadata key _loopIndex, counted from 0. A round ends where its nodes lead "
        "nowhere on; a break node ends the loop with it. Failure when the condition cannot be evaluated, when a round "
        "fails, or when the loop takes more than maxRounds rounds."
    ),
    build=_build,
    settings=WhileSettings,
    uses_context=True,
    suspends=True,
    example={"condition": "msg.page < msg.pages", "do": "nextPage"},
)
