"""A yardstick for this machine in this minute."""

import json
import time
import timeit
from collections.abc import Callable

from workload import MESSAGE_TEXT


def best_ns(work: Callable[[], object], number: int, repeat: int = 5) -> float:
    """The least processor time that one call took on average, in nanoseconds: other programs do not count."""
    return min(timeit.repeat(work, timer=time.process_time, number=number, repeat=repeat)) / number * 1e9


def calibration_ns(number: int = 20_000) -> float:
    """What the standard library needs to decode and encode the message."""
    return best_ns(lambda: json.dumps(json.loads(MESSAGE_TEXT)), number)
