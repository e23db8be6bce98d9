"""`rulechain dead`: the dead-letter workbench."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

import click

from rulechain.app.dead_letters import ChainReplay
from rulechain.app.engine import Engine
from rulechain.app.service import Service
from rulechain.cli import exit_codes
from rulechain.cli.dead_replay import ReplayReport, Sender, replay_all
from rulechain.cli.dead_text import dump_letter, dump_line, render_letter, render_line
from rulechain.cli.options import DOCUMENT, F, duration, format_option, property_option, server_option
from rulechain.cli.output import paint, plural, put, put_json, say
from rulechain.cli.progress import progress_bar
from rulechain.connections.streams import StreamClient
from rulechain.endpoints.redis_stream.workbench import PATTERN, DeadFilter, DeadLetterStream, Found

T = TypeVar("T")

_BATCH = 500

_EPILOG = """\b
Examples:
  rulechain dead list
  rulechain dead list device.telemetry.dead --code R602 --within 1h
  rulechain dead show device.telemetry.dead 1700000000000-0
  rulechain dead replay device.telemetry.dead --node parse --rate 100 --dry-run
  rulechain dead replay device.telemetry.dead --all --to-chain parse-v2 --chains chains/
  rulechain dead purge device.telemetry.dead --older 720h
"""


@click.group("dead", epilog=_EPILOG)
def command() -> None:
    """Look through dead letters, send them back to work, or delete them.

    A dead letter is an entry that could not be processed, on a stream of its own, with the reason.
    """


def _filter_options(command: F) -> F:
    """Add the options that say which dead letters are meant; they reach the verb as `wanted`."""
    for option in (
        click.option("--code", default="", metavar="CODE", help="Set aside with this code, such as R602."),
        click.option("--chain", default="", metavar="ID", help="Set aside by this chain."),
        click.option("--node", default="", metavar="ID", help="Failed at this node."),
        click.option("--router", default="", metavar="ID", help="Taken by this router."),
        click.option("--reason", default="", metavar="TEXT", help="With this text in the reason."),
        click.option("--within", "within_s", type=duration, metavar="TIME", help="Set aside within the last 15m, 2h …"),
        click.option("--older", "older_s", type=duration, metavar="TIME", help="Set aside longer ago than that."),
    ):
        command = option(command)
    return command


def _filter(ids: tuple[str, ...], within_s: float | None, older_s: float | None, parts: dict[str, str]) -> DeadFilter:
    now_ms = time.time() * 1000
    return DeadFilter(
        ids=frozenset(ids),
        after_ms=None if within_s is None else now_ms - within_s * 1000,
        before_ms=None if older_s is None else now_ms - older_s * 1000,
        **parts,
    )


_server = server_option(default="redis://127.0.0.1:6379", show_default=True, help="The Redis server.")
_ids = click.argument("ids", metavar="[ID]...", nargs=-1)
_dry_run = click.option("--dry-run", is_flag=True, help="Only say what would be done.")
_all = click.option("--all", "takes_all", is_flag=True, help="All of them, where no filter says which.")
_limit = click.option("--limit", type=click.IntRange(1), metavar="N", help="At most so many, the oldest first.")


@command.command("list")
@click.argument("stream", required=False)
@_filter_options
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many lines.")
@_server
@format_option
def list_(stream: str | None, server: str, limit: int, *, as_json: bool, **chosen: Any) -> int:
    """List the dead letters of STREAM, oldest first; without STREAM, the streams that have some."""
    if stream is None:
        return _list_streams(server, as_json=as_json)
    wanted = _wanted((), chosen)

    async def look(dead: DeadLetterStream) -> tuple[list[Found], dict[str, int]]:
        shown: list[Found] = []
        by_code: dict[str, int] = {}
        async for found in dead.find(wanted):
            by_code[found.letter.code] = by_code.get(found.letter.code, 0) + 1
            if len(shown) < limit:
                shown.append(found)
        return shown, by_code

    shown, by_code = _ask(server, stream, look)
    if as_json:
        put_json([dump_line(found) for found in shown])
    else:
        for found in shown:
            put(render_line(found))
    total = sum(by_code.values())
    codes = ", ".join(f"{count:,} {code}" for code, count in sorted(by_code.items()))
    say(f"{plural(total, 'dead letter')}{f' ({codes})' if codes else ''}, {len(shown):,} shown")
    return exit_codes.OK


@command.command("show")
@click.argument("stream")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@_server
@format_option
def show(stream: str, ids: tuple[str, ...], server: str, *, as_json: bool) -> int:
    """Show dead letters whole: why each was set aside, and every field as it was.

    Payloads are shown as they are: mind who looks over your shoulder.
    """

    async def find(dead: DeadLetterStream) -> list[Found]:
        return [found async for found in dead.find(DeadFilter(ids=frozenset(ids)))]

    found = _ask(server, stream, find)
    if as_json:
        put_json([dump_letter(one) for one in found])
    else:
        put("\n\n".join(render_letter(one) for one in found))
    missing = sorted(set(ids) - {one.id for one in found})
    if missing:
        say(paint(f"error: {stream} has no dead letter {', '.join(missing)}"))
    return exit_codes.FAILED if missing else exit_codes.OK


@command.command("replay")
@click.argument("stream")
@_ids
@_filter_options
@_all
@_limit
@click.option("--to-stream", metavar="STREAM", help="Put them on this stream, not on that they came from.")
@click.option("--to-chain", metavar="ID", help="Run them through this chain here and now, whatever their router says.")
@click.option("--chains", type=DOCUMENT, multiple=True, help="With --to-chain: the documents; may be repeated.")
@click.option("--response-stream", default="", metavar="STREAM", help="With --to-chain: for outcomes that name none.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), metavar="N", help="At most so many a second.")
@_dry_run
@property_option
@_server
@format_option
def replay(stream: str, ids: tuple[str, ...], server: str, limit: int | None, **options: Any) -> int:
    """Send dead letters back to the streams they came from, with the trace they had.

    Each is put back and taken off STREAM in one step. With --to-chain, each runs through a chain in this process
    instead; its responses are written and it is taken off STREAM in one step, and one that fails again stays.
    """
    _require_choice(ids, options)
    wanted = _wanted(ids, options)
    runner = _chain_replay(options)

    async def work(dead: DeadLetterStream) -> ReplayReport:
        meant = _first(dead.find(wanted), limit)
        if options["dry_run"]:
            return ReplayReport(found=len([found async for found in meant]))
        sender = Sender(dead, options["to_stream"], runner)
        with progress_bar("replaying", len(ids) or limit) as progress:
            return await replay_all(meant, sender, options["rate"], progress)

    report = _ask(server, stream, work)
    return report.tell(stream, dry_run=options["dry_run"], as_json=options["as_json"])


@command.command("purge")
@click.argument("stream")
@_ids
@_filter_options
@_all
@_limit
@click.option("--yes", is_flag=True, help="Do not ask.")
@_dry_run
@_server
@format_option
def purge(stream: str, ids: tuple[str, ...], server: str, limit: int | None, **options: Any) -> int:
    """Delete dead letters for good."""
    _require_choice(ids, options)
    wanted = _wanted(ids, options)

    async def count(dead: DeadLetterStream) -> list[str]:
        return [found.id async for found in _first(dead.find(wanted), limit)]

    meant = _ask(server, stream, count)
    if meant and not (options["yes"] or options["dry_run"]):
        click.confirm(f"Delete {plural(len(meant), 'dead letter')} of {stream} for good?", abort=True, err=True)

    async def delete(dead: DeadLetterStream) -> int:
        deleted = 0
        with progress_bar("deleting", len(meant)) as progress:
            for start in range(0, len(meant), _BATCH):
                deleted += await dead.delete(meant[start : start + _BATCH])
                progress(deleted)
        return deleted

    deleted = 0 if options["dry_run"] else _ask(server, stream, delete)
    if options["as_json"]:
        put_json({"stream": stream, "found": len(meant), "deleted": deleted})
    if options["dry_run"]:
        say(f"would delete {plural(len(meant), 'dead letter')} of {stream}")
    else:
        say(f"deleted {plural(deleted, 'dead letter')} of {stream}")
    return exit_codes.OK


def _list_streams(server: str, *, as_json: bool) -> int:
    async def ask() -> dict[str, int]:
        async with StreamClient(server) as client:
            return await client.streams(PATTERN)

    lengths = asyncio.run(ask())
    if as_json:
        put_json([{"stream": name, "length": length} for name, length in lengths.items()])
    else:
        for name, length in lengths.items():
            put(f"{length:>9,}  {name}")
    say(f"{plural(len(lengths), 'stream')} named {PATTERN}")
    return exit_codes.OK


def _ask(server: str, stream: str, question: Callable[[DeadLetterStream], Coroutine[Any, Any, T]]) -> T:
    async def main() -> T:
        async with StreamClient(server) as client:
            return await question(DeadLetterStream(client, stream))

    return asyncio.run(main())


async def _first(letters: AsyncIterator[Found], limit: int | None) -> AsyncIterator[Found]:
    """Yield so many of some dead letters, all without a limit."""
    left = limit
    async for found in letters:
        yield found
        if left is not None and (left := left - 1) == 0:
            return


def _wanted(ids: tuple[str, ...], options: dict[str, Any]) -> DeadFilter:
    """Take the options of a filter out of all, and return the filter."""
    parts = {name: options.pop(name) for name in ("code", "chain", "node", "router", "reason")}
    return _filter(ids, options.pop("within_s"), options.pop("older_s"), parts)


def _require_choice(ids: tuple[str, ...], options: dict[str, Any]) -> None:
    chosen = ("code", "chain", "node", "router", "reason", "within_s", "older_s", "limit")
    if not (ids or options["takes_all"] or any(options.get(name) for name in chosen)):
        raise click.UsageError("say which dead letters: by their IDs, by a filter such as --code, or --all")


def _chain_replay(options: dict[str, Any]) -> ChainReplay | None:
    chain_id: str | None = options["to_chain"]
    if chain_id is None:
        if options["chains"] or options["response_stream"]:
            raise click.UsageError("--chains and --response-stream need --to-chain")
        return None
    if options["to_stream"]:
        raise click.UsageError("--to-stream and --to-chain exclude each other")
    if not options["chains"]:
        raise click.UsageError("--to-chain needs --chains, the documents that have it")
    engine = Engine(options["properties"])
    Service(engine).load(options["chains"])
    chain = engine.get(chain_id)
    if chain is None:
        raise click.UsageError(f'these documents have no chain "{chain_id}", only {", ".join(sorted(engine.chains))}')
    return ChainReplay(chain, options["response_stream"])
