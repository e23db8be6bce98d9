"""Two worker processes against one, as `rulechain run --workers` starts them."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.backlog import ROOT, Backlog, private_backlog, wait_until
from bench.figures import Effort, Section, Target, figure
from bench.report import progress
from bench.workload import GROUP, REQUESTS, STREAMED, endpoint_document

_CORES = 3


def measure(effort: Effort) -> Section:
    """Messages per second with one and with two workers, and their ratio in each round."""
    cores = os.cpu_count() or 1
    unless = "" if cores >= _CORES else f"the server needs a core of its own, and there are {cores}"
    rates: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder, private_backlog() as backlog:
        Path(folder, "chain.json").write_text(json.dumps(STREAMED["ii"][1]))
        Path(folder, "endpoint.json").write_text(json.dumps(endpoint_document(backlog.url)))
        for turn in range(max(2, effort.rounds - 2)):
            for workers, taken in rates.items():
                progress(f"workers, round {turn + 1}: {workers}")
                taken.append(_rate(backlog, folder, workers, 2 * effort.entries))
    multiples = [two / one for one, two in zip(rates[1], rates[2], strict=True)]
    figures = [
        figure("rulechain run", "msg/s", rates[1]),
        figure("rulechain run --workers 2", "msg/s", rates[2]),
        figure("two against one", "x", multiples, target=Target(1.7, at_least=True, unless=unless)),
    ]
    return Section("workers", figures, [])


def _rate(backlog: Backlog, folder: str, workers: int, count: int) -> float:
    """The rate from when all workers are at work to the end of the backlog."""
    backlog.fill(count)
    command = [sys.executable, "-m", "rulechain", "run", folder, "--workers", str(workers), "--status", "0s"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            began = wait_until(lambda: len(backlog.client.xinfo_consumers(REQUESTS, GROUP)), workers, "workers")
            left = count - backlog.answers()
            return left / (wait_until(backlog.answers, count, "responses") - began)
        finally:
            process.terminate()
            process.wait(timeout=60)
