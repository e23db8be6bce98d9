"""`end`: where branches end."""

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, NoSettings, Outcome
from rulechain.model import SUCCESS, Message


def _build(_settings: NoSettings, _node: NodeBuild) -> NodeFunction:
    def run(message: Message) -> Outcome:
        return Outcome(SUCCESS, message)

    return run


SPEC = ComponentSpec(
    type="end",
    category="common",
    summary="Ends the branch; the message becomes an end of the chain",
    description=(
        "In a chain with an end node only the messages that reach one count as its ends, under the relation they "
        "arrived by; other dead ends are silent, except unhandled failures."
    ),
    build=_build,
    relations=(),
    is_end=True,
    example={},
)
