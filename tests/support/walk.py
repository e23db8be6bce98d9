"""A page of the documentation, followed literally: files are written, commands run, and they print what it shows.

A JSON block goes into the file that the line before it names, if it names one. A text block is what the commands before
it print.
"""

import contextlib
import re
import shlex
import shutil
import signal

from rulechain.connections import EmbeddedServer
from support.command import RunningCommand
from support.documentation import SERVER, check_requirement, run_shell
from support.eventually import eventually_blocking
from support.markdown import blocks

_FILE = re.compile(r"`(?P<name>[\w.]+)`:\s*\Z")
# What differs from run to run.
_TIMES = re.compile(r"[\d,.]+ (?:µs|ms|s)\b|\([\d,]+/s\)")


def without_times(text):
    """What a command printed, but for how long things took."""
    return _TIMES.sub("TIME", text).strip()


def follow(page, folder, environment):
    """Do everything that a page says, in a folder; return its commands."""
    with EmbeddedServer() as server:
        walk = _Walk(page, folder, environment, server)
        try:
            for block in blocks(page):
                walk.follow(block)
            assert walk.service.stop(signal.SIGINT) == 0, walk.service.talk
        finally:
            if walk.service is not None:
                walk.service.kill()
    return walk.ran


class _Walk:
    """Somebody who follows the page: in a folder, with a server, and a command that serves."""

    def __init__(self, page, folder, environment, server):
        self.page = page
        self.folder = folder
        self.environment = environment
        self.server = server
        self.service = None
        self.printed = ""
        self.ran = []

    def follow(self, block):
        """Do what one block says."""
        if block.language == "json":
            if name := self.file_named_before(block):
                (self.folder / name).write_text(block.text, encoding="utf-8")
        elif block.language == "sh":
            self.printed = "".join(self.run(line) for line in block.text.splitlines())
        elif block.language == "text":
            assert without_times(self.printed) == without_times(block.text), f"{self.page}:{block.line}"

    def file_named_before(self, block):
        """The file that a JSON block is to be written to; None where the page names none."""
        before = "\n".join(self.page.read_text(encoding="utf-8").splitlines()[: block.line - 2])
        found = _FILE.search(before)
        return found and found["name"]

    def run(self, line):
        """Run a command line and return what it printed."""
        self.ran.append(line)
        line = line.replace(SERVER, self.server.url)
        if line.startswith("pip "):
            check_requirement(shlex.split(line)[2])
        elif line.startswith("mkdir "):
            self.folder /= line.rpartition(" ")[2]
            self.folder.mkdir()
        elif line.startswith("rulechain run "):
            with contextlib.chdir(self.folder):
                program = shutil.which("rulechain", path=self.environment["PATH"])
                self.service = RunningCommand(*shlex.split(line)[1:], program=[program], **self.environment)
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
        """Run it in a shell; return what it printed, None when it failed where it need not."""
        code, printed = run_shell(line, self.environment, self.folder)
        # What finds something ends with 1.
        return printed if code == ("error[" in printed or line.startswith("rulechain diff ")) else None
