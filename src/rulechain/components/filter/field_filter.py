"""`fieldFilter`: are these fields there?"""

from dataclasses import dataclass

from rulechain.api import ComponentSpec, Decide, NodeBuild, NodeFunction, setting
from rulechain.components.payload import json_object
from rulechain.model import FAILURE, FALSE, TRUE, DataType, Message

_JSON = DataType.JSON.value


@dataclass(frozen=True, slots=True)
class FieldFilterSettings:
    """Settings of `fieldFilter`."""

    check_all_keys: bool = setting(False, description="Whether all fields must be there, rather than any of them.")  # noqa: FBT003
    data_names: str = setting("", description="Names of top-level fields of the JSON payload, separated by commas.")
    metadata_names: str = setting("", description="Names of metadata keys, separated by commas.")


def _build(settings: FieldFilterSettings, _: NodeBuild) -> NodeFunction:
    data_names, metadata_names = _names(settings.data_names), _names(settings.metadata_names)
    # Of all, one that is absent decides; of any, one that is present.
    needs_all = settings.check_all_keys
    needs_any = not needs_all

    def test(message: Message) -> bool:
        # Read even where the metadata decides: a payload that is no object is a Failure.
        fields = json_object(message) if message.data_type == _JSON else ()
        metadata = message.metadata
        for name in metadata_names:
            if (name in metadata) is needs_any:
                return needs_any
        for name in data_names:
            if (name in fields) is needs_any:
                return needs_any
        return needs_all

    return Decide(test)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


SPEC = ComponentSpec(
    type="fieldFilter",
    category="filter",
    summary="Asks whether fields are present in the payload or the metadata",
    description=(
        "A field that is null is present. A payload that is not JSON by its data type has no fields. Failure when "
        "the data type is JSON and the payload is no JSON object. Without names, the answer is False, or True under "
        "checkAllKeys."
    ),
    build=_build,
    settings=FieldFilterSettings,
    relations=(TRUE, FALSE, FAILURE),
    example={"dataNames": "temperature,humidity", "metadataNames": "deviceId", "checkAllKeys": True},
)
