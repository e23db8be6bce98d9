"""`jsFilter`: JavaScript decides."""

from dataclasses import dataclass

from rulechain.api import ComponentSpec, Decide, NodeBuild, NodeFunction
from rulechain.components.scripts import compile_script_setting, script_setting
from rulechain.model import FAILURE, FALSE, TRUE


@dataclass(frozen=True, slots=True)
class JsFilterSettings:
    """Settings of `jsFilter`."""

    js_script: str = script_setting(
        "return msg.temperature > 50;",
        "The body of a function of msg, metadata, msgType and dataType; it returns true to let the message pass.",
    )


def _build(settings: JsFilterSettings, node: NodeBuild) -> NodeFunction:
    return Decide(compile_script_setting(settings.js_script, node, name="Filter", form="truth"))


SPEC = ComponentSpec(
    type="jsFilter",
    category="filter",
    summary="Asks a JavaScript function whether a message passes",
    description=(
        "True when the script returns exactly true, False for any other result, Failure when it throws. The script "
        "works on a copy: what it changes stays unseen."
    ),
    build=_build,
    settings=JsFilterSettings,
    relations=(TRUE, FALSE, FAILURE),
    example={"jsScript": "return msg.temperature > 50 && metadata.site === 'north';"},
)
