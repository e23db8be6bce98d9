"""docs/tutorial.md, followed literally: files are written, commands run, and what they print is what it shows.

A JSON block goes into the file that the line before it names. A text block is what the commands before it print.
"""

import contextlib
import re
import shlex
import signal

import pytest

from rulechain.connections import EmbeddedServer
from support.command import RunningCommand
from support.documentation import SERVER, check_requirement, run_shell, shell_environment
from support.eventually import eventually_blocking
from support.markdown import ROOT, blocks

PAGE = ROOT / "docs" / "tutorial.md"
_FILE = re.compile(r"`(?P<name>[\w.]+)`:\s*\Z")
# What differs from run to run.
_TIMES = re.compile(r"[\d,.]+ (?:µs|ms|s)\b|\([\d,]+/s\)")


def without_times(text):
    """What a command printed, but for how long things took."""
    return _TIMES.sub("TIME", text).strip()


def file_named_before(block):
    """The file that a JSON block is to be written to."""
    before = "\n".join(PAGE.read_text(encoding="utf-8").splitlines()[: block.line - 2])
    return _FILE.search(before)["name"]


class Walk:
    """Somebody who follows the page: in a folder, with a server, and a command that serves."""

    def __init__(self, folder, environment, server):
        self.folder = folder
        self.environment = environment
        self.server = server
        self.service = None
        self.printed = ""
        self.ran = []

    def follow(self, block):
        """Do what one block says."""
        if block.language == "json":
            (self.folder / file_named_before(block)).write_text(block.text, encoding="utf-8")
        elif block.language == "sh":
            self.printed = "".join(self.run(line) for line in block.text.splitlines())
        elif block.language == "text":
            assert without_times(self.printed) == without_times(block.text), f"{PAGE}:{block.line}"

    def run(self, line):
        """Run a command line and return what it printed."""
        self.ran.append(line.split()[0])
        line = line.replace(SERVER, self.server.url)
        if line.startswith("pip "):
            check_requirement(shlex.split(line)[2])
        elif line.startswith("mkdir "):
            self.folder /= line.rpartition(" ")[2]
            self.folder.mkdir()
        elif line.startswith("rulechain run "):
            with contextlib.chdir(self.folder):
                self.service = RunningCommand(*shlex.split(line)[1:])
            self.service.says("connected")
        elif line.startswith("python "):
            # The answer takes a moment.
            return eventually_blocking(lambda: self.shell(line), within_s=20)
        else:
            printed = self.shell(line)
            assert printed is not None, line
            return printed
        return ""

    def shell(self, line):
        """Run it in a shell; return what it printed, None when it failed where the page shows no error."""
        code, printed = run_shell(line, self.environment, self.folder)
        return printed if code == ("error[" in printed) else None


@pytest.mark.redis
@pytest.mark.slow
def test_the_tutorial_works_to_its_end(tmp_path, tmp_path_factory):
    """Each step of the page works as it stands there, on nothing but what the steps before it made."""
    with EmbeddedServer() as server:
        walk = Walk(tmp_path, shell_environment(tmp_path_factory.mktemp("bin")), server)
        try:
            for block in blocks(PAGE):
                walk.follow(block)
            assert walk.service.stop(signal.SIGINT) == 0, walk.service.talk
        finally:
            if walk.service is not None:
                walk.service.kill()
    assert walk.ran.count("rulechain") >= 8
