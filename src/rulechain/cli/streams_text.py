"""Streams and what is wrong with them: a table for people, and as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rulechain.observe.findings import Finding, Growth, Limits, ago
from rulechain.observe.streams import GroupFacts

_HEAD = ("STREAM", "GROUP", "LENGTH", "GROWS", "LAG", "BEHIND", "PENDING", "OLDEST", "CONSUMERS", "MEMORY")
# Texts on the left of their columns, numbers on the right.
_LEFT = 2
_NOTHING = "-"


def render_table(looks: Sequence[Growth], limits: Limits) -> str:
    """Return a line for each group, and for each stream without one."""
    rows = [_HEAD, *(row for look in looks for row in _rows(look, limits))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths) for row in rows)


def render_findings(findings: Iterable[Finding]) -> str:
    """Return what is wrong, each with the command that mends it."""
    return "\n".join(f"{_place(finding)}: {finding.message}\n  fix: {finding.fix}" for finding in findings)


def dump_look(look: Growth) -> dict[str, Any]:
    """Return a stream's facts as JSON has them."""
    stream = look.now
    return {
        "stream": stream.name,
        "length": stream.length,
        "memory": stream.memory,
        "entriesPerSecond": look.entries_per_s,
        "groups": [_dump_group(group, look) for group in stream.groups],
    }


def dump_finding(finding: Finding) -> dict[str, str]:
    """Return what is wrong as JSON has it."""
    return {
        "problem": str(finding.problem),
        "stream": finding.stream,
        "group": finding.group,
        "consumer": finding.consumer,
        "message": finding.message,
        "fix": finding.fix,
    }


def _dump_group(group: GroupFacts, look: Growth) -> dict[str, Any]:
    return {
        "group": group.name,
        "lag": group.lag.entries,
        "lagIsExact": group.lag.is_exact,
        "lagSeconds": group.behind_s,
        "lagPerSecond": look.lag_per_s(group),
        "pending": group.pending,
        "oldestPendingSeconds": group.oldest_pending_s,
        "consumers": [
            {"consumer": each.name, "pending": each.pending, "idleSeconds": each.idle_s} for each in group.consumers
        ],
    }


def _rows(look: Growth, limits: Limits) -> Iterator[tuple[str, ...]]:
    stream = look.now
    grows = _NOTHING if look.entries_per_s is None else f"{look.entries_per_s:+,.1f}/s" if look.entries_per_s else "0/s"
    memory = _NOTHING if stream.memory is None else _size(stream.memory)
    head = (f"{stream.length:,}", grows)
    if not stream.groups:
        yield (stream.name, _NOTHING, *head, *[_NOTHING] * 5, memory)
    for group in stream.groups:
        yield (
            stream.name,
            group.name,
            *head,
            f"{'' if group.lag.is_exact else '<='}{group.lag.entries:,}",
            _age(group.behind_s) if group.lag.entries else _NOTHING,
            f"{group.pending:,}",
            _age(group.oldest_pending_s),
            _consumers(group, limits),
            memory,
        )


def _consumers(group: GroupFacts, limits: Limits) -> str:
    dead = sum(consumer.idle_s > limits.silence_s for consumer in group.consumers)
    return f"{len(group.consumers)}{f' ({dead} dead)' if dead else ''}"


def _age(seconds: float | None) -> str:
    return _NOTHING if seconds is None else ago(seconds)


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.ljust(width) if place < _LEFT else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def _place(finding: Finding) -> str:
    return f"{finding.stream}, group {finding.group}" if finding.group else finding.stream
