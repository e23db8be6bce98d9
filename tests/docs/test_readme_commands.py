"""Every command in the README works, run as it stands there: only the server's address is another one.

Each kind of command has its way of being run below; one of a new kind fails the test until it has one.
"""

import contextlib
import re
import shlex
import signal
import sys
from pathlib import Path

import pytest
import redis

from rulechain.connections import EmbeddedServer
from support.command import RunningCommand
from support.documentation import SERVER, check_requirement, run_shell, shell_environment
from support.eventually import eventually_blocking
from support.markdown import ROOT, blocks
from support.samples import messages

README = ROOT / "README.md"
COMMANDS = [line for block in blocks(README, "sh") for line in block.text.splitlines() if line.strip()]
# What a make target runs, made small: the targets themselves would run these tests.
SMALL_TARGETS = {
    "demo": "rulechain demo --messages 300",
    "test": f"{sys.executable} -m pytest --collect-only -q {ROOT}/tests/docs/test_doc_links.py",
}
# The beginnings of commands that need no server.
ALONE = (
    *("rulechain check", "rulechain eval", "rulechain test", "rulechain graph", "rulechain fmt", "rulechain diff"),
    "echo ",
)


def commands(*first_words):
    """The README's commands that begin with one of these."""
    return [line for line in COMMANDS if line.startswith(first_words)]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment whose PATH has `rulechain`."""
    return shell_environment(tmp_path_factory.mktemp("bin"))


def run_line(line, environment):
    """Run a command line in the project's folder; return what it printed, or fail with it."""
    code, printed = run_shell(line, environment, ROOT)
    assert code == 0, f"{line}\n{printed}"
    return printed


@contextlib.contextmanager
def serving(line):
    """A command that runs until Ctrl-C, which must then end well."""
    program, *arguments = shlex.split(line)
    assert program == "rulechain"
    command = RunningCommand(*arguments)
    try:
        yield command
        assert command.stop(signal.SIGINT) == 0, command.talk
    finally:
        command.kill()


def test_every_command_is_of_a_known_kind():
    """No command stands in the README that no test here runs."""
    tested = commands("make ", "pip install ", "rulechain run", "rulechain send", "redis-cli ", *ALONE)
    assert COMMANDS
    assert sorted(tested) == sorted(COMMANDS)


@pytest.mark.parametrize("line", commands("make "))
def test_make_targets_exist_and_what_they_call_works(line, environment):
    """A make target of the README is in the Makefile, and calls a command that works."""
    target = line.removeprefix("make ")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (recipe,) = re.findall(rf"^{target}:.*\n\t(.+)$", makefile, re.MULTILINE)
    small = SMALL_TARGETS[target]
    verb = small.partition("-m pytest")[1] or small.partition(" --")[0]
    assert verb in recipe
    assert run_line(small, environment)


@pytest.mark.parametrize("line", [*commands("pip install "), "pip install 'rulechain[embedded]'"])
def test_what_is_installed_is_what_is_built(line):
    """`pip install` names this distribution, and an extra that it has."""
    assert line in README.read_text(encoding="utf-8")
    (requirement,) = shlex.split(line)[2:]
    check_requirement(requirement)


@pytest.mark.parametrize("line", commands(*ALONE))
def test_commands_that_need_no_server(line, environment, tmp_path):
    """Checking, testing, drawing, tracing and evaluating work in a checkout."""
    assert "rulechain" in line
    # A comparison that finds differences ends with 1.
    accepted = "; test $? -le 1" if line.startswith("rulechain diff") else ""
    run_line(line.replace("--output ", f"--output {tmp_path}/") + accepted, environment)


@pytest.mark.redis
def test_commands_that_need_a_server(environment, monkeypatch):
    """Serve, send and look, in the README's order: every message sent is answered, and Ctrl-C ends the service well."""
    monkeypatch.chdir(ROOT)
    (serve,) = (line for line in commands("rulechain run") if SERVER in line)
    (send,), (look,) = commands("rulechain send"), commands("redis-cli ")
    with EmbeddedServer() as server, serving(serve.replace(SERVER, server.url)):
        run_line(send.replace(SERVER, server.url), environment)
        wanted = len(messages("device-alarms"))
        eventually_blocking(lambda: len(look_at(server.url, "XRANGE device.alarms - +")) == wanted, within_s=20)
        arguments = look.removeprefix(f"redis-cli -u {SERVER} ")
        assert len(look_at(server.url, arguments)) == int(arguments.rpartition(" ")[2])


@pytest.mark.redis
@pytest.mark.parametrize("line", [line for line in commands("rulechain run") if "--embedded" in line])
def test_commands_that_bring_a_server(line, monkeypatch):
    """With `--embedded` the service comes up on a server of its own, which is gone after Ctrl-C."""
    monkeypatch.chdir(ROOT)
    with serving(line) as command:
        socket = Path(eventually_blocking(lambda: re.search(r"unix://(\S+)", command.talk), within_s=20)[1])
        eventually_blocking(lambda: "connected" in command.talk, within_s=20)
        assert socket.exists()
    assert not socket.exists()


def look_at(url, arguments):
    """What `redis-cli` would show: the same command, sent by a client that is installed wherever the tests run."""
    with redis.Redis.from_url(url) as client:
        return client.execute_command(*arguments.split())
