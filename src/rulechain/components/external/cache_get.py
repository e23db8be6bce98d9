"""`cacheGet`: read values of the cache."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rulechain.api import Cache, CacheStore, ComponentSpec, NodeBuild, NodeFunction, Outcome, setting
from rulechain.components.external.cache_access import off_the_loop
from rulechain.components.external.cache_keys import CacheKey, Selection, compile_keys, keys_setting
from rulechain.components.payload import json_object
from rulechain.diagnostics.errors import NodeError
from rulechain.model import SUCCESS, DataType, Message
from rulechain.values import JsonError, StringMap, to_json, to_text

_JSON = DataType.JSON.value
_TO_METADATA = 0
_INTO_PAYLOAD = 1
_AS_PAYLOAD = 2


@dataclass(frozen=True, slots=True)
class CacheGetSettings:
    """Settings of `cacheGet`."""

    keys: tuple[CacheKey, ...] = keys_setting("The keys to read.")
    output_mode: int = setting(
        _AS_PAYLOAD,
        description="Where the values go: 0 into the metadata, 1 into the JSON payload's object, 2 in its place.",
    )
    when_key_not_found: str = setting(
        "",
        description=(
            'What happens when none of the keys has a value: "failure" or "success"; without it, Failure in output '
            "mode 2 and Success in the others."
        ),
    )


def _build(settings: CacheGetSettings, node: NodeBuild) -> NodeFunction:
    cache = node.require(Cache)
    store = cache.store
    select = compile_keys(settings.keys, node)
    put = _OUTPUTS.get(settings.output_mode, _replace_payload)
    missing = settings.when_key_not_found.lower()
    fails = missing == "failure" or (missing != "success" and settings.output_mode == _AS_PAYLOAD)

    def run(message: Message) -> Outcome:
        values: dict[str, Any] = {}
        for selection in select(message):
            values |= _found(store, selection)
        if fails and all(value is None for value in values.values()):
            raise NodeError("cache: key is missing")
        return Outcome(SUCCESS, put(message, values))

    return off_the_loop(run, cache)


def _found(store: CacheStore, selection: Selection) -> dict[str, Any]:
    prefix, key, is_prefix = selection
    found = store.find(key) if is_prefix else {key: store.get(key)}
    return {key.removeprefix(prefix): value for key, value in found.items()}


def _add_to_metadata(message: Message, values: dict[str, Any]) -> Message:
    texts = {key: to_text(value) for key, value in values.items() if key}
    return message.replace(metadata=StringMap({**message.metadata, **texts}))


def _add_to_payload(message: Message, values: dict[str, Any]) -> Message:
    if message.data_type != _JSON:
        raise NodeError("data type must be JSON type")
    try:
        members = json_object(message)
    except JsonError:
        raise NodeError("data must be able to be serialized into a map structure") from None
    return message.replace(data=to_json({**members, **values}))


def _replace_payload(message: Message, values: dict[str, Any]) -> Message:
    return message.replace(data=to_json(values))


_OUTPUTS: dict[int, Callable[[Message, dict[str, Any]], Message]] = {
    _TO_METADATA: _add_to_metadata,
    _INTO_PAYLOAD: _add_to_payload,
}


SPEC = ComponentSpec(
    type="cacheGet",
    category="external",
    summary="Reads values of the cache",
    description=(
        "A key without a value reads as null, as the empty text in metadata. A key that ends with * reads all keys "
        "that begin with the text before. The data type stays as it is. Failure when none of the keys has a value and "
        "the settings say so, and in output mode 1 when the payload is no JSON object."
    ),
    build=_build,
    suspends=True,
    settings=CacheGetSettings,
    example={"keys": [{"level": "chain", "key": "last:${metadata.deviceId}"}], "outputMode": 0},
)
