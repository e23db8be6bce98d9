"""`msgTypeSwitch`: the message's type is the relation."""

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, NoSettings, Outcome
from rulechain.components.filter.fallback import fallback_relation
from rulechain.model import Message


def _build(_: NoSettings, node: NodeBuild) -> NodeFunction:
    fallback = fallback_relation(node)

    def run(message: Message) -> Outcome:
        return Outcome(message.type, message, fallback=fallback)

    return run


SPEC = ComponentSpec(
    type="msgTypeSwitch",
    category="filter",
    summary="Routes a message by its type",
    description=(
        "The relation is the message's type. A type without a connection takes the relation Default, or the one "
        "named by the engine's property defaultRelationType."
    ),
    build=_build,
    relations=None,
    example={},
)
