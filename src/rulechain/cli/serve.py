"""One process that serves documents: starts, reports, reloads, drains."""

import asyncio
import contextlib
import dataclasses
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from rulechain.api.endpoint import ConnectionState, EndpointCounts, EndpointStatus
from rulechain.app.engine import Engine
from rulechain.app.memory import settle_memory
from rulechain.app.service import Service
from rulechain.cli import exit_codes
from rulechain.cli.output import paint, plural, put_json, say
from rulechain.cli.signals import StopRequest, on_request, stop_on_signals
from rulechain.cli.status_text import dump_status, render_status
from rulechain.cli.telemetry import TelemetrySettings, telemetry
from rulechain.cli.watch import Snapshot, changes
from rulechain.diagnostics import Diagnostic, errors_in, render_diagnostics
from rulechain.diagnostics.errors import EndpointUnavailableError
from rulechain.observe.runs import RunTimes
from rulechain.values import format_duration

FIRST_WORKER = "1"
_SHOWN = 20
# How often the state of a connection is looked at, and whether the supervisor still lives.
_LOOK_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """What `rulechain run` was asked to do."""

    paths: tuple[Path, ...]
    server: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    include_folders: tuple[Path, ...] = ()
    secret_key: str | None = field(default=None, repr=False)
    drain_s: float = 10.0
    # How long to wait for the first connection.
    wait_s: float = 10.0
    # Pause between two lines of status; 0 for none.
    status_s: float = 5.0
    watch: bool = False
    as_json: bool = False
    telemetry: TelemetrySettings = field(default_factory=TelemetrySettings)
    # Name of this process among several, and the process that started it.
    worker: str = ""
    supervisor: int | None = None


def load_service(settings: ServeSettings) -> Service:
    """Load the documents and tell what is doubtful about them.

    Raises:
        ChainError: Some document is wrong.
        click.UsageError: There is nothing to serve.
    """
    settings.telemetry.check()
    engine = Engine(
        settings.properties,
        include_folders=settings.include_folders,
        secret_key=settings.secret_key,
        run_times=None if settings.telemetry.listen is None else RunTimes(),
    )
    service = Service(engine, server=settings.server, worker=settings.worker)
    warnings = service.load(settings.paths)
    if settings.supervisor is None:
        _show(warnings)
    if not service.endpoints:
        raise click.UsageError(
            "there is no endpoint in these documents, so nothing would ever come in: add an endpoint document, "
            "or send one message through a chain with `rulechain trace`"
        )
    return service


def serve(service: Service, settings: ServeSettings, seen: Snapshot) -> int:
    """Run a loaded service until a signal asks to stop.

    Args:
        service: What to serve.
        settings: What was asked for.
        seen: How the documents were just before the service loaded them.
    """
    settle_memory()
    with asyncio.Runner() as runner:
        return runner.run(_serve(service, settings, seen))


async def _serve(service: Service, settings: ServeSettings, seen: Snapshot) -> int:
    reporter = _Reporter(service, settings)
    async with contextlib.AsyncExitStack() as stack:
        stop = stack.enter_context(stop_on_signals())
        stack.enter_context(on_request(reporter.tell_all))
        await stack.enter_async_context(telemetry(service, settings.telemetry, stop, settings.worker))
        try:
            await _start(service, stop)
            await _first_connection(service, settings, stop)
            async with asyncio.TaskGroup() as group:
                companions = [group.create_task(reporter.run(stop))]
                if settings.watch:
                    companions.append(group.create_task(_reload_on_changes(service, settings, seen)))
                await stop.wait()
                for companion in companions:
                    companion.cancel()
        finally:
            await _drain(service, reporter, settings, stop)
    return exit_codes.OK


async def _start(service: Service, stop: StopRequest) -> None:
    """Start the service, or leave it half started at a signal: a silent server may keep it waiting for long."""
    starting, stopping = asyncio.create_task(service.start()), asyncio.create_task(stop.wait())
    await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not starting.done():
        starting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await starting


async def _first_connection(service: Service, settings: ServeSettings, stop: StopRequest) -> None:
    """Wait until some endpoint has its server; afterwards a lost connection is tried again for ever."""
    deadline = time.monotonic() + settings.wait_s
    while all(status.state is not ConnectionState.CONNECTED for status in service.status()):
        if time.monotonic() > deadline:
            reasons = dict.fromkeys(f"{each.endpoint_id}: {each.message or each.state}" for each in service.status())
            waited = format_duration(settings.wait_s)
            raise EndpointUnavailableError(f"no connection within {waited}: {'; '.join(reasons)}")
        if await stop.wait(_LOOK_S / 4):
            return


async def _reload_on_changes(service: Service, settings: ServeSettings, seen: Snapshot) -> None:
    async for _ in changes(settings.paths, seen):
        diagnostics = await service.reload(settings.paths, settings.drain_s)
        if settings.supervisor is not None and settings.worker != FIRST_WORKER:
            # Of several workers one speaks for all: they read the same documents.
            continue
        _show(diagnostics)
        if errors_in(diagnostics):
            say("the documents have errors: the version before goes on")
        else:
            say(f"reloaded: {plural(len(service.endpoints), 'endpoint')}")


async def _drain(service: Service, reporter: "_Reporter", settings: ServeSettings, stop: StopRequest) -> None:
    before = service.status()
    if stop.signal is not None:
        limit = format_duration(settings.drain_s)
        reporter.say(f"stopping: at most {limit} for what is in flight; a second signal leaves at once")
    await service.stop(settings.drain_s)
    after = service.status()
    finished = _settled(after) - _settled(before)
    left = sum(status.in_flight for status in after)
    back = sum(status.counts.handed_back for status in after)
    if stop.signal is not None:
        handed = f", {back:,} of them handed back" if left else ""
        reporter.say(f"stopped: {finished:,} in flight finished, {left:,} left pending for another consumer{handed}")
    reporter.final(after)


def _settled(statuses: Sequence[EndpointStatus]) -> int:
    all_counts = [status.counts for status in statuses]
    return sum(counts.answered + counts.filtered + counts.dead + counts.superseded for counts in all_counts)


def _show(diagnostics: Sequence[Diagnostic]) -> None:
    if diagnostics:
        say(paint(render_diagnostics(diagnostics, limit=_SHOWN)))


class _Reporter:
    """Tells how the endpoints are doing: changes of state at once, counts from time to time if they changed."""

    def __init__(self, service: Service, settings: ServeSettings) -> None:
        self._service = service
        self._settings = settings
        self._prefix = f"[{settings.worker}] " if settings.worker else ""
        self._started = time.monotonic()
        # By endpoint: the counts told last, and when.
        self._told: dict[str, tuple[EndpointCounts, float]] = {}
        self._states: dict[str, ConnectionState] = {}

    def say(self, text: str) -> None:
        """Write a line that names the worker."""
        say(self._prefix + text)

    async def run(self, stop: StopRequest) -> None:
        """Report until cancelled."""
        supervisor = self._settings.supervisor
        next_counts = time.monotonic() + self._settings.status_s
        while True:
            statuses = self._service.status()
            for status in statuses:
                self._tell_state(status)
            if self._settings.status_s and time.monotonic() >= next_counts:
                next_counts = time.monotonic() + self._settings.status_s
                for status in statuses:
                    self._tell_counts(status)
            if supervisor is not None and os.getppid() != supervisor:
                self.say("the supervisor is gone")
                stop.make()
            await asyncio.sleep(_LOOK_S)

    def final(self, statuses: Sequence[EndpointStatus]) -> None:
        """Tell the whole counts of a service that has stopped."""
        self._told.clear()
        for status in statuses:
            self._tell_counts(status)

    def tell_all(self) -> None:
        """Tell everything that is known."""
        for status in self._service.status():
            if self._settings.as_json:
                put_json(dump_status(status), indent=None)
            else:
                self.say(render_status(status))

    def _tell_state(self, status: EndpointStatus) -> None:
        if self._states.get(status.endpoint_id) is status.state:
            return
        self._states[status.endpoint_id] = status.state
        if self._settings.as_json:
            put_json(dump_status(status), indent=None)
        where = f" ({status.server})" if status.server and status.state is ConnectionState.CONNECTED else ""
        self.say(f"{status.endpoint_id}: {status.state}{where}")

    def _tell_counts(self, status: EndpointStatus) -> None:
        counts, now = dataclasses.replace(status.counts), time.monotonic()
        before, since = self._told.get(status.endpoint_id, (EndpointCounts(), self._started))
        if counts == before:
            return
        if counts.read < before.read:
            # The endpoint was replaced by a reload, and its successor counts from the beginning.
            before = EndpointCounts()
        self._told[status.endpoint_id] = counts, now
        if self._settings.as_json:
            put_json(dump_status(status), indent=None)
            return
        rate = (counts.read - before.read) / max(now - since, 0.001)
        facts = [
            f"{count:,} {name.replace('_', ' ')}"
            for name, count in dataclasses.asdict(counts).items()
            if count and name != "read"
        ]
        line = f"{status.endpoint_id}: read {counts.read:,} ({rate:,.0f}/s), {', '.join(facts) or 'none finished'}"
        if status.in_flight:
            where = "left pending" if status.state is ConnectionState.DISCONNECTED else "in flight"
            line += f", {status.in_flight:,} {where}"
        if status.waiting and status.state is not ConnectionState.DISCONNECTED:
            line += f", {status.waiting:,} of them waiting for their next try"
        self.say(line)
