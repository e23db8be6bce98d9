"""Two worker processes against one, as `rulechain run --workers` starts them."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.backlog import ROOT, Backlog, private_backlog, wait_until
from bench.figures import Effort, Section, Target, figure
from bench.workload import STREAMED, endpoint_document

_CORES = 3


def measure(effort: Effort) -> Section:
    """Messages per second with one and with two workers, and their ratio in each round."""
    cores = os.cpu_count() or 1
    unless = "" if cores >= _CORES else f"the server needs a core of its own, {cores} cores"
    rates: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder, private_backlog() as backlog:
        Path(folder, "chain.json").write_text(json.dumps(STREAMED["ii"][1]))
        Path(folder, "endpoint.json").write_text(json.dumps(endpoint_document(backlog.url)))
        for _ in range(max(2, effort.rounds - 2)):
            for workers, taken in rates.items():
                taken.append(_rate(backlog, folder, workers, 2 * effort.entries))
    multiples = [two / one for one, two in zip(rates[1], rates[2], strict=True)]
    figures = [
        figure("rulechain run", "msg/s", rates[1]),
        figure("rulechain run --workers 2", "msg/s", rates[2]),
        figure("two against one", "x", multiples, target=Target(1.7, at_least=True, unless=unless)),
    ]
    return Section("workers", figures, [])


def _rate(backlog: Backlog, folder: str, workers: int, count: int) -> float:
    """The rate from a fifth of the backlog, when all are at work, to its end."""
    backlog.fill(count)
    command = [sys.executable, "-m", "rulechain", "run", folder, "--workers", str(workers), "--status", "0s"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            first = count // 5
            began = wait_until(backlog, first)
            first = backlog.answers()
            rate = (count - first) / (wait_until(backlog, count) - began)
        finally:
            process.terminate()
            process.communicate(timeout=60)
    return rate
