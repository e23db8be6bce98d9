"""`rulechain trace`: one message through a chain, step by step."""

import difflib
import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from rulechain.api import Run, TraceEvent
from rulechain.authoring.explanation import dump_reason
from rulechain.authoring.reasons import Reason
from rulechain.cli import exit_codes
from rulechain.cli.failures import report_failure
from rulechain.cli.messages import dump_message
from rulechain.cli.output import plural, put, put_json
from rulechain.cli.tracing import Tracing, traced_run, tracing_options
from rulechain.cli.watch import repeat_on_change
from rulechain.model import Message
from rulechain.values import JsonError, decode_json, to_json

# Longer differences and payloads are cut, with a note of how much.
_LINES = 40

_EPILOG = """\b
Examples:
  rulechain trace chain.json --message message.json
  echo '{"temperature": 41}' | rulechain trace chain.json --message - --metadata site=north
  rulechain trace chain.json --message message.json --watch
  rulechain trace chain.json --message message.json --from-node mark
  echo 'plain text' | rulechain trace chain.json --message - --data-type TEXT
  rulechain trace chain.json --message message.json --format json | jq '.steps[].relation'
"""


@click.command("trace", epilog=_EPILOG)
@tracing_options
@click.option("--watch", is_flag=True, help="Trace again each time the chain or the message changes, until Ctrl-C.")
@click.pass_context
def command(ctx: click.Context, /, *, watch: bool, as_json: bool, **options: Any) -> int:
    """Send one message through CHAIN and show each node: its relation, why, what it changed, and how long it took.

    The message file holds a RuleGo message ({"data": …, "metadata": …, "type": …}), or any other JSON, which is then
    taken as the data. Nodes that ask other services ask them. Exit code 1 when the chain failed.
    """
    tracing = Tracing(**options)
    if not watch:
        return _trace(tracing, as_json=as_json)
    if str(tracing.message_file) == "-":
        raise click.UsageError("--watch reads the message again and again, so it must be in a file")
    with_traceback = ctx.find_root().params["debug"]
    return repeat_on_change(
        [tracing.chain, tracing.message_file],
        lambda: _trace(tracing, as_json=as_json),
        lambda error: report_failure(error, as_json=as_json, with_traceback=with_traceback),
    )


def _trace(tracing: Tracing, *, as_json: bool) -> int:
    chain, run, reasons = traced_run(tracing, as_json=as_json)
    if as_json:
        put_json(_dump_run(chain.id, run, reasons))
    else:
        put("\n".join(_render_run(run, reasons)))
    return exit_codes.FAILED if run.failed else exit_codes.OK


def _render_run(run: Run, reasons: Sequence[Reason | None]) -> Iterator[str]:
    for event, reason in zip(run.trace, reasons, strict=True):
        yield _head(event)
        if reason is not None and reason.sentence:
            yield f"    because {reason.sentence}"
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


def _dump_run(chain_id: str, run: Run, reasons: Sequence[Reason | None]) -> dict[str, Any]:
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
                "reason": None if reason is None else dump_reason(reason),
            }
            for event, reason in zip(run.trace, reasons, strict=True)
        ],
        "ends": [
            {"node": end.node_id, "relation": end.relation, "error": end.error, "message": dump_message(end.message)}
            for end in run.ends
        ],
    }
