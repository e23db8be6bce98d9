"""`jsTransform`: JavaScript makes another message."""

import json
from dataclasses import dataclass

import msgspec

from rulechain.api import ComponentSpec, Make, NodeBuild, NodeFunction, Outcome
from rulechain.components.payload import canonical_json
from rulechain.components.scripts import compile_script_setting, message_text, script_setting
from rulechain.diagnostics.errors import NodeError
from rulechain.model import FAILURE, SUCCESS, DataType, Message
from rulechain.values import StringMap, decode_json

_DEFAULT_SCRIPT = "return {'msg':msg,'metadata':metadata,'msgType':msgType,'dataType':dataType};"
_JSON = DataType.JSON.value
_NO_CHANGE = (None, None, None)
_decode_head = msgspec.json.Decoder(tuple[str | None, str | None, dict[str, str] | None]).decode


@dataclass(frozen=True, slots=True)
class JsTransformSettings:
    """Settings of `jsTransform`."""

    js_script: str = script_setting(
        _DEFAULT_SCRIPT,
        "The body of a function of msg, metadata, msgType and dataType; it returns an object with what to change.",
    )


def _build(settings: JsTransformSettings, node: NodeBuild) -> NodeFunction:
    script = settings.js_script
    if script in ("", _DEFAULT_SCRIPT):
        return Make(lambda message: message)
    transform = compile_script_setting(script, node, name="Transform", form="change")

    def run(message: Message) -> Outcome:
        result = transform(message)
        if result is None:
            raise NodeError("return the value is not a map")
        return _outcome(message, result)

    return run


def _outcome(message: Message, result: str) -> Outcome:
    """Return what the result of a script of the form `change` makes of a message; prelude.js describes its text."""
    head, _, data = result.partition("\n")
    data_type, type_, metadata = _head(head) if head else _NO_CHANGE
    changed_metadata = None if metadata is None else StringMap(metadata)
    kind, text = data[0], data[1:]
    payload: str | bytes | None = None
    error: str | None = None
    if kind == "j":
        payload = _json_payload(message, text)
    elif kind == "s":
        payload = _text_payload(message, decode_json(text))
    elif kind == "b":
        payload = bytes(json.loads(text))
    elif kind == "e":
        error = decode_json(text)
    changed = message.replace(data=payload, type=type_, data_type=data_type, metadata=changed_metadata)
    return Outcome(SUCCESS, changed) if error is None else Outcome(FAILURE, changed, error=error)


def _head(text: str) -> tuple[str | None, str | None, dict[str, str] | None]:
    try:
        return _decode_head(text)
    except msgspec.MsgspecError:
        # Lone surrogates in a text, which JavaScript allows.
        data_type, type_, metadata = decode_json(text)
        return data_type, type_, metadata


def _text_payload(message: Message, text: str) -> str | None:
    """Return the text, or None for the payload's own, which may be bytes that have no exact text."""
    return None if isinstance(message.data, bytes) and text == message_text(message)[0] else text


def _json_payload(message: Message, written: str) -> str:
    return canonical_json(written, message.text if message.data_type == _JSON else None)


SPEC = ComponentSpec(
    type="jsTransform",
    category="transform",
    summary="Makes another message with a JavaScript function",
    description=(
        "The returned object may have msg, metadata, msgType and dataType; what it lacks stays as it is. Objects and "
        "lists become JSON with sorted keys, a text becomes the data as it is, a Uint8Array, or a list of byte "
        "values under the data type BINARY, becomes bytes. metadata replaces all metadata, its values become texts. "
        "An empty script, and the default one, pass the message unchanged. Failure when the script throws or returns "
        "anything but an object."
    ),
    build=_build,
    settings=JsTransformSettings,
    example={"jsScript": "msg.celsius = (msg.fahrenheit - 32) / 1.8; metadata.unit = 'C'; return {msg, metadata};"},
)
