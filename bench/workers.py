"""Two worker processes against one, as `rulechain run --workers` starts them."""

import json
import os
import signal
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
    """The rate from a fifth of the backlog to its end, of workers that all stand ready when it begins."""
    backlog.fill(0)
    command = [sys.executable, "-m", "rulechain", "run", folder, "--workers", str(workers), "--status", "0s"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            wait_until(lambda: len(backlog.client.xinfo_consumers(REQUESTS, GROUP)), workers, "workers")
            # They sleep while the backlog is filled: nobody could fill as fast as they drain.
            os.killpg(process.pid, signal.SIGSTOP)
            backlog.add(count)
            os.killpg(process.pid, signal.SIGCONT)
            began = wait_until(backlog.answers, count // 5, "responses")
            first = backlog.answers()
            return (count - first) / (wait_until(backlog.answers, count, "responses") - began)
        finally:
            os.killpg(process.pid, signal.SIGCONT)
            process.terminate()
            process.wait(timeout=60)
