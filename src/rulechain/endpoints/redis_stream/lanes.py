"""Lanes: entries for which `orderBy` gives the same are processed one after the other, the others beside them.

The first entry of a lane holds it until it is settled; those that come meanwhile queue behind it. One that is tried
again goes on holding its lane while it waits.
"""

from collections import deque
from collections.abc import Iterator
from itertools import chain

from rulechain.endpoints.redis_stream.held import Entry, Lane


class Lanes:
    """Which lanes are held, and who queues in them."""

    def __init__(self) -> None:
        # By lane: those that wait behind the entry that holds it.
        self._queues: dict[Lane, deque[Entry]] = {}
        self.queued = 0

    def enter(self, entry: Entry, lane: Lane) -> bool:
        """Give an entry its lane; False when it must wait for another one."""
        entry.lane = lane
        queue = self._queues.get(lane)
        if queue is None:
            self._queues[lane] = deque()
            return True
        queue.append(entry)
        self.queued += 1
        return False

    def leave(self, entry: Entry) -> Entry | None:
        """Let an entry go that holds its lane; return the one that holds it now, if any."""
        lane, entry.lane = entry.lane, None
        if lane is None:
            return None
        queue = self._queues[lane]
        if not queue:
            del self._queues[lane]
            return None
        self.queued -= 1
        return queue.popleft()

    def waiting(self) -> Iterator[Entry]:
        """Yield the entries that queue."""
        return chain.from_iterable(self._queues.values())
