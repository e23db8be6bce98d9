"""`rulechain top`: what a running service does, live."""

import dataclasses
import math
import time
from collections.abc import Iterable, Iterator
from typing import Any

import click
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from rulechain.cli import exit_codes
from rulechain.cli.options import duration, format_option
from rulechain.cli.output import put_json
from rulechain.cli.pages import DEFAULT, read_page
from rulechain.cli.telemetry import address
from rulechain.diagnostics.errors import EndpointUnavailableError
from rulechain.observe.rates import Pace, Rates, Reading, rates, read_metrics

_PATH = "/metrics"
_NOTHING = "-"
_ENDPOINT_FIGURES = ("READ/S", "ANSWERED/S", "FAILED/S", "DEAD", "IN FLIGHT", "LAG", "BEHIND", "PENDING")
_KEYS = {
    "is_connected": "connected",
    "in_flight": "inFlight",
    "per_s": "perSecond",
    **{f"{name}_s": f"{name}Seconds" for name in ("lag", "median", "p99", "mean")},
}
# The columns on the left have names, the others numbers.
_NAMES = 2
# Where nobody looks at a terminal nothing has to be cut.
_WIDE = 200

_EPILOG = """\b
Examples:
  rulechain top
  rulechain top 9464 9465 --interval 5s
  rulechain top --once --format json | jq '.nodes[] | select(.failures.total > 0)'
"""


@click.command("top", epilog=_EPILOG)
@click.argument("places", metavar="[[HOST:]PORT]...", nargs=-1, type=address)
@click.option("--interval", "interval_s", type=duration, default="2s", show_default=True, help="Pause between looks.")
@click.option("--once", is_flag=True, help="Look over one interval, and end.")
@format_option
def command(places: tuple[tuple[str, int], ...], *, interval_s: float, once: bool, as_json: bool) -> int:
    """Show rates, times and failures of a running service, by endpoint, chain and node, until Ctrl-C.

    The service has to run with `--metrics 9464`. Of several workers, each at its own port, give all ports: their
    figures are added up. Times of chains are upper bounds of what the runs of the last interval took, those of nodes a
    mean; where there are many runs, one stands for up to 63 others.
    """
    if not interval_s:
        raise click.BadParameter("more than 0s", param_hint="--interval")
    looks = _looks(places or (address(DEFAULT),), interval_s)
    if once:
        _show_once(next(looks), as_json=as_json)
        return exit_codes.OK
    console = _console()
    if as_json or not console.is_terminal:
        for found in looks:
            _show_once(found, as_json=as_json)
    with Live(console=console, auto_refresh=False) as live:
        for found in looks:
            live.update(found if isinstance(found, Text) else _page(found), refresh=True)
    return exit_codes.OK


def _looks(places: Iterable[tuple[str, int]], interval_s: float) -> Iterator[Rates | Text]:
    """Yield what happened in each interval; a service that is away later on is told, and waited for."""
    places = tuple(places)
    before, taken_s = _read(places), time.monotonic()
    while True:
        time.sleep(interval_s)
        try:
            now, now_s = _read(places), time.monotonic()
        except EndpointUnavailableError as error:
            yield Text(str(error), style="red")
            continue
        yield rates(before, now, now_s - taken_s)
        before, taken_s = now, now_s


def _read(places: Iterable[tuple[str, int]]) -> Reading:
    return read_metrics(read_page(place, _PATH) for place in places)


def _show_once(found: Rates | Text, *, as_json: bool) -> None:
    if not as_json:
        _console().print(found if isinstance(found, Text) else _page(found))
    elif isinstance(found, Text):
        put_json({"error": found.plain}, indent=None)
    else:
        put_json(_dump(dataclasses.asdict(found)), indent=None)


def _dump(value: Any) -> Any:
    """Return figures with JSON's names; a time that is above every bound is no number there."""
    if isinstance(value, dict):
        return {_KEYS.get(key, key): _dump(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_dump(item) for item in value]
    return None if value == math.inf else value


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_WIDE)


def _page(found: Rates) -> RenderableType:
    endpoints = _table("ENDPOINT", "STATE", *_ENDPOINT_FIGURES)
    for endpoint in found.endpoints:
        endpoints.add_row(
            Text(endpoint.endpoint),
            Text("connected") if endpoint.is_connected else Text("away", style="red"),
            _rate(endpoint.read),
            _rate(endpoint.answered),
            Text(_rate(endpoint.failed), style=_alarm(endpoint.failed)),
            Text(f"{endpoint.dead.total:,}", style=_alarm(endpoint.dead)),
            f"{endpoint.in_flight:,}",
            _NOTHING if endpoint.lag is None else f"{endpoint.lag:,}",
            _seconds(endpoint.lag_s),
            f"{endpoint.pending:,}",
        )
    chains = _table("CHAIN", "NODE", "RUNS", "RUNS/S", "FAILED", "HALF", "99 %", "MEAN")
    for chain in found.chains:
        failed = Text(f"{chain.failed.total:,}", style=_alarm(chain.failed))
        times = _seconds(chain.median_s), _seconds(chain.p99_s)
        chains.add_row(Text(chain.chain, "bold"), "", f"{chain.runs.total:,}", _rate(chain.runs), failed, *times, "")
        for node in found.nodes:
            if node.chain == chain.chain:
                failed = Text(f"{node.failures.total:,}", style=_alarm(node.failures))
                figures = f"{node.outcomes.total:,}", _rate(node.outcomes), failed, "", "", _seconds(node.mean_s)
                chains.add_row("", Text(node.node), *figures)
    return Group(endpoints, Text(), chains)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number < _NAMES else "right", no_wrap=True)
    return table


def _rate(pace: Pace) -> str:
    return f"{pace.per_s:,.1f}"


def _alarm(pace: Pace) -> str:
    return "red" if pace.per_s else ""


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return _NOTHING
    if seconds == math.inf:
        return "long"
    if seconds >= 1:
        return f"{seconds:,.1f} s"
    return f"{seconds * 1e3:,.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:,.0f} µs"
