"""Several processes that serve the same documents: started, watched, restarted and stopped by one."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Mapping, Sequence

from rulechain.cli import exit_codes
from rulechain.cli.output import plural, say
from rulechain.cli.signals import StopRequest, on_request, stop_on_signals

# Set for a worker: its name, which becomes part of its consumer's name, and the process that watches over it.
WORKER = "RULECHAIN_WORKER"
SUPERVISOR = "RULECHAIN_SUPERVISOR"

# Another process would end in the same way, unless one has served already: then what changed may change back.
_FINAL = {exit_codes.USAGE, exit_codes.INVALID, exit_codes.UNAVAILABLE}
_SHORTEST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
# A worker that lived so long was well: its end starts a new series.
_WELL_S = 10.0


def supervise(count: int, command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command in so many processes until a signal comes; one that ends is started again.

    Args:
        count: How many.
        command: The command line of each.
        environment: What the processes get beside our own environment.

    Returns:
        The exit code: 0, or that of a worker that could not go on.
    """
    with asyncio.Runner() as runner:
        return runner.run(_Supervisor(command, environment).run(count))


class _Supervisor:
    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = command
        self._environment = environment
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._exit_code = exit_codes.OK
        self._is_stopping = False

    async def run(self, count: int) -> int:
        names = [str(number) for number in range(1, count + 1)]
        with stop_on_signals() as stop, on_request(lambda: self._signal_all(signal.SIGUSR1)):
            try:
                say(f"starting {plural(count, 'worker')}")
                async with asyncio.TaskGroup() as group:
                    for name in names:
                        group.create_task(self._keep_running(name, stop))
                    await stop.wait()
                    self._is_stopping = True
                    self._signal_all(signal.SIGTERM)
            finally:
                # Nobody is left here, unless a second signal came.
                self._signal_all(signal.SIGKILL)
        return self._exit_code

    async def _keep_running(self, name: str, stop: StopRequest) -> None:
        pause_s = _SHORTEST_PAUSE_S
        is_first = True
        while not stop.is_made:
            started = time.monotonic()
            code = await self._run_once(name)
            if stop.is_made:
                self._exit_code = self._exit_code or max(code, 0)
            elif is_first and code in _FINAL:
                self._exit_code = code
                stop.make()
            else:
                pause_s = _SHORTEST_PAUSE_S if time.monotonic() - started > _WELL_S else pause_s
                say(f"worker {name} ended ({_reason(code)}): starting another in {pause_s:g} s")
                await stop.wait(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                is_first = False

    async def _run_once(self, name: str) -> int:
        # In a session of its own: a Ctrl-C in the terminal reaches it through us, once.
        process = await asyncio.create_subprocess_exec(
            *self._command, env=self._environment_of(name), stdin=asyncio.subprocess.DEVNULL, start_new_session=True
        )
        self._processes[name] = process
        if self._is_stopping:
            process.terminate()
        code = await process.wait()
        del self._processes[name]
        return code

    def _environment_of(self, name: str) -> dict[str, str]:
        """Return a worker's environment, without what our own options came from: they reach it as arguments."""
        inherited = {key: text for key, text in os.environ.items() if not key.startswith("RULECHAIN_RUN_")}
        return {**inherited, **self._environment, WORKER: name, SUPERVISOR: str(os.getpid())}

    def _signal_all(self, number: signal.Signals) -> None:
        for process in self._processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)


def _reason(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
