"""What a measurement gives: figures over rounds, each with its target and the verdict on it."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Effort(NamedTuple):
    """How much is measured: rounds in which everything has its turn, and what is worked off in each."""

    rounds: int
    # Stream entries that a fast contender drains in a round, and the seconds that latency is watched in one.
    entries: int
    latency_s: float
    # What a worker's memory is watched over, and the seconds there are for it.
    messages: int
    memory_s: float


FULL = Effort(rounds=5, entries=40_000, latency_s=3.0, messages=1_000_000, memory_s=90.0)
QUICK = Effort(rounds=2, entries=5_000, latency_s=0.5, messages=20_000, memory_s=10.0)


@dataclass(frozen=True)
class Target:
    """What a figure must reach, or what its cost must not exceed.

    Attributes:
        limit: The number to hold against.
        at_least: More is better, instead of less.
        on_cost: The number is one of calibrations.
        unless: Why this run cannot judge it; empty where it can.
    """

    limit: float
    at_least: bool = False
    on_cost: bool = False
    unless: str = ""

    def is_met_by(self, reached: float) -> bool:
        """Whether a number is on the right side of the limit."""
        return reached >= self.limit if self.at_least else reached <= self.limit

    def __str__(self) -> str:
        sign, unit = ">=" if self.at_least else "<=", " cal" if self.on_cost else ""
        return f"{sign} {self.limit:,g}{unit}"


@dataclass(frozen=True)
class Figure:
    """One thing measured: the median of its rounds, their spread, and what it cost in calibrations.

    Attributes:
        name: What was measured, unique in its section.
        unit: What the numbers count.
        median: The figure.
        low: The least of the rounds.
        high: The greatest of the rounds.
        cost: Time in calibrations, each round against its own; none for peers, and for what is not time.
        target: What it must reach, if anything.
    """

    name: str
    unit: str
    median: float
    low: float
    high: float
    cost: float | None = None
    target: Target | None = None

    @property
    def verdict(self) -> str:
        """`met`, `not met`, why it cannot be judged, or nothing where there is no target."""
        if self.target is None:
            return ""
        if self.target.unless:
            return f"not judged: {self.target.unless}"
        reached = self.cost if self.target.on_cost else self.median
        if reached is None:
            raise ValueError(f"{self.name}: a target for its cost, and no cost")
        return "met" if self.target.is_met_by(reached) else "not met"


class Section(NamedTuple):
    """One part of a run: its title, its figures, and lines that explain or compare."""

    title: str
    figures: list[Figure]
    notes: list[str]


def figure(
    name: str, unit: str, samples: Sequence[float], costs: Sequence[float] = (), target: Target | None = None
) -> Figure:
    """Make a figure of the samples of all rounds, and of their costs where it has some."""
    cost = statistics.median(costs) if costs else None
    return Figure(name, unit, statistics.median(samples), min(samples), max(samples), cost, target)
