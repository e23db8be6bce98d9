"""`rulechain tap`: messages of a running service as they pass its nodes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import click

from rulechain.cli import exit_codes
from rulechain.cli.options import format_option
from rulechain.cli.output import plural, put, put_json, say
from rulechain.cli.pages import DEFAULT, lines_of, open_page
from rulechain.cli.tapping import MOST_PER_SECOND, PER_SECOND
from rulechain.cli.telemetry import address

_SHOWN = 2000

_EPILOG = """\b
Examples:
  rulechain tap
  rulechain tap 9465 --chain 'freezer-*' --node mark
  rulechain tap --node ask-weather --failures --count 5
  rulechain tap --limit 100 --mask name,street --format json > messages.jsonl
"""


@click.command("tap", epilog=_EPILOG)
@click.argument("at", metavar="[[HOST:]PORT]", type=address, default=DEFAULT)
@click.option("--chain", default="*", metavar="PATTERN", help="Only chains whose id is this or fits it.")
@click.option("--node", default="*", metavar="PATTERN", help="Only nodes whose id is this or fits it.")
@click.option("--failures", is_flag=True, help="Only what failed.")
@click.option(
    "--limit",
    type=click.FloatRange(min=0, min_open=True, max=MOST_PER_SECOND),
    default=PER_SECOND,
    show_default=True,
    help="The most messages a second.",
)
@click.option("--mask", "masks", multiple=True, metavar="FIELD,...", help="Fields whose values nobody may see.")
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="End after so many messages.")
@format_option
def command(
    at: tuple[str, int], *, limit: float, masks: tuple[str, ...], count: int | None, as_json: bool, **wanted: Any
) -> int:
    """Show messages as they pass the nodes of a service on this machine, until Ctrl-C.

    The service has to run with `--metrics 9464 --tap`. Fields that are called like secrets are masked, and so are those
    that are named. What goes beyond the limit is not shown; how many messages that were is told. The service is not
    slowed down by a reader that is slow.
    """
    query = urlencode({**wanted, "limit": f"{limit:g}", "mask": ",".join(masks)})
    seen = 0
    with open_page(at, f"/tap?{query}") as page:
        for line in filter(None, lines_of(page)):
            found = json.loads(line)
            if "dropped" in found:
                say(click.style(f"{plural(found['dropped'], 'message')} more, not shown", dim=True))
                continue
            if as_json:
                put_json(found, indent=None)
            else:
                put("\n".join(_text(found)))
            seen += 1
            if seen == count:
                return exit_codes.OK
    say("the service has ended")
    return exit_codes.OK


def _text(found: dict[str, Any]) -> Iterator[str]:
    time = datetime.fromtimestamp(found["endedMs"] / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]
    way = f"{found['relationIn'] or 'start'} -> {found['relation'] or 'no relation'}"
    name = click.style(f"{found['chain']}/{found['node']}", bold=True)
    yield f"{time}  {name}  {found['type']}  {way}  {found['milliseconds']:.3f} ms"
    if found["error"] is not None:
        yield click.style(f"  error {found['error']}", fg="red")
    before, after = found["in"], found["out"]
    yield f"  in    {_cut(before['data'])}"
    if after["data"] != before["data"]:
        yield f"  out   {_cut(after['data'])}"
    added = {key: text for key, text in after["metadata"].items() if before["metadata"].get(key) != text}
    if added:
        yield f"  set   {_cut(json.dumps(added, ensure_ascii=False))}"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text):,} characters)"
