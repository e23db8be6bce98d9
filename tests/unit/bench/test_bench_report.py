"""Benchmarks: verdicts, tables, kept results, and the check for what got slower."""

import json
import re
import subprocess
import sys

import pytest

from bench import report, results
from bench.__main__ import SECTIONS
from bench.figures import Section, Target, figure
from bench.stopwatch import Stopwatch
from support.markdown import ROOT


def section(*costs, title="chains"):
    """A section with a figure for each cost: a, b, c."""
    names = "abc"[: len(costs)]
    return Section(title, [figure(name, "us", [1.0], [cost]) for name, cost in zip(names, costs, strict=True)], [])


@pytest.mark.parametrize(
    "target, samples, costs, verdict",
    [
        (None, [5.0], [], ""),
        (Target(2), [1.0, 2.0, 9.0], [], "met"),
        (Target(2), [1.0, 3.0, 3.0], [], "not met"),
        (Target(2, at_least=True), [3.0], [], "met"),
        (Target(2, at_least=True), [1.0], [], "not met"),
        (Target(0.5, on_cost=True), [900.0], [0.4], "met"),
        (Target(0.5, on_cost=True), [0.1], [0.6], "not met"),
        (Target(2, unless="one core"), [1.0], [], "not judged: one core"),
    ],
)
def test_a_verdict_is_that_of_the_median(target, samples, costs, verdict):
    """The median of the rounds, or their cost, meets a target or does not; without a target there is no verdict."""
    assert figure("a", "us", samples, costs, target).verdict == verdict


def test_a_table_shows_figure_spread_cost_target_and_verdict():
    """A row has all that is known of a figure, its columns under the headings, and the notes stand below."""
    rows = [
        figure("fast", "us", [1.2, 1.0, 3.0], [0.25, 0.2, 0.6], Target(0.3, on_cost=True)),
        figure("many", "msg/s", [12_345.6], target=Target(20_000, at_least=True)),
    ]
    assert report.section_lines(Section("a section", rows, ["a note"])) == [
        "a section      figure                (low - high)  calibrations      target  verdict",
        "fast             1.20 us            (1.00 - 3.00)         0.250  <= 0.3 cal  met",
        "many           12,346 msg/s     (12,346 - 12,346)                 >= 20,000  not met",
        "",
        "a note",
        "",
    ]


def test_the_summary_names_each_target_that_is_not_met():
    """What is not met or not judged is said at the end, with what it reached."""
    rows = [
        figure("a", "x", [3.0], target=Target(2, at_least=True)),
        figure("b", "us", [7.0], [1.5], Target(1, on_cost=True)),
        figure("c", "x", [1.0], target=Target(2, at_least=True, unless="one core")),
    ]
    assert report.summary_lines({"chains": Section("chains", rows, [])}) == [
        "1 of 3 targets met",
        "  chains: b: 7.00 us, 1.5 calibrations, target <= 1 cal: not met",
        "  chains: c: 1.00 x, target >= 2: not judged: one core",
    ]


def test_what_got_slower_is_found_by_its_cost(tmp_path):
    """A kept result is read back, and what costs more calibrations by more than the tolerance is named, worst first."""
    path = tmp_path / "results" / "1.0.0.json"
    results.write(path, results.to_document("1.0.0", {"cpu": "a"}, {"chains": section(1.0, 1.0, 2.0)}))
    before = results.read(path)
    slower = results.compare({"chains": section(1.4, 1.2, 4.0)}, before, tolerance=0.3)
    assert [(each.name, each.ratio) for each in slower] == [("chains: c", 2.0), ("chains: a", 1.4)]
    assert report.comparison_lines(slower, "1.0.0", 0.3) == [
        "slower than 1.0.0 by more than 30%, in calibrations:",
        "  chains: c: 2.00 then, 4.00 now, 2.00 x",
        "  chains: a: 1.00 then, 1.40 now, 1.40 x",
    ]


def test_figures_that_only_one_run_has_are_not_compared():
    """A new figure, a section left out, and figures without a cost are no news."""
    before = results.to_document("1.0.0", {}, {"chains": section(1.0), "nodes": section(1.0)})
    timeless = Section("chains", [figure("a", "MiB", [900.0])], [])
    assert results.compare({"chains": timeless}, before, tolerance=0.3) == []
    assert results.compare({"stream": section(9.0)}, before, tolerance=0.3) == []
    assert report.comparison_lines([], "1.0.0", 0.3) == ["nothing is more than 30% slower than 1.0.0 was"]


def test_the_last_release_is_the_greatest_version(tmp_path):
    """0.10.0 is later than 0.9.2; where nothing is kept, the run ends with a sentence."""
    with pytest.raises(SystemExit, match="no result is kept"):
        results.latest(tmp_path)
    for version in ("0.9.2", "0.10.0", "0.2.0"):
        (tmp_path / f"{version}.json").write_text("{}")
    assert results.latest(tmp_path).name == "0.10.0.json"


@pytest.mark.parametrize("text", ["", "[]", '{"format": 99}'])
def test_another_file_is_no_kept_result(tmp_path, text):
    """A file that is not of our format is refused with its name."""
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(SystemExit, match=r"other\.json is no kept result"):
        results.read(path)


def test_each_kept_result_can_be_read():
    """What bench/results holds is of the format that a comparison reads, and named for its version."""
    kept = {path.stem: results.read(path)["version"] for path in results.FOLDER.glob("*.json")}
    assert kept
    assert all(name == version for name, version in kept.items())


def test_a_stopwatch_counts_from_the_first_twentieth():
    """What is done before the first twentieth does not count, and a drain that did not end has no figures."""
    watch = Stopwatch(100)
    assert not watch.tick(4)
    assert not watch.tick(20)
    with pytest.raises(RuntimeError, match="not drained"):
        watch.figures()
    assert watch.tick(100)
    figures = watch.figures()
    assert set(figures) == {"rate", "cpu_us", "warm_mib", "peak_mib"}
    assert 0 < figures["warm_mib"] <= figures["peak_mib"]


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_command_measures_keeps_and_compares(tmp_path):
    """`python -m bench` prints a section, writes its result, and exits with 1 if it is slower than another result."""
    now, slow = tmp_path / "now.json", tmp_path / "slow.json"

    def bench(*arguments):
        command = [sys.executable, "-m", "bench", "--quick", "--only", "queries", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    first = bench("--json", str(now))
    assert first.returncode == 0, first.stderr
    assert "a path, the library's time" in first.stdout
    document = json.loads(now.read_text())
    for row in document["figures"]["queries"].values():
        row.update(cost=row.get("cost", 0) / 1_000)
    slow.write_text(json.dumps(document))
    second = bench("--compare", str(slow))
    assert second.returncode == 1, second.stderr
    assert "jmespath, in process: a path: " in second.stdout


def test_each_section_is_documented():
    """docs/benchmarks.md says of every section what it measures."""
    [table] = [part for part in (ROOT / "docs/benchmarks.md").read_text().split("\n## ") if part.startswith("What is")]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(SECTIONS)


def test_a_section_that_is_not_there_is_named():
    """An unknown section is wrong usage, with the ones there are."""
    command = [sys.executable, "-m", "bench", "--only", "chains,strems"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "'strems' is none of startup, chains, " in result.stderr
