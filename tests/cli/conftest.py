"""Fixtures of the command line's tests."""

import json
import os

import pytest
from click.testing import CliRunner

from rulechain.cli.root import rulechain
from rulechain.connections import EmbeddedServer
from support.command import RunningCommand
from support.documents import chain_document
from support.served import Served


@pytest.fixture
def cli(tmp_path, monkeypatch):
    """`cli("check", path)` runs a command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("RULECHAIN_")]:
        monkeypatch.delenv(name)

    def run(*arguments, stdin=None, env=None):
        return CliRunner().invoke(rulechain, [str(each) for each in arguments], stdin, env, prog_name="rulechain")

    return run


@pytest.fixture
def start():
    """`start("run", path)` starts a command as a process, which does not outlive the test."""
    started = []

    def run(*arguments, **environment):
        started.append(RunningCommand(*arguments, **environment))
        return started[-1]

    yield run
    for command in started:
        command.kill()


@pytest.fixture
def write(tmp_path):
    """`write("chain.json", value)` writes JSON, or text as it is, and returns the path."""

    def to(name, value):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value, indent=2), encoding="utf-8")
        return path

    return to


@pytest.fixture
def hot_chain(write):
    """A chain that tells hot from cold and writes what it found into the message."""
    return write(
        "hot.json",
        chain_document(
            ("is-hot", "exprFilter", {"expr": "msg.temperature > 30"}),
            ("mark", "exprTransform", {"mapping": {"level": "'hot'", "temperature": "msg.temperature"}}),
            ("note", "metadataTransform", {"mapping": {"seen": "'yes'"}, "isNew": False}),
            connections=("is-hot -True-> mark", "mark -Success-> note"),
            chain_id="hot",
        ),
    )


@pytest.fixture(scope="session")
def server_url():
    """A server: the one that RULECHAIN_TEST_REDIS_URL names, else a private one."""
    given = os.environ.get("RULECHAIN_TEST_REDIS_URL")
    if given:
        yield given
        return
    with EmbeddedServer() as server:
        yield server.url


@pytest.fixture
def served(tmp_path, server_url):
    """A folder with documents to serve, and their streams."""
    served = Served(tmp_path / "served", server_url)
    yield served
    served.close()
