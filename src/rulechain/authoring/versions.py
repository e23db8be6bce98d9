"""Two versions of a chain on the same messages: which outputs differ, in how many ways, with a few examples of each."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from rulechain.api import End, Run
from rulechain.authoring.expectations import payload
from rulechain.values import to_json

_EXAMPLES: Final = 3
_ABSENT: Final = "(absent)"


class Change(NamedTuple):
    """One value of an output that is not what it was, both as JSON."""

    path: str
    before: str
    after: str


class Example(NamedTuple):
    """An entry whose output differs, and how."""

    entry: str
    changes: tuple[Change, ...]


@dataclass(slots=True)
class Way:
    """One way of differing: how many entries do so, and the first of them."""

    count: int = 0
    examples: list[Example] = field(default_factory=list)


@dataclass(slots=True)
class Comparison:
    """What came of a range of entries so far; with one version alone there are no ways of differing."""

    entries: int = 0
    # Of each version: how often a branch ended at (node, relation), and how many entries failed.
    ends: Sequence[Counter[tuple[str, str]]] = ()
    failed: list[int] = field(default_factory=list)
    # By the values that differ: two entries that differ in the same values do so in one way.
    ways: dict[tuple[str, ...], Way] = field(default_factory=dict)

    @property
    def differing(self) -> int:
        """How many entries have an output that differs."""
        return sum(way.count for way in self.ways.values())

    def add(self, entry: str, runs: Sequence[Run]) -> None:
        """Take note of what each version made of an entry."""
        self.entries += 1
        self.ends = self.ends or [Counter() for _ in runs]
        self.failed = self.failed or [0 for _ in runs]
        for number, run in enumerate(runs):
            self.ends[number].update((end.node_id, end.relation) for end in run.ends)
            self.failed[number] += run.failed
        changes = tuple(output_changes(*runs)) if len(runs) == 2 else ()
        if changes:
            way = self.ways.setdefault(tuple(change.path for change in changes), Way())
            way.count += 1
            if len(way.examples) < _EXAMPLES:
                way.examples.append(Example(entry, changes))


def output_changes(before: Run, after: Run) -> Iterator[Change]:
    """Yield what differs between the outputs of two runs: not the ids of nodes, which a version may rename."""
    one, other = list(map(_output, before.ends)), list(map(_output, after.ends))
    if len(one) != len(other):
        yield Change("ends", str(len(one)), str(len(other)))
        return
    for number, (old, new) in enumerate(zip(one, other, strict=True), 1):
        prefix = f"end {number} " if len(one) > 1 else ""
        for key in old:
            yield from _changes(f"{prefix}{key}", old[key], new[key])


def _output(end: End) -> dict[str, Any]:
    return {
        "relation": end.relation,
        "error": end.error,
        "data": payload(end.message),
        "metadata": dict(end.message.metadata),
    }


def _changes(path: str, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted(before.keys() | after.keys()):
            if key in before and key in after:
                yield from _changes(f"{path}.{key}", before[key], after[key])
            else:
                yield Change(
                    f"{path}.{key}",
                    to_json(before[key]) if key in before else _ABSENT,
                    to_json(after[key]) if key in after else _ABSENT,
                )
    elif to_json(before) != to_json(after):
        yield Change(path, to_json(before), to_json(after))
