"""Figures as text: a table for each section, and at the end every target with its verdict."""

import sys
from collections.abc import Mapping, Sequence

from bench.figures import Figure, Section
from bench.results import Slower

_HEAD = f"{'figure':>12}{'':8}{'(low - high)':>20}{'calibrations':>14}{'target':>12}"


def section_lines(section: Section) -> list[str]:
    """The table of a section, and its notes below."""
    width = max(len(text) for text in (section.title, *(each.name for each in section.figures)))
    lines = [f"{section.title:<{width}}{_HEAD}  verdict", *(_row(each, width) for each in section.figures)]
    return [*lines, "", *section.notes, ""] if section.notes else [*lines, ""]


def summary_lines(sections: Mapping[str, Section]) -> list[str]:
    """How many targets are met, and the name of each that is not, with what it reached."""
    judged = [(section.title, each) for section in sections.values() for each in section.figures if each.target]
    lines = [f"{sum(each.verdict == 'met' for _, each in judged)} of {len(judged)} targets met"]
    for title, each in judged:
        if each.verdict != "met" and each.target:
            cost = f", {each.cost:.3g} calibrations" if each.target.on_cost and each.cost is not None else ""
            reached = f"{_number(each.median)} {each.unit}{cost}"
            lines.append(f"  {title}: {each.name}: {reached}, target {each.target}: {each.verdict}")
    return lines


def comparison_lines(slower: Sequence[Slower], version: str, tolerance: float) -> list[str]:
    """What got slower than a kept result, each with how much."""
    if not slower:
        return [f"nothing is more than {tolerance:.0%} slower than {version} was"]
    lines = [f"slower than {version} by more than {tolerance:.0%}, in calibrations:"]
    return lines + [
        f"  {each.name}: {_number(each.before)} then, {_number(each.now)} now, {each.ratio:.2f} x" for each in slower
    ]


def progress(text: str) -> None:
    """Say what is being measured, to people who watch; the next word takes its place."""
    if sys.stderr.isatty():
        print(f"{text:<78}", end="\r", file=sys.stderr, flush=True)


def _row(each: Figure, width: int) -> str:
    spread = f"({_number(each.low)} - {_number(each.high)})"
    cost = "" if each.cost is None else _number(each.cost)
    target = "" if each.target is None else str(each.target)
    reached = f"{each.name:<{width}}{_number(each.median):>12} {each.unit:<7}{spread:>20}{cost:>14}"
    return f"{reached}{target:>12}  {each.verdict}".rstrip()


def _number(value: float) -> str:
    """Three digits that count, and no exponent."""
    size = abs(value)
    return (
        f"{value:,.0f}"
        if size >= 100
        else f"{value:.1f}"
        if size >= 10
        else f"{value:.2f}"
        if size >= 1
        else f"{value:.3f}"
    )
