"""`comment`: says something to the reader."""

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, NoSettings, Outcome
from rulechain.model import SUCCESS, Message


def _build(_settings: NoSettings, _node: NodeBuild) -> NodeFunction:
    def run(message: Message) -> Outcome:
        return Outcome(SUCCESS, message)

    return run


SPEC = ComponentSpec(
    type="comment",
    category="common",
    summary="Passes the message on; its name is a note for readers",
    build=_build,
    relations=(SUCCESS,),
    example={},
)
