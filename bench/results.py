"""Results of releases, kept as JSON beside this module, and a later run held against one of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from bench.figures import Figure, Section

FOLDER = Path(__file__).parent / "results"
_FORMAT = 1


class Slower(NamedTuple):
    """A figure that costs more calibrations than it did, and how many times as many."""

    name: str
    before: float
    now: float

    @property
    def ratio(self) -> float:
        """How many times as long it takes."""
        return self.now / self.before


def to_document(version: str, machine: Mapping[str, str], sections: Mapping[str, Section]) -> dict[str, Any]:
    """What is kept of a run: its machine, and each figure by section and name."""
    figures = {key: {each.name: _kept(each) for each in section.figures} for key, section in sections.items()}
    return {"format": _FORMAT, "version": version, "machine": dict(machine), "figures": figures}


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Write a result, a line for each figure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figures = document["figures"]
    sections = []
    for key, rows in figures.items():
        lines = ",\n".join(f"   {json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
        sections.append(f"  {json.dumps(key)}: {{\n{lines}\n  }}")
    head = json.dumps({key: value for key, value in document.items() if key != "figures"}, indent=1)
    joined = ",\n".join(sections)
    path.write_text(f'{head[:-2]},\n "figures": {{\n{joined}\n }}\n}}\n', encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    """Read a result that `write` wrote.

    Raises:
        SystemExit: There is none, or it is not one of ours.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SystemExit(f"{path} is no kept result: {error}") from error
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise SystemExit(f"{path} is no kept result of format {_FORMAT}")
    return document


def latest(folder: Path = FOLDER) -> Path:
    """The result of the last release that has one.

    Raises:
        SystemExit: None is kept.
    """
    kept = sorted(folder.glob("*.json"), key=lambda path: [part.zfill(9) for part in path.stem.split(".")])
    if not kept:
        raise SystemExit(f"no result is kept in {folder}: python -m bench --keep")
    return kept[-1]


def compare(sections: Mapping[str, Section], before: Mapping[str, Any], tolerance: float) -> list[Slower]:
    """What costs more calibrations than it did by more than the tolerance, worst first.

    Times themselves are not compared, for machines and minutes differ, nor are figures that only one of the two has.
    """
    slower = []
    for key, section in sections.items():
        kept = before["figures"].get(key, {})
        for each in section.figures:
            cost = kept.get(each.name, {}).get("cost")
            if each.cost is not None and cost and each.cost > cost * (1 + tolerance) > 0:
                slower.append(Slower(f"{section.title}: {each.name}", cost, each.cost))
    return sorted(slower, key=lambda each: -each.ratio)


def _kept(each: Figure) -> dict[str, Any]:
    numbers = {"median": each.median, "low": each.low, "high": each.high, "cost": each.cost}
    rounded = {name: float(f"{value:.4g}") for name, value in numbers.items() if value is not None}
    judged = {} if each.target is None else {"target": str(each.target), "verdict": each.verdict}
    return {"unit": each.unit, **rounded, **judged}
