"""The snippets of the documentation are right: JSON parses, Python runs and prints what it says it prints."""

import asyncio
import contextlib
import io
import json
import re
import signal
import subprocess
import sys

import pytest

import rulechain
from rulechain.components.builtin import builtin_components
from rulechain.connections.streams import StreamClient
from support.eventually import eventually_blocking
from support.markdown import ROOT, blocks, markdown_files

README = ROOT / "README.md"
# Programs of the README wait for a server; they have a test of their own.
PYTHON_FILES = [path for path in markdown_files() if path != README and blocks(path, "python")]
_PROMISE = re.compile(r"^ *print\(.*\)  # (?P<text>.+)$", re.MULTILINE)


def promised_output(text):
    """What the comments behind a snippet's prints say that they print."""
    return [match["text"] for match in _PROMISE.finditer(text)]


@pytest.mark.parametrize("path", markdown_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_json_snippets_parse(path):
    """A block marked as JSON is one JSON value."""
    for block in blocks(path, "json"):
        try:
            json.loads(block.text)
        except ValueError as error:
            pytest.fail(f"{path}:{block.line}: {error}")


@pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_python_snippets_run_and_print_what_they_say(path):
    """The Python blocks of a file, run one after the other, print what the comments behind their prints promise."""
    names = {"__name__": "__snippets__"}
    for block in blocks(path, "python"):
        # Empty lines before the text give tracebacks the file's own line numbers.
        code = compile("\n" * (block.line - 1) + block.text, path, "exec")
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(code, names)
        assert output.getvalue().splitlines() == promised_output(block.text), f"{path}:{block.line}"


@pytest.mark.redis
def test_the_readme_program_serves_until_it_is_interrupted(server_url):
    """The README's Python prints what it says, answers an entry, and on Ctrl-C leaves nothing behind."""
    program = "\n".join(block.text for block in blocks(README, "python"))
    source = program.replace("redis://localhost:6379", server_url)
    assert source != program
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", source], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    entry = {"requestId": "r-1", "deviceId": "fz-03", "temperature": "-6"}
    try:
        put(server_url, "device.freezers", entry, {"deviceId": "fz-04"})
        (answer,) = eventually_blocking(lambda: read(server_url, "freezer.alarms"), within_s=20)
        eventually_blocking(lambda: length(server_url, "device.freezers") == 0, within_s=20)
    finally:
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=20)
    assert answer[1] == {"requestId": "r-1", "severity": "critical"}, errors
    assert printed.splitlines() == promised_output(program), errors


def test_the_readme_lists_the_components_that_exist():
    """The README's list of components is the registry's."""
    row = next(
        line for line in README.read_text(encoding="utf-8").splitlines() if line.startswith("| RuleGo documents")
    )
    assert set(re.findall(r"`([a-z][\w/]+)`", row)) - {"check"} == {spec.type for spec in builtin_components()}


def test_the_version_is_in_the_changelog():
    """The changelog has a section for what is not released yet, or for the version that this is."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.+)"$', pyproject, re.MULTILINE)[1]
    assert "## [Unreleased]" in text or f"## [{version}]" in text


def test_snippets_use_public_names_only():
    """What the documentation calls `rc.…` is exported by the package."""
    used = {
        name
        for path in markdown_files()
        for block in blocks(path, "python")
        for name in re.findall(r"\brc\.(\w+)", block.text)
    }
    assert used
    assert used <= set(rulechain.__all__)


def put(url, stream, *entries):
    """Put entries on a stream."""
    asyncio.run(_with_client(url, lambda client: client.add_many(stream, entries)))


def read(url, stream):
    """The entries of a stream."""
    return asyncio.run(_with_client(url, lambda client: client.read(stream)))


def length(url, stream):
    """How many entries a stream has."""
    return asyncio.run(_with_client(url, lambda client: client.length(stream)))


async def _with_client(url, use):
    async with StreamClient(url) as client:
        return await use(client)
