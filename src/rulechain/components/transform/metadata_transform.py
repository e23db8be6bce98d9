"""`metadataTransform`: expressions make metadata."""

from dataclasses import dataclass

from rulechain.api import ComponentSpec, Make, NodeBuild, NodeFunction, setting
from rulechain.components.fields import compile_mapping_setting
from rulechain.model import Message
from rulechain.values import StringMap, to_text


@dataclass(frozen=True, slots=True)
class MetadataTransformSettings:
    """Settings of `metadataTransform`."""

    mapping: dict[str, str] = setting(
        factory=dict,
        description="An expression for each metadata key to set.",
        required=True,
        format="expression",
    )
    is_new: bool = setting(False, description="Whether the mapping replaces all metadata, rather than being added.")  # noqa: FBT003


def _build(settings: MetadataTransformSettings, node: NodeBuild) -> NodeFunction:
    constants, variables, reads_value = compile_mapping_setting(settings.mapping, node, "mapping")
    # Those that are yet to be evaluated keep their place, so that new keys stand in the order of the mapping.
    texts = {key: to_text(constants.get(key)) for key in settings.mapping} if constants else {}
    # RuleGo's metadata ignores a key that is the empty text; its expression must compile all the same.
    texts.pop("", None)
    keeps = not settings.is_new

    def make(message: Message) -> Message:
        metadata = message.metadata | texts if keeps else texts.copy()
        given = message.value if reads_value else None
        for key, evaluate in variables:
            value = evaluate(given, message)
            if key:
                metadata[key] = value if type(value) is str else to_text(value)
        return message.with_map(StringMap(metadata))

    return Make(make)


SPEC = ComponentSpec(
    type="metadataTransform",
    category="transform",
    summary="Sets metadata from expressions",
    description=(
        "Each value becomes its text form. All expressions see the metadata as it came. Failure, with the metadata "
        "unchanged, when one cannot be evaluated."
    ),
    build=_build,
    settings=MetadataTransformSettings,
    example={"mapping": {"site": "upper(metadata.site)", "level": 'msg.temperature > 50 ? "hot" : "ok"'}},
)
