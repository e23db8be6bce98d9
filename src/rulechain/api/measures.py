"""What an endpoint measures about itself: distributions, and how far it is behind on its streams."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

# Upper bounds in seconds, from a fast commit to a backlog of hours.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
_DELIVERIES = (1.0, 2.0, 3.0, 4.0, 5.0, 10.0)


class Histogram:
    """How often values were seen, by upper bound; the last count is of those above every bound."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    @property
    def count(self) -> int:
        """How many values were seen."""
        return sum(self.counts)

    def add(self, value: float, times: int = 1) -> None:
        """Take note of a value, or of so many equal ones."""
        self.counts[bisect_left(self.bounds, value)] += times
        self.total += value * times

    def quantile(self, share: float) -> float | None:
        """Return the least bound that so great a share of the values is not above; None of no values.

        Values above every bound count as infinite.
        """
        wanted = share * self.count
        seen = 0
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            seen += count
            if seen and seen >= wanted:
                return bound
        return None

    def copy(self) -> "Histogram":
        """Return a histogram that later values do not change."""
        twin = Histogram(self.bounds)
        twin.counts, twin.total = self.counts.copy(), self.total
        return twin


def _delivery_counts() -> Histogram:
    return Histogram(_DELIVERIES)


@dataclass(slots=True)
class EndpointMeasures:
    """What an endpoint has measured since it was built."""

    # The delivery counts that entries came with.
    deliveries: Histogram = field(default_factory=_delivery_counts)
    # Seconds from sending a commit to its reply.
    commit_s: Histogram = field(default_factory=Histogram)
    # Seconds from an entry's ID to the reply of the commit that settled it; of a large batch a few stand for all.
    end_to_end_s: Histogram = field(default_factory=Histogram)
    # Entries settled for good, in whatever way.
    committed: int = 0
    # Failed tries that are followed by another.
    retries: int = 0
    # Dead letters that no router takes, or that are no messages.
    refused: int = 0
    # Tries that failed at a node, by chain and node.
    node_failures: dict[tuple[str, str], int] = field(default_factory=dict)

    def copy(self) -> "EndpointMeasures":
        """Return what is measured now; what is measured later does not change it."""
        return EndpointMeasures(
            self.deliveries.copy(),
            self.commit_s.copy(),
            self.end_to_end_s.copy(),
            self.committed,
            self.retries,
            self.refused,
            self.node_failures.copy(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStatus:
    """How a group is doing on one of its streams, as the server said when it was last asked.

    `lag` counts the entries that no consumer of the group was given yet, or is an upper bound where `lag_is_exact` is
    False; `lag_s` is the age of the oldest of them, `oldest_pending_s` that of the oldest pending entry. Ages are None
    where entry IDs tell no time. `fault` says why the stream cannot be read.
    """

    stream: str
    lag: int = 0
    lag_is_exact: bool = True
    lag_s: float | None = 0.0
    pending: int = 0
    oldest_pending_s: float | None = None
    fault: str = ""
