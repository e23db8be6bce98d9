"""What a run did, as paint for the picture of its chain."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from rulechain.authoring.picture import Paint


def paint_trace(steps: Iterable[Mapping[str, Any]]) -> Paint:
    """Count what the `steps` of a trace's JSON form went through: nodes, and the relations that left them."""
    steps = list(steps)
    return Paint(
        Counter(step["node"] for step in steps),
        Counter((step["node"], step["relation"]) for step in steps),
        frozenset(step["node"] for step in steps if step.get("error")),
    )
