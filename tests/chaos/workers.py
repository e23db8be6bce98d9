"""Worker processes, `rulechain run` each, that can be killed, frozen and asked to stop."""

import asyncio
import collections
import json
import signal
import subprocess
import sys

COMMAND = (sys.executable, "-m", "rulechain", "run")
_STATUS = ("--format", "json", "--status", "250ms", "--drain", "5s", "--wait", "60s")


class Worker:
    """One process; what it says goes to files."""

    def __init__(self, documents, url, log):
        self.log = log
        with log.with_suffix(".out").open("wb") as out, log.with_suffix(".err").open("wb") as err:
            self.process = subprocess.Popen(
                [*COMMAND, str(documents), "--server", url, *_STATUS], stdout=out, stderr=err, start_new_session=True
            )
        self.is_frozen = False
        self.is_leaving = False

    @property
    def pid(self):
        """The process id, which is part of the consumer's name."""
        return self.process.pid

    def freeze(self):
        """Let it stand still, as a laptop that is closed."""
        self.is_frozen = True
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        """Let it go on, as if no time had passed."""
        self.is_frozen = False
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)

    def kill(self):
        """End it without warning."""
        self.process.kill()
        self.process.wait()

    async def stop(self):
        """Ask it to stop, and return its exit code."""
        self.is_leaving = True
        self.process.terminate()
        return await asyncio.to_thread(self.process.wait, 60)

    def counts(self):
        """Return what it last said about its entries, as far as it came to say it."""
        with self.log.with_suffix(".out").open("rb") as lines:
            last = collections.deque((line for line in lines if line.endswith(b"\n")), maxlen=1)
        return json.loads(last[0]) if last else {}

    def complaints(self):
        """Return tracebacks in its log: a worker that is ill-treated complains in one line."""
        text = self.log.with_suffix(".err").read_text(errors="replace")
        return [text] if "Traceback" in text else []


class Crew:
    """Workers on the same documents, kept at a number; those that ended are remembered."""

    def __init__(self, documents, url, folder, size, *, name="worker"):
        self.all = []
        self._documents = documents
        self._url = url
        self._folder = folder
        self._name = name
        self._size = size

    @property
    def at_work(self):
        """Those that run, save the frozen and the leaving ones."""
        return [
            worker
            for worker in self.all
            if not (worker.is_frozen or worker.is_leaving) and worker.process.poll() is None
        ]

    def fill(self):
        """Start workers until there are enough at work."""
        for _ in range(self._size - len(self.at_work)):
            self.all.append(Worker(self._documents, self._url, self._folder / f"{self._name}-{len(self.all)}"))

    def by_consumer(self, name):
        """Return the worker at work that has a consumer's name, None if that is none."""
        pid = int(name.rsplit("-", 2)[1])
        return next((worker for worker in self.at_work if worker.pid == pid), None)

    async def stop(self):
        """Ask all to stop; return the exit codes."""
        return await asyncio.gather(*(worker.stop() for worker in self.at_work))

    def kill(self):
        """End whatever still runs."""
        for worker in self.all:
            if worker.process.poll() is None:
                worker.kill()

    def complaints(self):
        """Return tracebacks in the logs."""
        return [text for worker in self.all for text in worker.complaints()]

    def total(self, *names):
        """Return the sums of some counts over all workers, as far as they came to say them."""
        said = [worker.counts() for worker in self.all]
        return {name: sum(counts.get(name, 0) for counts in said) for name in names}
