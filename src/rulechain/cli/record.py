"""`rulechain record`: live messages as the cases of a test document."""

import os
from pathlib import Path
from typing import Any

import click

from rulechain.app.past_entries import past_entries
from rulechain.app.trial import Trial
from rulechain.authoring import format_document
from rulechain.authoring.recording import Route, masked_message, recorded_case, route_of, with_cases
from rulechain.cli import exit_codes
from rulechain.cli.options import FILE
from rulechain.cli.output import plural, put, say
from rulechain.cli.past import Past, past_options
from rulechain.cli.progress import progress_bar
from rulechain.model import Message

_LIMIT = 20

_EPILOG = """\b
Examples:
  rulechain record readings chain.json --from 1h --output chain.test.json
  rulechain record readings chain.json --each-way --limit 5000 --mask house,owner -o chain.test.json
"""


@click.command("record", epilog=_EPILOG)
@past_options
@click.argument("chain", type=FILE)
@click.option(
    "--limit", type=click.IntRange(min=1), default=_LIMIT, show_default=True, help="Look at so many entries at most."
)
@click.option("--mask", "masks", multiple=True, metavar="FIELD,...", help="Fields whose values nobody may see.")
@click.option("--each-way", is_flag=True, help="Only the first entry for each way through the chain.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The test document, *.test.json: one that is there gets more cases. stdout without it.",
)
def command(*, chain: Path, masks: tuple[str, ...], each_way: bool, output: Path | None, **options: Any) -> int:
    """Make test cases of a range of STREAM: each message, masked, with what CHAIN makes of it now.

    Fields that are called like secrets are masked without being named. Nothing is written to the server, and nodes that
    ask other services do not: give them stand-ins with --mocks. Read what was recorded before you trust it.
    """
    if output is not None and not output.name.endswith(".test.json"):
        raise click.UsageError(f'"{output}" is no name of a test document: they are called *.test.json')
    past = Past(**options)
    fields = [field.strip() for text in masks for field in text.split(",")]
    cases: list[dict[str, Any]] = []
    ways: set[Route] = set()
    looked_at = 0
    with past.trials(chain) as (trial,), progress_bar(f"from {past.stream}", past.limit) as show:
        for entry in past_entries(past.server, past.range):
            looked_at += 1
            show(looked_at)
            if entry.message is None:
                continue
            case, way = _record(trial, past.stream, masked_message(entry.message, fields))
            if not each_way or way not in ways:
                cases.append(case)
            ways.add(way)
    folder = Path() if output is None else output.parent
    document = output.read_text(encoding="utf-8-sig") if output is not None and output.exists() else None
    text = format_document(with_cases(document, os.path.relpath(chain, folder), cases), keep_order=True)
    if output is None:
        put(text.removesuffix("\n"))
    else:
        output.write_text(text, encoding="utf-8")
    entries = f"{looked_at:,} {'entry' if looked_at == 1 else 'entries'}"
    say(f"recorded {plural(len(cases), 'case')} of {entries}, on {plural(len(ways), 'way')} through the chain")
    return exit_codes.OK if cases else exit_codes.FAILED


def _record(trial: Trial, stream: str, message: Message) -> tuple[dict[str, Any], Route]:
    # Twice: what differs from run to run is no expectation.
    runs = [trial.run(message), trial.run(message)]
    return recorded_case(f"{stream} {message.id}", trial.chain_id, message, runs), route_of(runs[0])
