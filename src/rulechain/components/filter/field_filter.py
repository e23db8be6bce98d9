"""`fieldFilter`: are these fields there?"""

from collections.abc import Callable, Container
from dataclasses import dataclass

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome, setting
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
    enough: Callable[..., bool] = all if settings.check_all_keys else any

    def run(message: Message) -> Outcome:
        fields: Container[str] = json_object(message) if message.data_type == _JSON else ()
        metadata = message.metadata
        found = [name in metadata for name in metadata_names] + [name in fields for name in data_names]
        return Outcome(TRUE if enough(found) else FALSE, message)

    return run


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
