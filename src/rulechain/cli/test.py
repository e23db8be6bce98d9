"""`rulechain test`: the tests of chains."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from rulechain.app.case_documents import YAML_SUFFIXES, find_case_files
from rulechain.app.cases import CaseFileReport, CaseResult, run_case_file
from rulechain.authoring import format_document
from rulechain.authoring.coverage import Coverage, dump_coverage, percentage
from rulechain.cli import exit_codes
from rulechain.cli.options import DOCUMENT, format_option, property_option, secret_key_option
from rulechain.cli.output import paint, plural, put, put_json, say
from rulechain.diagnostics import dump_diagnostic, render_diagnostics

_EPILOG = """\b
Examples:
  rulechain test chains/
  rulechain test chains/ --coverage --fail-under 90
  rulechain test chains/alarm.test.json -k freezer
  rulechain test chains/ --update
"""


@click.command("test", epilog=_EPILOG)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=DOCUMENT)
@click.option("-k", "part", default="", metavar="TEXT", help="Only cases with this in their name.")
@click.option("--coverage", "with_coverage", is_flag=True, help="Show which nodes and relations no case goes through.")
@click.option("--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT", help="Fail below this coverage.")
@click.option("--update", is_flag=True, help="Write what came out into the cases that failed, for you to read.")
@click.option("--reach-out", is_flag=True, help="Let nodes ask other services; without a mock they fail otherwise.")
@property_option
@secret_key_option
@format_option
def command(
    paths: tuple[Path, ...],
    *,
    part: str,
    with_coverage: bool,
    fail_under: float | None,
    update: bool,
    reach_out: bool,
    as_json: bool,
    **engine: Any,
) -> int:
    """Run the test documents in PATH, beside the chains they are about.

    They are called `*.test.json` or `*.test.yaml`. A case has a message and the ends that come of it, or an entry of a
    stream and the responses that a router gives; neither needs a server. Nodes that ask other services are replaced by
    the mocks that a document names. Exit code 1 when a case fails or the coverage is too low.
    """
    files = find_case_files(paths)
    if not files:
        raise click.UsageError("there is no test document: they are called *.test.json or *.test.yaml")
    reports = [run_case_file(path, reach_out=reach_out, wanted=lambda name: part in name, **engine) for path in files]
    if update:
        for report in reports:
            _update(report)
    coverages = [coverage for report in reports for coverage in report.coverage]
    covered = percentage(coverages)
    passed = all(report.passed for report in reports)
    if as_json:
        put_json(_dump(reports, coverages, covered, passed=passed))
    else:
        _show(reports, coverages if with_coverage or fail_under is not None else None)
    if fail_under is not None and covered < fail_under:
        say(f"coverage is {covered:.1f} %, below {fail_under:g} %")
        return exit_codes.FAILED
    return exit_codes.OK if passed else exit_codes.FAILED


def _show(reports: Sequence[CaseFileReport], coverages: Sequence[Coverage] | None) -> None:
    for report in reports:
        put(click.style(str(report.path), bold=True))
        if report.diagnostics:
            say(paint(render_diagnostics(report.diagnostics)))
        for result in report.results:
            put("\n".join(_lines(result)))
    if coverages is not None:
        put("\n".join(_coverage_lines(coverages)))
    results = [result for report in reports for result in report.results]
    failed = sum(not result.passed for result in results)
    unsound = sum(not report.passed and not report.results for report in reports)
    say(
        f"{plural(len(results), 'case')}: {len(results) - failed} passed, {failed} failed"
        + (f"; {plural(unsound, 'document')} could not be run" if unsound else "")
    )


def _lines(result: CaseResult) -> Iterator[str]:
    mark = click.style("*", fg="green") if result.passed else click.style("x", fg="red")
    yield f"  {mark} {result.name}"
    yield from (f"      {difference}" for difference in result.differences)


def _coverage_lines(coverages: Sequence[Coverage]) -> Iterator[str]:
    yield click.style(f"coverage {percentage(coverages):.1f} %", bold=True)
    for coverage in coverages:
        yield f"  {coverage.chain}  {coverage.covered} of {coverage.total}"
        yield from (f"      never: {missed}" for missed in coverage.missed)


def _dump(
    reports: Sequence[CaseFileReport], coverages: Sequence[Coverage], covered: float, *, passed: bool
) -> dict[str, Any]:
    return {
        "passed": passed,
        "coverage": round(covered, 2),
        "documents": [
            {
                "path": str(report.path),
                "diagnostics": [dump_diagnostic(found) for found in report.diagnostics],
                "cases": [_dump_result(result) for result in report.results],
            }
            for report in reports
        ],
        "chains": [dump_coverage(coverage) for coverage in coverages],
    }


def _dump_result(result: CaseResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "passed": result.passed,
        "differences": list(result.differences),
        "durationUs": round(result.duration_ns / 1000, 1),
    }


def _update(report: CaseFileReport) -> None:
    """Write what came out into the cases that failed."""
    wrong = [result for result in report.results if not result.passed and result.as_expected()]
    if not wrong:
        return
    if report.path.name.endswith(YAML_SUFFIXES):
        say(f"{report.path} is YAML, which --update leaves alone: its comments would be lost")
        return
    document = json.loads(report.path.read_text(encoding="utf-8-sig"))
    for result in wrong:
        case = document["cases"][result.number]
        case.pop("error", None)
        case.update(result.as_expected())
    text = json.dumps(document, ensure_ascii=False)
    report.path.write_text(format_document(text, keep_order=True), encoding="utf-8")
    say(f"updated {plural(len(wrong), 'case')} of {report.path}")
