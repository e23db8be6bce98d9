"""`fork`: several connections leave from here."""

from rulechain.api import ComponentSpec, Make, NodeBuild, NodeFunction, NoSettings
from rulechain.model import SUCCESS


def _build(_settings: NoSettings, _node: NodeBuild) -> NodeFunction:
    return Make(lambda message: message)


SPEC = ComponentSpec(
    type="fork",
    category="common",
    summary="Passes the message on to every connected node",
    description="Each connection by Success gets the message; the branches do not see each other's changes.",
    build=_build,
    relations=(SUCCESS,),
    example={},
)
