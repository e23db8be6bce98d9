"""Commands of the documentation, run as they stand there: only the server's address is another one."""

import os
import shlex
import subprocess
import sys
import tomllib

from support.markdown import ROOT

SERVER = "redis://localhost:6379"


def shell_environment(folder):
    """An environment whose PATH has `rulechain` and `python`, run from this source with this interpreter."""
    python = shlex.quote(sys.executable)
    for name, command in (("rulechain", f"{python} -m rulechain"), ("python", python)):
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        script.chmod(0o755)
    path = os.pathsep.join([str(folder), os.environ.get("PATH", os.defpath)])
    python_path = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")]))
    return os.environ | {"PATH": path, "PYTHONPATH": python_path, "NO_COLOR": "1"}


def run_shell(line, environment, folder):
    """Run a command line in a folder; return the exit code, and what a terminal would show."""
    done = subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=50,
        check=False,
    )
    return done.returncode, done.stdout


def check_requirement(requirement):
    """Assert that a requirement names this distribution, and an extra that it has."""
    name, _, extra = requirement.rstrip("]").partition("[")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert name == project["name"]
    assert not extra or extra in project["optional-dependencies"]
