"""`rulechain replay`: a range of a stream through one or two versions of a chain."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from rulechain.app.past_entries import past_entries
from rulechain.authoring.versions import Comparison, Way
from rulechain.cli import exit_codes
from rulechain.cli.options import FILE, format_option
from rulechain.cli.output import plural, put, put_json, say
from rulechain.cli.past import Past, past_options
from rulechain.cli.progress import progress_bar

_WIDTH = 60

_EPILOG = """\b
Examples:
  rulechain replay readings chain.json --from 1h
  rulechain replay readings old.json new.json --from 2026-01-31T00:00Z --to 2026-01-31T12:00Z
  rulechain replay readings old.json new.json --when 'msg.kind == "freezer"' --limit 1000
"""


@click.command("replay", epilog=_EPILOG)
@past_options
@click.argument("chain", type=FILE)
@click.argument("version", required=False, type=FILE, metavar="[CHAIN2]")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many entries.")
@format_option
def command(*, chain: Path, version: Path | None, as_json: bool, **options: Any) -> int:
    """Send a range of STREAM through CHAIN, or through two versions of it, and say what comes out differently.

    Nothing is written to the server, and no group is touched. Nodes that ask other services do not: they fail, unless
    --mocks has stand-ins for them. Two versions are compared by their ends: relation, data, metadata and error. Exit
    code 1 when outputs differ, or with one version when some entry failed.
    """
    past = Past(**options)
    paths = [chain] if version is None else [chain, version]
    comparison, left_out = Comparison(), 0
    with past.trials(*paths) as trials, progress_bar(f"from {past.stream}", past.limit) as show:
        for entry in past_entries(past.server, past.range):
            if entry.message is None:
                left_out += 1
            else:
                comparison.add(entry.id, [trial.run(entry.message) for trial in trials])
            show(comparison.entries + left_out)
    if as_json:
        put_json(_dump(comparison, paths, left_out))
    else:
        put("\n".join(_lines(comparison, paths)))
        left = f"; {left_out:,} left out by --when or --transform" if left_out else ""
        say(f"replayed {_entries(comparison.entries)} of {past.stream}{left}")
    bad = comparison.differing if version else sum(comparison.failed)
    return exit_codes.FAILED if bad else exit_codes.OK


def _lines(comparison: Comparison, paths: Sequence[Path]) -> Iterator[str]:
    for path, ends, failed in zip(paths, comparison.ends, comparison.failed, strict=False):
        yield click.style(str(path), bold=True)
        for (node, relation), count in sorted(ends.items(), key=lambda item: (-item[1], item[0])):
            yield f"  {count:>9,}  {node} with {relation or 'no relation'}"
        if failed:
            yield click.style(f"  {failed:>9,}  failed", fg="red")
    if len(paths) == 1:
        return
    if not comparison.ways:
        yield "no output differs"
        return
    ways = plural(len(comparison.ways), "way")
    yield f"{comparison.differing:,} of {comparison.entries:,} outputs differ, in {ways}"
    for way in sorted(comparison.ways.values(), key=lambda each: -each.count):
        yield from _way_lines(way)


def _way_lines(way: Way) -> Iterator[str]:
    yield f"  {_entries(way.count)}:"
    for example in way.examples:
        yield f"    {example.entry}"
        for change in example.changes:
            yield f"      {change.path}: {_cut(change.before)} -> {_cut(change.after)}"
    if way.count > len(way.examples):
        yield f"    ... and {way.count - len(way.examples):,} more"


def _entries(count: int) -> str:
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."


def _dump(comparison: Comparison, paths: Sequence[Path], left_out: int) -> dict[str, Any]:
    return {
        "entries": comparison.entries,
        "leftOut": left_out,
        "differing": comparison.differing,
        "versions": [
            {
                "chain": str(path),
                "failed": failed,
                "ends": [
                    {"node": node, "relation": relation, "count": count} for (node, relation), count in ends.items()
                ],
            }
            for path, ends, failed in zip(paths, comparison.ends, comparison.failed, strict=False)
        ],
        "ways": [
            {
                "count": way.count,
                "examples": [
                    {"entry": example.entry, "changes": [change._asdict() for change in example.changes]}
                    for example in way.examples
                ],
            }
            for way in comparison.ways.values()
        ],
    }
