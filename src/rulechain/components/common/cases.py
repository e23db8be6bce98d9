"""Cases that name relations: what `switch` and `inclusive` share."""

from dataclasses import dataclass
from typing import Any

from rulechain.api import NodeBuild, setting
from rulechain.components.fields import Evaluate, compile_condition_setting
from rulechain.model import DEFAULT, FAILURE


@dataclass(frozen=True, slots=True)
class Case:
    """One case: an expression and a relation."""

    case: str = setting("", description="The expression to test.", required=True, format="expression")
    then: str = setting("", description="The relation to take when it is true.")


# RuleGo keeps these two when a chain gives no cases at all.
_SAMPLE_CASES = (
    Case("msg.temperature>=20 && msg.temperature<=50", "Case1"),
    Case("msg.temperature>50", "Case2"),
)


def cases_setting(description: str) -> Any:
    """Declare the setting `cases`."""
    return setting(factory=lambda: _SAMPLE_CASES, description=description, required=True, item=Case)


def relations_of(cases: tuple[Case, ...]) -> tuple[str, ...]:
    """Return every relation that a node with these cases ends with."""
    return (*(case.then for case in cases), DEFAULT, FAILURE)


def compile_cases(cases: tuple[Case, ...], node: NodeBuild) -> tuple[tuple[Evaluate, str], ...]:
    """Compile the setting `cases`: each case as a function of the message, with its relation."""
    return tuple(
        (compile_condition_setting(case.case, node, "cases", index, "case"), case.then)
        for index, case in enumerate(cases)
    )
