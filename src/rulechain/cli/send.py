"""`rulechain send`: JSON lines onto a stream."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import cast

import click

from rulechain.cli import exit_codes
from rulechain.cli.options import FILE, format_option, server_option
from rulechain.cli.output import paint, plural, put_json, say
from rulechain.cli.progress import progress_bar
from rulechain.connections.streams import StreamClient
from rulechain.values import JsonError, decode_json, to_json

Entry = dict[str, str]

_CHUNK = 256 * 1024

_EPILOG = """\b
Examples:
  rulechain send device.msg.request --server redis://localhost:6379 --file messages.jsonl
  echo '{"requestId": "r-1", "type": "PING"}' | rulechain send device.msg.request
"""


class _BadLineError(Exception):
    """A line is no entry; `number` counts from 1."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"line {number}: {reason}")
        self.number = number


@dataclass(slots=True)
class _Delivery:
    """How far the sending has come, and the line that ended it."""

    sent: int = 0
    bad_line: _BadLineError | None = None


@click.command("send", epilog=_EPILOG)
@click.argument("stream")
@server_option(default="redis://127.0.0.1:6379", show_default=True, help="The Redis server.")
@click.option("--file", "file", type=FILE, help="JSON lines; stdin without it.")
@click.option("--batch", type=click.IntRange(1, 10_000), default=500, show_default=True, help="Most entries per write.")
@format_option
def command(stream: str, server: str, file: Path | None, batch: int, *, as_json: bool) -> int:
    """Put messages on STREAM: one JSON object per line, each key a field of the entry.

    Text stays as it is; numbers, objects and lists become JSON text. Blank lines are passed over. At a line that
    is no JSON object the sending stops: what stands before it has been sent, nothing behind it.
    """
    if file is None and sys.stdin.isatty():
        say("reading JSON lines from the terminal; Ctrl-D ends them")
    delivery = _Delivery()
    started = time.monotonic()
    try:
        with contextlib.ExitStack() as stack:
            lines = cast("BufferedReader", sys.stdin.buffer) if file is None else stack.enter_context(file.open("rb"))
            _send(_batches(lines, batch, delivery), stream, server, delivery, total=_count_lines(file))
    except BaseException:
        say(f"sent {plural(delivery.sent, 'message')} before it stopped")
        raise
    seconds = time.monotonic() - started
    say(f"sent {plural(delivery.sent, 'message')} to {stream} in {seconds:.2f} s ({delivery.sent / seconds:,.0f}/s)")
    if as_json:
        failed = None if delivery.bad_line is None else delivery.bad_line.number
        put_json({"stream": stream, "sent": delivery.sent, "seconds": round(seconds, 3), "failedLine": failed})
    if delivery.bad_line is not None:
        say(paint(f"error: {delivery.bad_line}; neither it nor what follows was sent"))
        return exit_codes.FAILED
    return exit_codes.OK


def _send(batches: Iterator[list[Entry]], stream: str, server: str, delivery: _Delivery, *, total: int | None) -> None:
    # The lines are read outside the event loop: a Ctrl-C while stdin is silent then ends the wait at once.
    with asyncio.Runner() as runner, progress_bar(f"to {stream}", total) as show:
        stack = contextlib.AsyncExitStack()
        client = runner.run(stack.enter_async_context(StreamClient(server)))
        try:
            for entries in batches:
                delivery.sent += len(runner.run(client.add_many(stream, entries)))
                show(delivery.sent)
        finally:
            runner.run(stack.aclose())


def _count_lines(file: Path | None) -> int | None:
    """Return how much there is to send, where somebody watches and it can be known."""
    if file is None or not sys.stderr.isatty():
        return None
    with file.open("rb") as lines:
        return sum(1 for line in lines if line.strip())


def _batches(stream: BufferedReader, size: int, delivery: _Delivery) -> Iterator[list[Entry]]:
    """Yield the entries as they come in; a bad line is noted and ends them, behind those that stand before it."""
    for lines in _lines(stream):
        entries: list[Entry] = []
        try:
            for number, line in lines:
                entries.append(_entry(number, line))
        except _BadLineError as error:
            delivery.bad_line = error
        yield from (entries[start : start + size] for start in range(0, len(entries), size))
        if delivery.bad_line is not None:
            return


def _lines(stream: BufferedReader) -> Iterator[list[tuple[int, bytes]]]:
    """Yield the lines that are not blank, with their numbers: as many at a time as there are without waiting."""
    rest = b""
    first = 1
    while chunk := stream.read1(_CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        yield [(number, line) for number, line in enumerate(lines, start=first) if line.strip()]
        first += len(lines)
    if rest.strip():
        yield [(first, rest)]


def _entry(number: int, line: bytes) -> Entry:
    try:
        value = decode_json(line)
    except JsonError as error:
        raise _BadLineError(number, f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise _BadLineError(number, "expected a JSON object")
    if not value:
        raise _BadLineError(number, "an entry needs at least one field")
    return {key: item if isinstance(item, str) else to_json(item) for key, item in value.items()}
