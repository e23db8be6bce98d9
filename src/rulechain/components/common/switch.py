"""`switch`: the first case that holds names the relation."""

from dataclasses import dataclass

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome, setting
from rulechain.components.fields import compile_expression_setting
from rulechain.diagnostics.errors import ExpressionEvaluationError
from rulechain.model import DEFAULT, Message


@dataclass(frozen=True, slots=True)
class SwitchCase:
    """One case: an expression and a relation."""

    case: str = setting("", description="The expression to test.", required=True, format="expression")
    then: str = setting("", description="The relation to take when it is true.")


# RuleGo keeps these two when a chain gives no cases at all.
_SAMPLE_CASES = (
    SwitchCase("msg.temperature>=20 && msg.temperature<=50", "Case1"),
    SwitchCase("msg.temperature>50", "Case2"),
)


@dataclass(frozen=True, slots=True)
class SwitchSettings:
    """Settings of `switch`."""

    cases: tuple[SwitchCase, ...] = setting(
        factory=lambda: _SAMPLE_CASES,
        description="The cases, tested in order; the first that is true decides.",
        required=True,
        item=SwitchCase,
    )


def _build(settings: SwitchSettings, node: NodeBuild) -> NodeFunction:
    cases = tuple(
        (compile_expression_setting(case.case, node, "cases", index, "case"), case.then)
        for index, case in enumerate(settings.cases)
    )

    def run(message: Message) -> Outcome:
        for holds, relation in cases:
            try:
                if holds(message) is True:
                    return Outcome(relation, message)
            except ExpressionEvaluationError:
                # A case that cannot be evaluated on this message does not hold, as in RuleGo.
                continue
        return Outcome(DEFAULT, message)

    return run


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
    example={
        "cases": [
            {"case": "msg.temperature > 80", "then": "critical"},
            {"case": "msg.temperature > 50", "then": "warning"},
        ]
    },
)
