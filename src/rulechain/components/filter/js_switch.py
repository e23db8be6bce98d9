"""`jsSwitch`: JavaScript names the relations."""

from collections.abc import Sequence
from dataclasses import dataclass

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome
from rulechain.components.filter.fallback import fallback_relation
from rulechain.components.scripts import compile_script_setting, script_setting
from rulechain.diagnostics.errors import NodeError
from rulechain.model import Message


@dataclass(frozen=True, slots=True)
class JsSwitchSettings:
    """Settings of `jsSwitch`."""

    js_script: str = script_setting(
        "return ['msgType1','msgType2'];",
        "The body of a function of msg, metadata, msgType and dataType; it returns the list of relations to take.",
    )


def _build(settings: JsSwitchSettings, node: NodeBuild) -> NodeFunction:
    choose = compile_script_setting(settings.js_script, node, name="Switch", form="texts")
    fallback = fallback_relation(node)

    def run(message: Message) -> Sequence[Outcome]:
        relations = choose(message)
        if relations is None:
            raise NodeError("return the value is not an array")
        return [Outcome(relation, message, fallback=fallback) for relation in relations]

    return run


SPEC = ComponentSpec(
    type="jsSwitch",
    category="filter",
    summary="Asks a JavaScript function which relations a message takes",
    description=(
        "Each item of the returned list is one way out, in order. An item without a connection takes the relation "
        "Default, or the one named by the engine's property defaultRelationType. An empty list ends the branch. "
        "Failure when the script throws or returns something else."
    ),
    build=_build,
    settings=JsSwitchSettings,
    relations=None,
    example={"jsScript": "return msg.temperature > 50 ? ['hot', 'archive'] : ['archive'];"},
)
