"""Joining nodes: messages gather until no other can come, or for too long.

RuleGo waits for the lowest common ancestor of a join's branches to be done, and so loses what nested joins deliver.
Here a join is ripe when nothing that still runs or waits stands where a connection leads on to it.
"""

import time
from collections.abc import Collection, Iterable

from rulechain.api import Arrival
from rulechain.model import Message
from rulechain.plan import PlannedNode


class Gathering:
    """What has reached one joining node. `hop` is that of the first arrival."""

    __slots__ = ("arrivals", "deadline", "hop", "node", "slot")

    def __init__(self, node: PlannedNode, hop: tuple[int, Message, str, str | None, int], slot: list[object]) -> None:
        self.node = node
        self.hop = hop
        self.slot = slot
        self.arrivals: list[Arrival] = []
        self.deadline = time.monotonic() + getattr(node.run, "timeout_s", float("inf"))


def ripe(gatherings: Iterable[Gathering], busy: Collection[int]) -> Gathering | None:
    """Return the first gathering that nothing can reach any more, None when all may still grow.

    Of joins that wait for each other in a cycle, the one that was reached first goes on.

    Args:
        gatherings: The gatherings of a run, in the order of their first arrivals.
        busy: The indexes of the nodes that have suspended.
    """
    gathered = list(gatherings)
    settled = [gathering for gathering in gathered if gathering.node.before.isdisjoint(busy)]
    for gathering in settled:
        others = {other.hop[0] for other in gathered if other is not gathering}
        if gathering.node.before.isdisjoint(others):
            return gathering
    return settled[0] if settled and not busy else None
