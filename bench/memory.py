"""A worker over very many messages: its memory at the most, and how it grows once it is warm."""

import time

from bench.backlog import PATIENCE_S, Backlog, finish, private_backlog
from bench.figures import Effort, Section, Target, figure
from bench.report import progress
from bench.workload import REQUESTS, RESPONSES

_CHAIN = "ii"
_WAITING = 20_000
_STEP = 5_000
_RESPONSES_KEPT = 1_000
_PAUSE_S = 0.005
# Growth that is noise: what an allocator gives back late.
_NOISE_MIB = 8


def measure(effort: Effort) -> Section:
    """MiB after a million messages, or after as many as there is time for."""
    with private_backlog() as backlog:
        rate = backlog.drain(_CHAIN, effort.entries)["rate"]
        count = min(effort.messages, int(rate * effort.memory_s))
        figures = _feed(backlog, count)
    unless = "" if count == effort.messages else f"no time for {effort.messages:,} messages"
    peak, grown = figures["peak_mib"], figures["peak_mib"] - figures["warm_mib"]
    rows = [
        figure("at most", "MiB", [peak], target=Target(80, unless=unless)),
        figure("grown after the first twentieth", "MiB", [grown], target=Target(_NOISE_MIB, unless=unless)),
    ]
    return Section(f"memory of a worker, {count:,} messages", rows, [])


def _feed(backlog: Backlog, count: int) -> dict[str, float]:
    """Add requests as they are worked off, so that the server stays small, and drop the responses."""
    backlog.fill(0)
    sent = answered = 0
    with backlog.worker(_CHAIN, count) as process:
        moved = time.monotonic()
        while answered < count and process.poll() is None:
            progress(f"memory: {answered:,} of {count:,} messages")
            if sent < count and backlog.client.xlen(REQUESTS) < _WAITING:
                step = min(_STEP, count - sent)
                backlog.add(step)
                sent += step
            else:
                time.sleep(_PAUSE_S)
            kept = 0 if sent == count else _RESPONSES_KEPT
            if dropped := backlog.client.xtrim(RESPONSES, maxlen=kept, approximate=False):
                answered += dropped
                moved = time.monotonic()
            elif time.monotonic() - moved > PATIENCE_S:
                raise SystemExit(f"memory: {answered} responses to {sent} requests, and no more")
        return finish(process, "memory")
