"""From XADD to the response at a thousand messages a second, through the chain of expressions."""

import statistics
import sys
import threading
import time
from typing import Any

import redis

from bench.backlog import Backlog, finish, private_backlog, wait_until
from bench.figures import Effort, Section, Target, figure
from bench.workload import ENTRY, REQUESTS, RESPONSES

_PER_S = 1_000
_WARM = 200


def measure(effort: Effort) -> Section:
    """Milliseconds, as the median and the 99th percentile of each round."""
    # Threads of this process give and take time: not for milliseconds, as is Python's habit.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0002)
    try:
        with private_backlog() as backlog:
            rounds = [_watch(backlog, int(effort.latency_s * _PER_S)) for _ in range(max(2, effort.rounds - 2))]
    finally:
        sys.setswitchinterval(interval)
    percentiles = [statistics.quantiles(taken, n=100) for taken in rounds]
    figures = [
        figure("XADD to response, p50", "ms", [each[49] * 1000 for each in percentiles], target=Target(1)),
        figure("XADD to response, p99", "ms", [each[98] * 1000 for each in percentiles], target=Target(5)),
    ]
    return Section(f"latency at {_PER_S:,} msg/s", figures, ["the targets are meant for an idle machine"])


def _watch(backlog: Backlog, count: int) -> list[float]:
    """Send requests at a steady pace to a warm worker; the seconds that each took."""
    backlog.fill(_WARM)
    with backlog.worker("ii", _WARM + count) as process:
        wait_until(backlog.answers, _WARM, "responses")
        last_warm = backlog.client.xrevrange(RESPONSES, count=1)[0][0]
        arrived: dict[str, float] = {}
        reader = threading.Thread(target=_read, args=(backlog.url, last_warm, count, arrived))
        reader.start()
        sent = _send(backlog.client, count)
        reader.join()
        finish(process, "latency")
    if len(arrived) != count:
        raise SystemExit(f"latency: {count} requests, {len(arrived)} responses")
    return [arrived[device] - began for device, began in sent.items()]


def _send(client: Any, count: int) -> dict[str, float]:
    sent = {}
    start = time.perf_counter()
    for number in range(count):
        if (pause := start + number / _PER_S - time.perf_counter()) > 0:
            time.sleep(pause)
        device = f"dev-{number:06}"
        sent[device] = time.perf_counter()
        client.xadd(REQUESTS, {**ENTRY, "deviceId": device})
    return sent


def _read(url: str, after: bytes, count: int, arrived: dict[str, float]) -> None:
    """Note when each response arrives; give up when none has come for some seconds."""
    client: Any = redis.Redis.from_url(url)
    while len(arrived) < count and (reply := client.xread({RESPONSES: after}, block=10_000)):
        now = time.perf_counter()
        entries = reply[0][1]
        arrived.update((fields[b"deviceId"].decode(), now) for _, fields in entries)
        after = entries[-1][0]
    client.close()
