"""`x/jmespathTransform`: a JMESPath expression makes the new payload."""

from dataclasses import dataclass

from rulechain.api import ComponentSpec, Make, NodeBuild, NodeFunction, setting
from rulechain.components.queries import compile_jmespath_setting
from rulechain.model import DataType, Message
from rulechain.values import to_json


@dataclass(frozen=True, slots=True)
class JmespathTransformSettings:
    """Settings of `x/jmespathTransform`."""

    expression: str = setting(
        "",
        description="The JMESPath expression that makes the payload of the JSON payload.",
        required=True,
        format="jmespath",
    )


def _build(settings: JmespathTransformSettings, node: NodeBuild) -> NodeFunction:
    search = compile_jmespath_setting(settings.expression, node, "expression")

    def make(message: Message) -> Message:
        result = search(message)
        if isinstance(result, str):
            return message.replace(data=result, data_type=DataType.TEXT.value)
        return message.replace(data=to_json(result), data_type=DataType.JSON.value)

    return Make(make)


SPEC = ComponentSpec(
    type="x/jmespathTransform",
    category="transform",
    summary="Makes the payload with a JMESPath expression",
    description=(
        "A text becomes the data as it is and the data type TEXT; any other result becomes JSON and the data type "
        "JSON. Failure when the payload is not JSON or the expression cannot be applied to it."
    ),
    build=_build,
    settings=JmespathTransformSettings,
    example={"expression": "{id: id, total: sum(items[].price)}"},
)
