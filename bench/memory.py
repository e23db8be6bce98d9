"""A worker over very many messages: its memory at the most, and how it grows once it is warm."""

import time

from bench.backlog import PATIENCE_S, Backlog, finish, private_backlog
from bench.figures import Effort, Section, Target, figure
from bench.report import progress
from bench.workload import REQUESTS, RESPONSES

_WAITING = 20_000
_STEP = 5_000
_RESPONSES_KEPT = 1_000
# Growth that is noise: what an allocator gives back late.
_NOISE_MIB = 8


def measure(effort: Effort) -> Section:
    """MiB after so many messages, fed as they are worked off."""
    with private_backlog() as backlog:
        figures = _feed(backlog, effort.messages)
    peak, grown = figures["peak_mib"], figures["peak_mib"] - figures["warm_mib"]
    title = f"a worker's memory over {effort.messages:,} messages"
    rows = [
        figure("at most", "MiB", [peak], target=Target(80)),
        figure("grown after the first twentieth", "MiB", [grown], target=Target(_NOISE_MIB)),
    ]
    return Section(title, rows, [])


def _feed(backlog: Backlog, count: int) -> dict[str, float]:
    backlog.fill(0)
    sent = 0
    answered = 0
    with backlog.worker("ii", count) as process:
        moved = time.monotonic()
        while answered < count and process.poll() is None:
            progress(f"memory: {answered:,} of {count:,} messages")
            if sent < count and backlog.client.xlen(REQUESTS) < _WAITING:
                step = min(_STEP, count - sent)
                backlog.add(step)
                sent += step
            before, answered = answered, answered + _trim(backlog, all_of_them=sent == count)
            moved = time.monotonic() if answered > before else moved
            if time.monotonic() - moved > PATIENCE_S:
                raise SystemExit(f"memory: {answered} responses to {sent} requests, and no more")
        return finish(process, "memory")


def _trim(backlog: Backlog, *, all_of_them: bool) -> int:
    """Drop responses; how many."""
    return int(backlog.client.xtrim(RESPONSES, maxlen=0 if all_of_them else _RESPONSES_KEPT, approximate=False))
