"""`rulechain streams`: how the streams of a server are, and what to mend."""

import asyncio
import dataclasses
import shlex
from collections.abc import Sequence
from typing import Any

import click

from rulechain.cli import exit_codes
from rulechain.cli.options import duration, format_option, server_option
from rulechain.cli.output import paint, plural, put, put_json, say
from rulechain.cli.streams_text import dump_finding, dump_look, render_findings, render_table
from rulechain.connections.address import ServerAddress, Topology, parse_address
from rulechain.connections.connect import connect
from rulechain.observe.findings import Commands, Growth, Limits, find_problems
from rulechain.observe.streams import find_streams, look, server_version

_LIMITS = Limits()

_EPILOG = """\b
Examples:
  rulechain streams --server redis://localhost:6379
  rulechain streams 'device.*' --over 10s --max-lag 5m
  rulechain streams --format json | jq '.findings[].fix'

\b
Exit codes:
  0  nothing to mend
  1  there is something to mend, or a STREAM is not there
"""


@click.command("streams", epilog=_EPILOG)
@click.argument("wanted", metavar="[STREAM]...", nargs=-1)
@server_option(default="redis://127.0.0.1:6379", show_default=True, help="The Redis server.")
@click.option(
    "--over",
    "over_s",
    type=duration,
    default="1s",
    show_default=True,
    help="Time between two looks, which tell what grows; 0s for one look.",
)
@click.option(
    "--max-lag", "lag_s", type=duration, default="1m", show_default=True, help="How far behind a group may be."
)
@click.option(
    "--dead-after",
    "silence_s",
    type=duration,
    default="10m",
    show_default=True,
    help="How long a consumer may be silent, or an entry be pending.",
)
@click.option(
    "--max-length",
    "length",
    type=click.IntRange(1),
    default=_LIMITS.length,
    show_default=True,
    help="Entries that nobody needs any more.",
)
@format_option
def command(wanted: tuple[str, ...], server: str, over_s: float, *, as_json: bool, **limits: Any) -> int:
    """Look at the streams of a server: their lag, pending entries, consumers and growth, and what to mend.

    STREAM is a name or a pattern such as 'device.*'; without any, all streams count. Nothing on the server is
    changed. The commands under "fix" show no password: redis-cli takes it from REDISCLI_AUTH.
    """
    allowed = Limits(**limits)
    looks, commands, missing = asyncio.run(_look(wanted, parse_address(server), over_s))
    findings = find_problems(looks, allowed, commands)
    if as_json:
        put_json({"streams": list(map(dump_look, looks)), "findings": list(map(dump_finding, findings))})
    else:
        if looks:
            put(render_table(looks, allowed))
        if findings:
            put(f"\n{render_findings(findings)}")
    say(f"{plural(len(looks), 'stream')}, {plural(len(findings), 'thing')} to mend")
    for name in missing:
        say(paint(f"error: there is no stream {name}"))
    return exit_codes.FAILED if findings or missing else exit_codes.OK


async def _look(
    wanted: Sequence[str], address: ServerAddress, over_s: float
) -> tuple[list[Growth], Commands, list[str]]:
    """Return what two looks tell, how commands reach the server, and the names that are no stream."""
    client = connect(address)
    try:
        link = await client.link()
        commands = _commands(address, link.server, await server_version(link))
        names = await find_streams(link, wanted)
        before = {}
        clock = asyncio.get_running_loop().time
        began = clock()
        if over_s and names:
            before = {facts.name: facts for facts in await look(link, names)}
            await asyncio.sleep(over_s)
        seconds = clock() - began
        now = await look(link, names)
        await link.close()
    finally:
        await client.close()
    there = {facts.name for facts in now}
    missing = [name for name in wanted if name.encode() in names and name not in there]
    looks = [Growth(now=facts, before=before.get(facts.name), seconds=seconds) for facts in now]
    return looks, commands, missing


def _commands(address: ServerAddress, reached: str, version: tuple[int, ...]) -> Commands:
    """Return how commands reach a server; of several that sentinels watch, redis-cli needs the one we reached."""
    server = str(dataclasses.replace(address, password=""))
    if address.topology is Topology.SENTINEL:
        address = parse_address(reached)
    words = ["redis-cli"]
    if address.path:
        words += ["-s", address.path]
    else:
        words += [*(["-c"] if address.is_cluster else []), "-h", address.host, "-p", str(address.port)]
    if address.db:
        words += ["-n", str(address.db)]
    if address.username:
        words += ["--user", address.username]
    if address.tls is not None:
        words += ["--tls", *(["--cacert", address.tls.ca] if address.tls.ca else [])]
    return Commands(redis_cli=shlex.join(words), server=server, version=version)
