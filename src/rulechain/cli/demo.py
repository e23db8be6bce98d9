"""`rulechain demo`: the main job on a private server, with a count of every answer."""

import dataclasses

import click
from rich import box
from rich.console import Console
from rich.table import Table

from rulechain.app.demo import RESPONSES, SAMPLE, DemoReport, run_demo
from rulechain.cli import exit_codes
from rulechain.cli.options import format_option
from rulechain.cli.output import paint, put, put_json, say
from rulechain.cli.progress import progress_bar
from rulechain.connections import EmbeddedServer

_MOST_MESSAGES = 10_000_000

_EPILOG = """\b
Examples:
  rulechain demo
  rulechain demo --messages 100000
  rulechain demo --format json | jq .rate
"""


@click.command("demo", epilog=_EPILOG)
@click.option(
    "--messages", type=click.IntRange(1, _MOST_MESSAGES), default=20_000, show_default=True, help="How many to send."
)
@format_option
def command(messages: int, *, as_json: bool) -> int:
    """Run the main job on a private server and account for every message.

    Starts a real server on a private socket, serves the sample device-alarms on it, sends readings of devices to its
    request stream, from where the router expression leads each to one of three chains, and matches the answers on the
    response stream with the requests, one by one. Exit code 1 if one is lost or doubled.
    """
    with EmbeddedServer() as server:
        say(f"serving samples/{SAMPLE} on {server.url}")
        with progress_bar("answered", messages) as show:
            report = run_demo(server.url, messages, show)
    if as_json:
        put_json(_dump_report(report))
    else:
        _put_report(report)
    if report.failed:
        say(paint(f"error: {_broken_promise(report)}"))
        return exit_codes.FAILED
    return exit_codes.OK


def _put_report(report: DemoReport) -> None:
    put(f"the first of {report.answered:,} answers on {RESPONSES}:")
    for answer in report.examples:
        put("  " + "  ".join(f"{key}={text}" for key, text in answer.items()))
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("chain")
    for title in ("sent", "answered", "lost", "per second"):
        table.add_column(title, justify="right")
    for name, tally in sorted(report.chains.items()):
        table.add_row(name, *_cells(tally.sent, tally.answered, report.seconds))
    table.add_section()
    table.add_row("together", *_cells(report.sent, report.answered, report.seconds))
    console = Console()
    console.print(table)
    put(f"sent = answered, none lost, none twice: {'no' if report.failed else 'yes'}, in {report.seconds:.2f} s")


def _cells(sent: int, answered: int, seconds: float) -> list[str]:
    return [f"{sent:,}", f"{answered:,}", f"{sent - answered:,}", f"{answered / seconds:,.0f}"]


def _broken_promise(report: DemoReport) -> str:
    faults = {"lost": report.lost, "doubled": report.doubled, "unknown": report.unknown, "left behind": report.left}
    text = ", ".join(f"{count:,} {name}" for name, count in faults.items() if count)
    return "; ".join([text, *report.problems])


def _dump_report(report: DemoReport) -> dict[str, object]:
    return {
        "sent": report.sent,
        "answered": report.answered,
        "lost": report.lost,
        "doubled": report.doubled,
        "unknown": report.unknown,
        "left": report.left,
        "seconds": round(report.seconds, 3),
        "rate": round(report.answered / report.seconds),
        "chains": {name: dataclasses.asdict(tally) for name, tally in sorted(report.chains.items())},
        "examples": report.examples,
        "problems": report.problems,
    }
