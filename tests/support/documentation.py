"""Commands of the documentation, run as they stand there: only the server's address is another one."""

import os
import shlex
import subprocess
import sys
import tomllib
import venv

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


def installed_environment(wheel, folder):
    """An environment whose PATH has `rulechain` and `python` of a virtual environment with the wheel in it.

    Its libraries are those of the interpreter that runs the tests; the source is nowhere on its way.
    """
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "install", "--no-index"]
    subprocess.run([*pip, "--no-deps", "--quiet", wheel], check=True)
    (site,) = (folder / "lib").glob("python*/site-packages")
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    (site / "libraries.pth").write_text("\n".join(libraries))
    path = os.pathsep.join([str(folder / "bin"), os.environ.get("PATH", os.defpath)])
    return os.environ | {"PATH": path, "PYTHONPATH": "", "NO_COLOR": "1"}


def run_shell(line, environment, folder):
    """Run a command line in a folder; return the exit code, and what a terminal would show."""
    done = subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


def check_requirement(requirement):
    """Assert that a requirement names this distribution, and an extra that it has."""
    name, _, extra = requirement.rstrip("]").partition("[")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert name == project["name"]
    assert not extra or extra in project["optional-dependencies"]
