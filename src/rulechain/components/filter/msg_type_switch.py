"""`msgTypeSwitch`: the message's type is the relation."""

from operator import attrgetter

from rulechain.api import Choose, ComponentSpec, NodeBuild, NodeFunction, NoSettings
from rulechain.components.filter.fallback import fallback_relation


def _build(_: NoSettings, node: NodeBuild) -> NodeFunction:
    return Choose(attrgetter("type"), fallback_relation(node))


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
