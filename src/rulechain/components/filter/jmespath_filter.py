"""`x/jmespathFilter`: a JMESPath expression decides."""

from dataclasses import dataclass

from rulechain.api import ComponentSpec, Decide, NodeBuild, NodeFunction, setting
from rulechain.components.queries import compile_jmespath_setting
from rulechain.model import FAILURE, FALSE, TRUE
from rulechain.query import is_true


@dataclass(frozen=True, slots=True)
class JmespathFilterSettings:
    """Settings of `x/jmespathFilter`."""

    expression: str = setting(
        "", description="The JMESPath expression to ask of the JSON payload.", required=True, format="jmespath"
    )


def _build(settings: JmespathFilterSettings, node: NodeBuild) -> NodeFunction:
    search = compile_jmespath_setting(settings.expression, node, "expression")
    return Decide(lambda message: is_true(search(message)))


SPEC = ComponentSpec(
    type="x/jmespathFilter",
    category="filter",
    summary="Asks a JMESPath expression whether a message passes",
    description=(
        "True and False follow JMESPath: null, false, and empty texts, lists and objects are false, everything else "
        "is true. Failure when the payload is not JSON or the expression cannot be applied to it."
    ),
    build=_build,
    settings=JmespathFilterSettings,
    relations=(TRUE, FALSE, FAILURE),
    example={"expression": "items[?price > `100`]"},
)
