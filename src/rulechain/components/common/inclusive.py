"""`inclusive`: every case that holds is a way out."""

from collections.abc import Sequence
from dataclasses import dataclass

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome
from rulechain.components.common.cases import Case, cases_setting, compile_cases, relations_of
from rulechain.model import DEFAULT, Message


@dataclass(frozen=True, slots=True)
class InclusiveSettings:
    """Settings of `inclusive`."""

    cases: tuple[Case, ...] = cases_setting("The cases; each one that is true is a way out.")


def _build(settings: InclusiveSettings, node: NodeBuild) -> NodeFunction:
    cases = compile_cases(settings.cases, node)

    def run(message: Message) -> Sequence[Outcome]:
        taken = [Outcome(relation, message) for holds, relation in cases if holds(message) is True]
        return taken or [Outcome(DEFAULT, message)]

    return run


SPEC = ComponentSpec(
    type="inclusive",
    category="common",
    summary="Takes the relations of all cases that are true",
    description=(
        "The message goes on by each of them, in order; when no case holds, by Default. Unlike in a switch, a case "
        "that cannot be evaluated on the message is a Failure, and nothing else comes out. Without the setting, two "
        "sample cases on msg.temperature apply, as in RuleGo."
    ),
    build=_build,
    settings=InclusiveSettings,
    relations=None,
    named_relations=lambda settings: relations_of(settings.cases),
    example={
        "cases": [
            {"case": "msg.temperature > 50", "then": "alarm"},
            {"case": "msg.temperature > 20", "then": "archive"},
        ]
    },
)
