"""`exprFilter`: an expression decides."""

from dataclasses import dataclass

from rulechain.api import ComponentSpec, Decide, NodeBuild, NodeFunction, setting
from rulechain.components.fields import compile_condition_setting
from rulechain.model import FAILURE, FALSE, TRUE


@dataclass(frozen=True, slots=True)
class ExprFilterSettings:
    """Settings of `exprFilter`."""

    expr: str = setting(
        "",
        description="The expression that decides, over msg, metadata, id, ts, data, type, dataType, global and vars.",
        required=True,
        format="expression",
    )


def _build(settings: ExprFilterSettings, node: NodeBuild) -> NodeFunction:
    return Decide(compile_condition_setting(settings.expr, node, "expr"))


SPEC = ComponentSpec(
    type="exprFilter",
    category="filter",
    summary="Asks an expression whether a message passes",
    description=(
        "True when the expression is exactly true, False for any other value, Failure when it cannot be evaluated. "
        "Numbers of a JSON payload are floats: write int(msg.count) % 2, not msg.count % 2."
    ),
    build=_build,
    settings=ExprFilterSettings,
    relations=(TRUE, FALSE, FAILURE),
    example={"expr": 'msg.temperature > 50 && metadata.site == "north"'},
)
