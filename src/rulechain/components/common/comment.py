"""`comment`: says something to the reader."""

from rulechain.api import ComponentSpec, Make, NodeBuild, NodeFunction, NoSettings
from rulechain.model import SUCCESS


def _build(_settings: NoSettings, _node: NodeBuild) -> NodeFunction:
    return Make(lambda message: message)


SPEC = ComponentSpec(
    type="comment",
    category="common",
    summary="Passes the message on; its name is a note for readers",
    build=_build,
    relations=(SUCCESS,),
    example={},
)
