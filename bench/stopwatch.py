"""Times the steady part of a drain, inside the process that does it."""

import re
import resource
import sys
import time
from pathlib import Path
from typing import NamedTuple


class _Moment(NamedTuple):
    done: int
    seconds: float
    cpu_s: float
    peak_mib: float


class Stopwatch:
    """From the first twentieth of a backlog, when all is warm, to its end."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._from = count // 20
        self._start: _Moment | None = None
        self._end: _Moment | None = None

    def tick(self, done: int) -> bool:
        """Note how far the drain has come; True at its end."""
        if self._start is None and done >= self._from:
            self._start = _now(done)
        if done < self.count:
            return False
        self._end = _now(done)
        return True

    def figures(self) -> dict[str, float]:
        """Messages per second, processor time for each in microseconds, memory when warm and at most."""
        if self._start is None or self._end is None:
            raise RuntimeError("the backlog was not drained")
        done = self._end.done - self._start.done
        return {
            "rate": done / (self._end.seconds - self._start.seconds),
            "cpu_us": (self._end.cpu_s - self._start.cpu_s) / done * 1e6,
            "warm_mib": self._start.peak_mib,
            "peak_mib": self._end.peak_mib,
        }


def _now(done: int) -> _Moment:
    return _Moment(done, time.perf_counter(), time.process_time(), _peak_mib())


def _peak_mib() -> float:
    """The most memory that this process had."""
    if sys.platform == "linux":  # whose rusage of a program begins with that of the process that started it
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
