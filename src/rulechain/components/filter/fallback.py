"""Where a switch sends what has no connection of its own."""

from rulechain.api import NodeBuild
from rulechain.model import DEFAULT


def fallback_relation(node: NodeBuild) -> str:
    """Return the relation to take instead: `Default`, or the engine's property `defaultRelationType`."""
    return node.properties["defaultRelationType"] or DEFAULT
