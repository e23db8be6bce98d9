"""What `rulechain run` shows those who watch it: metrics and health over HTTP, spans to a collector."""

import asyncio
import contextlib
import functools
import importlib.util
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus

import click

from rulechain.app.service import Service
from rulechain.cli.output import say
from rulechain.cli.signals import StopRequest
from rulechain.cli.tapping import tapped_messages
from rulechain.observe.health import Health, liveness, readiness
from rulechain.observe.http import Page, PageServer
from rulechain.values import format_duration

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetrySettings:
    """What is to be shown, and where."""

    # Host and port of the metrics and health pages.
    listen: tuple[str, int] | None = None
    # After how long without a reply a connected reader counts as stuck.
    stuck_s: float = 120.0
    otel: bool = False
    # Whether programs of this machine may look at messages.
    tap: bool = False

    def check(self) -> None:
        """See to it that what is needed is installed.

        Raises:
            click.UsageError: It is not; the text says how to install it.
        """
        if self.tap and self.listen is None:
            raise click.UsageError("--tap needs --metrics, which says where to listen")
        needed = {
            "--metrics": (self.listen is not None, "prometheus_client", "metrics"),
            "--otel": (self.otel, "opentelemetry.exporter.otlp.proto.http", "otel"),
        }
        for option, (is_wanted, module, extra) in needed.items():
            if is_wanted and not _is_installed(module):
                raise click.UsageError(
                    f'{option} needs a library that is not installed: pip install "rulechain[{extra}]"'
                )

    def arguments(self) -> list[str]:
        """Return the options that say the same to a worker."""
        listen = [] if self.listen is None else ["--metrics", _text(*self.listen)]
        return [*listen, "--stuck-after", format_duration(self.stuck_s), *self._flags()]

    def _flags(self) -> list[str]:
        return [flag for flag, is_set in (("--otel", self.otel), ("--tap", self.tap)) if is_set]


def address(text: str) -> tuple[str, int]:
    """Read `HOST:PORT`, `:PORT` or `PORT`; without a host it is the loopback."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise click.BadParameter(f'expected HOST:PORT or PORT, got "{text}"')
    return host.strip("[]") or _LOOPBACK, int(port)


@contextlib.asynccontextmanager
async def telemetry(
    service: Service, settings: TelemetrySettings, stop: StopRequest, worker: str = ""
) -> AsyncIterator[None]:
    """Show a service while the block runs; worker number n listens n - 1 ports further on."""
    async with contextlib.AsyncExitStack() as stack:
        if settings.otel:
            from rulechain.observe.tracing import SpanExport  # noqa: PLC0415 - an extra

            export = SpanExport()
            stack.push_async_callback(asyncio.to_thread, export.close)
            service.trace(export.tracer)
        if settings.listen is not None:
            host, port = settings.listen
            if port and worker.isdecimal():
                port += int(worker) - 1
            server = _server(host, port, service, settings, stop)
            await stack.enter_async_context(server)
            say(
                f"metrics: {server.url}/metrics, health: /livez and /readyz{', messages: /tap' if settings.tap else ''}"
            )
        yield


def _server(host: str, port: int, service: Service, settings: TelemetrySettings, stop: StopRequest) -> PageServer:
    from rulechain.observe.prometheus import exposition  # noqa: PLC0415 - an extra

    expose = exposition(service.snapshot)

    def metrics(accept: str) -> Page:
        content_type, body = expose(accept)
        return Page(body, content_type=content_type)

    pages = {
        "/metrics": metrics,
        "/livez": lambda _: _page(liveness(service.status(), settings.stuck_s)),
        "/readyz": lambda _: _page(readiness(service.status(), is_stopping=stop.is_made)),
    }
    taps = service.taps if settings.tap else None
    return PageServer(host, port, pages, {} if taps is None else {"/tap": functools.partial(tapped_messages, taps)})


def _page(health: Health) -> Page:
    status = HTTPStatus.OK if health.is_well else HTTPStatus.SERVICE_UNAVAILABLE
    return Page(f"{health.text}\n".encode(), status)


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _text(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
