"""`jsTransform`: JavaScript makes another message."""

from dataclasses import dataclass

from rulechain.api import ComponentSpec, Make, NodeBuild, NodeFunction
from rulechain.components.scripts import compile_script_setting, script_setting

_DEFAULT_SCRIPT = "return {'msg':msg,'metadata':metadata,'msgType':msgType,'dataType':dataType};"


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
    return compile_script_setting(script, node, name="Transform", form="change")


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
