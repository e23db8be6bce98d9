"""How long short commands take, the interpreter's own start included."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.calibration import calibration_ns
from bench.figures import Effort, Section, Target, figure
from bench.workload import IN_PROCESS

_PYTHON = "python, nothing imported"
_COMMAND = ("-m", "rulechain")


def measure(effort: Effort) -> Section:
    """Seconds on the clock, and processor time in calibrations, of processes started in turns."""
    with tempfile.TemporaryDirectory() as folder:
        chain = Path(folder, "chain.json")
        chain.write_text(json.dumps(IN_PROCESS["iv"][1]))
        commands: dict[str, tuple[tuple[str, ...], Target | None]] = {
            _PYTHON: (("-c", "pass"), None),
            "import rulechain": (("-c", "import rulechain"), Target(0.1)),
            "rulechain --help": ((*_COMMAND, "--help"), Target(0.15)),
            "rulechain check, ten nodes": ((*_COMMAND, "check", str(chain)), Target(0.4)),
            "rulechain eval": ((*_COMMAND, "eval", "1 + 1"), None),
        }
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for name, (arguments, _) in commands.items():
            _start(name, arguments)  # the first one writes bytecode
        for _ in range(2 * effort.rounds):
            for name, (arguments, _) in commands.items():
                unit = calibration_ns()
                seconds, cpu = _start(name, arguments)
                taken[name].append((seconds, cpu * 1e9 / unit))
    figures = []
    for name, (_, target) in commands.items():
        costs = [] if name == _PYTHON else [cost for _, cost in taken[name]]
        figures.append(figure(name, "s", [seconds for seconds, _ in taken[name]], costs, target))
    return Section("start-up", figures, ["seconds on the clock; calibrations are of processor time"])


def _start(name: str, arguments: tuple[str, ...]) -> tuple[float, float]:
    """Run a process to its end; seconds on the clock, and of processor time."""
    began, cpu = time.perf_counter(), _children_cpu_s()
    # Bytecode may be written: installers write it, and compiling everything anew would be what is measured.
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, *arguments]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise SystemExit(f"{name} failed:\n{result.stdout}{result.stderr}")
    return time.perf_counter() - began, _children_cpu_s() - cpu


def _children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
