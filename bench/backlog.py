"""A private server with a backlog of requests on it, and a contender that drains it in a process of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis

from bench.peers import TASK
from bench.workload import ENTRY, GROUP, REQUESTS, RESPONSES
from rulechain.connections import EmbeddedServer

ROOT = Path(__file__).parents[1]
PATIENCE_S = 120.0
_BATCH = 1_000
# FastStream and taskiq wrap a message in one field of their own; every other contender reads the entry as it is.
_TASK: dict[str, object] = {
    "task_id": "1",
    "task_name": TASK,
    "labels": {},
    "labels_types": None,
    "args": [ENTRY],
    "kwargs": {},
}
_ENTRIES = {"faststream": {"__data__": json.dumps(ENTRY)}, "taskiq": {"data": json.dumps(_TASK)}}


class Backlog:
    """The streams of the benchmark on a server: filled, drained and counted."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client: Any = redis.Redis.from_url(url)

    def fill(self, count: int, contender: str = "") -> None:
        """Begin with an empty server, a group that has read nothing, and requests in a contender's own format."""
        self.client.flushdb()  # taskiq leaves its lock behind when it is stopped
        self.client.xgroup_create(REQUESTS, GROUP, id="0", mkstream=True)
        self.add(count, contender)

    def add(self, count: int, contender: str = "") -> None:
        """Add requests."""
        entry = _ENTRIES.get(contender, ENTRY)
        for start in range(0, count, _BATCH):
            with self.client.pipeline(transaction=False) as pipeline:
                for _ in range(min(_BATCH, count - start)):
                    pipeline.xadd(REQUESTS, entry)
                pipeline.execute()

    def answers(self) -> int:
        """How many responses there are."""
        return int(self.client.xlen(RESPONSES))

    def cpu_s(self) -> float:
        """The server's processor time."""
        info = self.client.info("cpu")
        return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])

    def drain(self, contender: str, count: int) -> dict[str, float]:
        """Let a contender drain so many requests; its own figures, and what the server spent on a message."""
        self.fill(count, contender)
        before = self.cpu_s()
        with self.worker(contender, count) as process:
            figures = finish(process, contender)
        figures["server_us"] = (self.cpu_s() - before) / count * 1e6
        if (answered := self.answers()) != count:
            raise SystemExit(f"{contender}: {count} requests, {answered} responses")
        return figures

    @contextmanager
    def worker(self, contender: str, count: int) -> Iterator["subprocess.Popen[str]"]:
        """A contender's process, which ends with the block if not before."""
        command = [sys.executable, "-m", "bench.worker", contender, "--server", self.url, "--count", str(count)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.kill()


@contextmanager
def private_backlog() -> Iterator[Backlog]:
    """The streams on a server of their own."""
    with EmbeddedServer() as server:
        backlog = Backlog(server.url)
        try:
            yield backlog
        finally:
            backlog.client.close()


def finish(process: "subprocess.Popen[str]", contender: str) -> dict[str, float]:
    """Wait for a contender's end; the figures it prints."""
    try:
        printed, errors = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        raise SystemExit(f"{contender} was not done after {PATIENCE_S:.0f} s") from None
    if process.returncode != 0:
        raise SystemExit(f"{contender} failed:\n{errors}")
    figures: dict[str, float] = json.loads(printed)
    return figures


def wait_until(count: Callable[[], int], wanted: int, what: str) -> float:
    """Wait for so many of something; the time on the clock when they were there."""
    end = time.perf_counter() + PATIENCE_S
    while (there := count()) < wanted:
        if time.perf_counter() > end:
            raise SystemExit(f"{there} {what}, not {wanted}, after {PATIENCE_S:.0f} s")
        time.sleep(0.002)
    return time.perf_counter()
