"""`switch`: the first case that holds names the relation."""

from dataclasses import dataclass

from rulechain.api import Choose, ComponentSpec, NodeBuild, NodeFunction
from rulechain.components.common.cases import Case, cases_setting, compile_cases, relations_of
from rulechain.diagnostics.errors import ExpressionEvaluationError
from rulechain.model import DEFAULT, Message


@dataclass(frozen=True, slots=True)
class SwitchSettings:
    """Settings of `switch`."""

    cases: tuple[Case, ...] = cases_setting("The cases, tested in order; the first that is true decides.")


def _build(settings: SwitchSettings, node: NodeBuild) -> NodeFunction:
    cases = compile_cases(settings.cases, node)

    def choose(message: Message) -> str:
        for holds, relation in cases:
            try:
                if holds(message) is True:
                    return relation
            except ExpressionEvaluationError:
                # A case that cannot be evaluated on this message does not hold, as in RuleGo.
                continue
        return DEFAULT

    return Choose(choose)


SPEC = ComponentSpec(
    type="switch",
    category="common",
    summary="Takes the relation of the first case that is true",
    description=(
        "A case that is not exactly true, or cannot be evaluated on the message, is skipped; when none holds, the "
        "relation is Default. Without the setting, two sample cases on msg.temperature apply, as in RuleGo."
    ),
    build=_build,
    settings=SwitchSettings,
    relations=None,
    named_relations=lambda settings: relations_of(settings.cases),
    example={
        "cases": [
            {"case": "msg.temperature > 80", "then": "critical"},
            {"case": "msg.temperature > 50", "then": "warning"},
        ]
    },
)
