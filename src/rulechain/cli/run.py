"""`rulechain run`: serve chains and endpoints until stopped."""

import contextlib
import dataclasses
import os
import sys
from pathlib import Path
from typing import Any

import click

from rulechain.cli.options import (
    DOCUMENT,
    SECRET_KEY_VARIABLE,
    SERVER_VARIABLE,
    duration,
    format_option,
    include_folder_option,
    property_option,
    secret_key_option,
    server_option,
)
from rulechain.cli.output import say
from rulechain.cli.serve import ServeSettings, load_service, serve
from rulechain.cli.telemetry import TelemetrySettings, address
from rulechain.cli.watch import take_snapshot
from rulechain.cli.workers import SUPERVISOR, WORKER, supervise
from rulechain.connections import EmbeddedServer
from rulechain.values import format_duration

_MOST_WORKERS = 256

_EPILOG = """\b
Examples:
  rulechain run chains/ endpoints/ --server redis://localhost:6379
  rulechain run samples/device-alarms --embedded --data ./data
  rulechain run chains/ --workers 4 --watch --property site=north
  rulechain run chains/ --metrics 9464 --tap
"""


@click.command("run", epilog=_EPILOG)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=DOCUMENT)
@server_option(help="Serve on this server, whatever the documents say.")
@click.option("--embedded", is_flag=True, help="Start a private server and serve on it.")
@click.option(
    "--data",
    "data_dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the private server keeps its data.",
)
@click.option("--workers", type=click.IntRange(1, _MOST_WORKERS), default=1, show_default=True, help="Processes.")
@click.option("--watch", is_flag=True, help="Load the documents again when they change, if they are valid.")
@click.option("--drain", "drain_s", type=duration, default="10s", show_default=True, help="Time to finish on stop.")
@click.option(
    "--wait", "wait_s", type=duration, default="10s", show_default=True, help="Time for the first connection."
)
@click.option(
    "--status",
    "status_s",
    type=duration,
    default="5s",
    show_default=True,
    help="Pause between status lines; 0s for none.",
)
@click.option(
    "--metrics",
    "listen",
    type=address,
    metavar="[HOST:]PORT",
    help="Show /metrics, /livez and /readyz there; without HOST for this machine only. Each further worker takes the "
    "next port.",
)
@click.option(
    "--stuck-after",
    "stuck_s",
    type=duration,
    default="2m",
    show_default=True,
    help="/livez fails when a connected reader has had no reply for so long.",
)
@click.option("--otel", is_flag=True, help="Send a span for each entry to the collector that the environment names.")
@click.option("--tap", is_flag=True, help="Let programs of this machine look at messages: `rulechain tap`.")
@property_option
@include_folder_option
@secret_key_option
@format_option
@click.pass_context
def command(ctx: click.Context, /, *, embedded: bool, data_dir: Path | None, workers: int, **served: Any) -> int:
    """Serve the chains and endpoints in files or folders until stopped.

    Ctrl-C or SIGTERM stops reading and lets the work in flight finish; a second one leaves at once, and what was in
    flight stays pending for another consumer. With --format json, stdout gets a line of JSON for each change of status.
    SIGUSR1 has it tell everything it knows about its endpoints.
    """
    shown = {name: served.pop(name) for name in ("listen", "stuck_s", "otel", "tap")}
    settings = ServeSettings(
        **served,
        telemetry=TelemetrySettings(**shown),
        worker=os.environ.get(WORKER, ""),
        supervisor=int(os.environ[SUPERVISOR]) if SUPERVISOR in os.environ else None,
    )
    if embedded and settings.server is not None:
        raise click.UsageError("--embedded and --server exclude each other")
    if data_dir is not None and not embedded:
        raise click.UsageError("--data needs --embedded")
    with contextlib.ExitStack() as stack:
        if embedded:
            settings = dataclasses.replace(settings, server=stack.enter_context(EmbeddedServer(data_dir)).url)
        seen = take_snapshot(settings.paths)
        # Also where workers will load for themselves: a mistake is told once, before any of them is started.
        service = load_service(settings)
        if embedded:
            say(f"embedded server: {settings.server}")
        if workers == 1:
            return serve(service, settings, seen)
        # Not as an argument: everybody on the machine can read those, and the address may hold a password.
        secrets = {SERVER_VARIABLE: settings.server, SECRET_KEY_VARIABLE: settings.secret_key}
        environment = {name: text for name, text in secrets.items() if text is not None}
        return supervise(workers, _worker_command(settings, debug=ctx.find_root().params["debug"]), environment)


def _worker_command(settings: ServeSettings, *, debug: bool) -> list[str]:
    """Return the command line of one worker: it says everything but the server and the key."""
    arguments = [sys.executable, "-m", "rulechain", *(["--debug"] if debug else []), "run", "--workers", "1"]
    for option, seconds in (
        ("--drain", settings.drain_s),
        ("--wait", settings.wait_s),
        ("--status", settings.status_s),
    ):
        arguments += [option, format_duration(seconds)]
    for key, text in settings.properties.items():
        arguments += ["--property", f"{key}={text}"]
    for folder in settings.include_folders:
        arguments += ["--include-folder", str(folder)]
    if settings.watch:
        arguments.append("--watch")
    if settings.as_json:
        arguments += ["--format", "json"]
    arguments += settings.telemetry.arguments()
    return [*arguments, "--", *map(str, settings.paths)]
