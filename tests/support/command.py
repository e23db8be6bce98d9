"""The command line as real processes, whose output is collected while they run."""

import os
import signal
import subprocess
import sys
import threading

from support.eventually import eventually_blocking

COMMAND = [sys.executable, "-m", "rulechain"]


def clean_environment(**changes):
    """This environment without what would change the command's behaviour."""
    kept = {key: text for key, text in os.environ.items() if not key.startswith(("RULECHAIN_", "NO_COLOR"))}
    return {**kept, **changes}


def run_command(*arguments, **options):
    """Run a command to its end; text in, text out."""
    environment = options.pop("env", {})
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
        **options,
    )


class RunningCommand:
    """A command that goes on until it is told to stop."""

    def __init__(self, *arguments, program=COMMAND, **environment):
        self.process = subprocess.Popen(
            [*program, *map(str, arguments)],
            env=clean_environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.out, self.err = [], []
        self._readers = [
            threading.Thread(target=lines.extend, args=[stream], daemon=True)
            for lines, stream in ((self.out, self.process.stdout), (self.err, self.process.stderr))
        ]
        for reader in self._readers:
            reader.start()

    @property
    def talk(self):
        """What it wrote to stderr so far."""
        return "".join(self.err)

    def says(self, text, within_s=40.0):
        """Wait until it wrote this to stderr."""
        eventually_blocking(lambda: text in self.talk or self._must_live(text), within_s=within_s)

    def send(self, number):
        """Send it a signal."""
        self.process.send_signal(number)

    def wait(self):
        """Wait for its end and return its exit code."""
        code = self.process.wait(timeout=40)
        for reader in self._readers:
            reader.join(timeout=10)
        return code

    def kill(self):
        """End it, and close its pipes."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for reader in self._readers:
            reader.join(timeout=10)
        self.process.stdout.close()
        self.process.stderr.close()

    def stop(self, number=signal.SIGTERM):
        """Ask it to stop and return its exit code."""
        self.send(number)
        return self.wait()

    def _must_live(self, text):
        assert self.process.poll() is None or text in self.talk, f"it ended without saying {text!r}:\n{self.talk}"
