"""What runs did, as paint for the picture of their chain."""

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


def paint_coverage(coverage: Mapping[str, Any]) -> Paint:
    """Take the counts of a coverage's JSON form, as `dump_coverage` makes it."""
    return Paint(
        dict(coverage["nodes"]),
        {(each["node"], each["relation"]): each["count"] for each in coverage["relations"]},
    )
