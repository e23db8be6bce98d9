"""`exprTransform`: expressions make the new payload."""

from dataclasses import dataclass

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome, setting
from rulechain.components.fields import compile_expression_setting
from rulechain.model import SUCCESS, DataType, Message
from rulechain.values import to_json, to_text_strict


@dataclass(frozen=True, slots=True)
class ExprTransformSettings:
    """Settings of `exprTransform`."""

    expr: str = setting(
        "",
        description="The expression whose value becomes the payload; when given, mapping is ignored.",
        format="expression",
    )
    mapping: dict[str, str] = setting(
        factory=dict,
        description="An expression for each field of the new JSON payload.",
        format="expression",
    )


def _build(settings: ExprTransformSettings, node: NodeBuild) -> NodeFunction:
    if settings.expr.strip():
        return _by_expression(settings.expr, node)
    return _by_mapping(settings.mapping, node)


def _by_expression(text: str, node: NodeBuild) -> NodeFunction:
    evaluate = compile_expression_setting(text, node, "expr")

    def run(message: Message) -> Outcome:
        return Outcome(SUCCESS, message.replace(data=to_text_strict(evaluate(message))))

    return run


def _by_mapping(mapping: dict[str, str], node: NodeBuild) -> NodeFunction:
    fields = tuple((name, compile_expression_setting(text, node, "mapping", name)) for name, text in mapping.items())

    def run(message: Message) -> Outcome:
        data = to_json({name: evaluate(message) for name, evaluate in fields})
        return Outcome(SUCCESS, message.replace(data=data, data_type=DataType.JSON.value))

    return run


SPEC = ComponentSpec(
    type="exprTransform",
    category="transform",
    summary="Makes the payload from expressions",
    description=(
        "With expr, the payload is the text form of its value and the data type stays: objects and lists become "
        "JSON, a text stays as it is, nil becomes the empty text. With mapping, the payload is a JSON object of all "
        "its values and the data type becomes JSON. Failure, with the message unchanged, when an expression cannot "
        "be evaluated."
    ),
    build=_build,
    settings=ExprTransformSettings,
    example={"mapping": {"device": "metadata.deviceId", "celsius": "(msg.fahrenheit - 32) / 1.8"}},
)
