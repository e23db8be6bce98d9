"""`rulechain trace`: one message through a chain, step by step."""

import difflib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from rulechain.api import Run, TraceEvent
from rulechain.app.engine import Engine
from rulechain.cli import exit_codes
from rulechain.cli.messages import dump_message, read_message
from rulechain.cli.options import (
    FILE,
    FILE_OR_STDIN,
    format_option,
    include_folder_option,
    pairs_option,
    property_option,
    secret_key_option,
)
from rulechain.cli.output import paint, plural, put, put_json, say
from rulechain.diagnostics import render_diagnostics
from rulechain.model import Message
from rulechain.values import JsonError, decode_json, to_json

# Longer differences and payloads are cut, with a note of how much.
_LINES = 40

_EPILOG = """\b
Examples:
  rulechain trace chain.json --message message.json
  echo '{"temperature": 41}' | rulechain trace chain.json --message - --metadata site=north
  echo 'plain text' | rulechain trace chain.json --message - --data-type TEXT
  rulechain trace chain.json --message message.json --format json | jq '.steps[].relation'
"""


@click.command("trace", epilog=_EPILOG)
@click.argument("chain", type=FILE)
@click.option("--message", "message_file", required=True, type=FILE_OR_STDIN, metavar="FILE|-", help="The message.")
@click.option("--type", "message_type", metavar="TYPE", help="The message's type.")
@click.option("--data-type", metavar="TYPE", help="JSON, TEXT or BINARY; JSON unless the message says otherwise.")
@pairs_option("--metadata", "metadata", metavar="KEY=VALUE", help="A metadata key; may be repeated.")
@property_option
@include_folder_option
@secret_key_option
@format_option
def command(
    chain: Path,
    message_file: Path,
    message_type: str | None,
    data_type: str | None,
    metadata: dict[str, str],
    *,
    as_json: bool,
    **engine: Any,
) -> int:
    """Send one message through CHAIN and show each node: its relation, what it changed, and how long it took.

    The message file holds a RuleGo message ({"data": …, "metadata": …, "type": …}), or any other JSON, which is then
    taken as the data. Exit code 1 when the chain failed.
    """
    loaded = Engine(**engine).load(chain)
    message = read_message(message_file, message_type, data_type, metadata)
    if loaded.warnings and not as_json:
        say(paint(render_diagnostics(loaded.warnings)))
    run = loaded.run(message, trace=True)
    if as_json:
        put_json(_dump_run(loaded.id, run))
    else:
        put("\n".join(_render_run(run)))
    return exit_codes.FAILED if run.failed else exit_codes.OK


def _render_run(run: Run) -> Iterator[str]:
    for event in run.trace:
        yield _head(event)
        yield from _differences(event.message_in, event.message)
    for end in run.ends:
        ends = f"{_mark(failed=end.error is not None)} ends at {end.node_id} with {end.relation or 'no relation'}"
        yield f"{ends}: {end.error}" if end.error else ends
        yield from _cut([f"    {line}" for line in _payload_lines(end.message)])
    if not run.ends:
        yield "no branch has an end"
    node_time = sum(event.duration_ns for event in run.trace)
    yield f"{plural(len(run.trace), 'step')}, {plural(len(run.ends), 'end')}, {_duration(node_time)} in nodes"


def _head(event: TraceEvent) -> str:
    node = click.style(event.node_id, bold=True)
    relations = f"{event.relation_in or 'start'} -> {event.relation or 'no relation'}"
    mark, time = _mark(failed=event.error is not None), _duration(event.duration_ns)
    head = f"{mark} {node}  {event.node_type}  {relations}  {time}"
    return f"{head}\n    {click.style(event.error, fg='red')}" if event.error else head


def _mark(*, failed: bool) -> str:
    return click.style("x", fg="red") if failed else click.style("*", fg="green")


def _duration(nanoseconds: int) -> str:
    microseconds = nanoseconds / 1000
    return f"{microseconds:,.0f} µs" if microseconds < 1000 else f"{microseconds / 1000:,.1f} ms"


def _differences(before: Message, after: Message) -> Iterator[str]:
    """Yield what a node changed, part by part."""
    for name, old, new in (("type", before.type, after.type), ("dataType", before.data_type, after.data_type)):
        if old != new:
            yield f"    {name}: {old or '(none)'} -> {new or '(none)'}"
    if before.data != after.data:
        yield "    data"
        yield from _line_differences(_payload_lines(before), _payload_lines(after))
    if before.metadata != after.metadata:
        yield "    metadata"
        yield from _line_differences(_metadata_lines(before), _metadata_lines(after))


def _line_differences(before: list[str], after: list[str]) -> Iterator[str]:
    lines = list(difflib.unified_diff(before, after, n=1, lineterm=""))[2:]
    yield from _cut([f"      {_colour_difference(line)}" for line in lines if not line.startswith("@@")])


def _colour_difference(line: str) -> str:
    colour = {"+": "green", "-": "red"}.get(line[:1])
    return click.style(line, fg=colour) if colour else line


def _cut(lines: list[str]) -> Iterator[str]:
    yield from lines[:_LINES]
    if len(lines) > _LINES:
        yield f"      ... and {plural(len(lines) - _LINES, 'line')} more"


def _payload_lines(message: Message) -> list[str]:
    """Return the payload as lines a person can compare: JSON with sorted keys, and 24.0 is 24."""
    try:
        value = json.loads(to_json(decode_json(message.data)))
    except JsonError:
        return message.text.splitlines()
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True).splitlines()


def _metadata_lines(message: Message) -> list[str]:
    return [f"{key}: {text}" for key, text in sorted(message.metadata.items())]


def _dump_run(chain_id: str, run: Run) -> dict[str, Any]:
    return {
        "chain": chain_id,
        "failed": run.failed,
        "completed": run.completed,
        "steps": [
            {
                "node": event.node_id,
                "type": event.node_type,
                "relationIn": event.relation_in,
                "relation": event.relation,
                "error": event.error,
                "durationUs": round(event.duration_ns / 1000, 1),
                "message": dump_message(event.message),
            }
            for event in run.trace
        ],
        "ends": [
            {"node": end.node_id, "relation": end.relation, "error": end.error, "message": dump_message(end.message)}
            for end in run.ends
        ],
    }
