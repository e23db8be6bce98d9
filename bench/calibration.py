"""A yardstick for this machine in this minute, and work held against it."""

import json
import time
import timeit
from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple, TypeVar

from bench.workload import MESSAGE_TEXT

_TURN_S = 0.01
Key = TypeVar("Key", bound=Hashable)


class Timed(NamedTuple):
    """What a call took, in nanoseconds of processor time and in calibrations taken just before."""

    ns: float
    cost: float


def best_ns(work: Callable[[], object], number: int, repeat: int = 5) -> float:
    """The least processor time that one call took on average, in nanoseconds: other programs do not count."""
    return min(timeit.repeat(work, timer=time.process_time, number=number, repeat=repeat)) / number * 1e9


def calibration_ns(number: int = 2_000) -> float:
    """What the standard library needs to decode and encode the message."""
    return best_ns(lambda: json.dumps(json.loads(MESSAGE_TEXT)), number)


def in_turns(works: Mapping[Key, Callable[[], object]], rounds: int) -> dict[Key, list[Timed]]:
    """Time each work once in every round, each time beside a calibration of its own.

    A machine whose speed drifts treats all alike, and what is left of its drift is not in the costs.
    """
    numbers = {name: _calls_in_a_turn(work) for name, work in works.items()}
    taken: dict[Key, list[Timed]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            unit = calibration_ns()
            ns = best_ns(work, numbers[name])
            taken[name].append(Timed(ns, ns / unit))
    return taken


def _calls_in_a_turn(work: Callable[[], object]) -> int:
    """How many calls fill a turn; the calls made to find out warm the work up as well."""
    timer = timeit.Timer(work)
    timer.timeit(10)
    return max(10, int(_TURN_S / (timer.timeit(10) / 10)))
