"""Print every target of this engine with its figure and verdict, and its peers beside it on equal work.

    python -m bench [--only SECTION,...] [--quick] [--json FILE] [--keep] [--compare [FILE]] [--tolerance SHARE]

docs/benchmarks.md says how to read it.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from bench import (
    chains,
    expressions,
    latency,
    machine,
    memory,
    nodes,
    queries,
    report,
    results,
    startup,
    steps,
    streams,
    workers,
)
from bench.figures import FULL, QUICK, Effort, Section

SECTIONS: dict[str, Callable[[Effort], Section]] = {
    "startup": startup.measure,
    "chains": chains.measure,
    "expressions": expressions.measure,
    "queries": queries.measure,
    "nodes": nodes.measure,
    "steps": steps.measure,
    "stream": streams.measure,
    "latency": latency.measure,
    "workers": workers.measure,
    "memory": memory.measure,
}


def main() -> int:
    """Measure, print, keep and compare as asked; 1 where something got slower."""
    options = _options()
    before = results.read(options.compare or results.latest()) if options.compare is not False else None
    described = machine.describe()
    print(f"rulechain {machine.version()}")
    for name, value in described.items():
        print(f"{name:<12}{value}")
    if machine.is_busy():
        print("This machine is busy: rates, latency and start-up are times on the clock, and suffer most.")
    print()
    sections: dict[str, Section] = {}
    for key in options.only:
        report.progress(key)
        sections[key] = SECTIONS[key](QUICK if options.quick else FULL)
        print("\n".join(report.section_lines(sections[key])), flush=True)
    print("\n".join(report.summary_lines(sections)))
    document = results.to_document(machine.version(), described, sections)
    if options.json:
        results.write(options.json, document)
    if options.keep:
        results.write(results.FOLDER / f"{machine.version()}.json", document)
    if before is None:
        return 0
    slower = results.compare(sections, before, options.tolerance)
    print("\n".join(["", *report.comparison_lines(slower, before["version"], options.tolerance)]))
    return 1 if slower else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--only", type=_section_names, default=list(SECTIONS), metavar="SECTION,...", help=f"of {', '.join(SECTIONS)}")
    add("--quick", action="store_true", help="see that all of it works: a minute, and figures that say little")
    add("--json", type=Path, metavar="FILE", help="write the figures there as well")
    add("--keep", action="store_true", help="keep them as the result of this version, in bench/results")
    add("--compare", type=Path, nargs="?", default=False, metavar="FILE", help="exit 1 if slower than that result")
    add("--tolerance", type=float, default=0.3, metavar="SHARE", help="how much slower is no news; 0.3 if not given")
    return parser.parse_args()


def _section_names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in SECTIONS]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(SECTIONS)}")
    return names


if __name__ == "__main__":
    raise SystemExit(main())
