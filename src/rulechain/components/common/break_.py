"""`break`: leaves the loop around it."""

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, NoSettings, Outcome
from rulechain.components.loops import BREAK_KEY
from rulechain.model import SUCCESS, Message


def _build(_settings: NoSettings, _node: NodeBuild) -> NodeFunction:
    def run(message: Message) -> Outcome:
        return Outcome(SUCCESS, message.with_metadata(BREAK_KEY, "1"))

    return run


SPEC = ComponentSpec(
    type="break",
    category="common",
    summary="Stops the loop it is in after this round",
    description='Sets the metadata key _break to "1", which a loop around the node looks for.',
    build=_build,
    relations=(SUCCESS,),
    example={},
)
