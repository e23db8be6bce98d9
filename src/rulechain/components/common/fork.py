"""`fork`: several connections leave from here."""

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, NoSettings, Outcome
from rulechain.model import SUCCESS, Message


def _build(_settings: NoSettings, _node: NodeBuild) -> NodeFunction:
    def run(message: Message) -> Outcome:
        return Outcome(SUCCESS, message)

    return run


SPEC = ComponentSpec(
    type="fork",
    category="common",
    summary="Passes the message on to every connected node",
    description="Each connection by Success gets the message; the branches do not see each other's changes.",
    build=_build,
    relations=(SUCCESS,),
    example={},
)
