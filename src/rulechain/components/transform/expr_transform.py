"""`exprTransform`: expressions make the new payload."""

from dataclasses import dataclass

from rulechain.api import ComponentSpec, Make, NodeBuild, NodeFunction, setting
from rulechain.components.fields import compile_expression_setting, compile_mapping_setting
from rulechain.components.payload import settle_as_read
from rulechain.model import DataType, Message
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

    return Make(lambda message: message.replace(data=to_text_strict(evaluate(message))))


def _by_mapping(mapping: dict[str, str], node: NodeBuild) -> NodeFunction:
    constants, variables, reads_value = compile_mapping_setting(mapping, node, "mapping")
    # As the text has them in order; a name that has to change to become JSON is rare enough.
    template = {name: constants.get(name) for name in sorted(mapping)}
    can_wait = all(name.isascii() for name in mapping)

    def make(message: Message) -> Message:
        members = template.copy()
        value = message.value if reads_value else None
        for name, evaluate in variables:
            members[name] = evaluate(value, message)
        if can_wait and settle_as_read(members):
            return message.with_object(members)
        return message.replace(data=to_json(members), data_type=DataType.JSON.value)

    return Make(make)


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
