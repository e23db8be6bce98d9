"""`rulechain check`: every problem of every document."""

from collections.abc import Sequence
from pathlib import Path

import click

from rulechain.app.check import CheckReport, check_documents
from rulechain.app.engine import Engine
from rulechain.cli import exit_codes
from rulechain.cli.options import DOCUMENT, format_option, include_folder_option, property_option
from rulechain.cli.output import paint, plural, put, put_json, say
from rulechain.diagnostics import Diagnostic, Severity, dump_diagnostic, errors_in, render_diagnostics

_SHOWN = 20

_EPILOG = """\b
Examples:
  rulechain check chain.json
  rulechain check chains/ endpoints/ --strict
  rulechain check chains/ --format json | jq '.diagnostics[].code'
"""


@click.command("check", epilog=_EPILOG)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=DOCUMENT)
@click.option("--strict", is_flag=True, help="Warnings fail the check too.")
@click.option("--all", "show_all", is_flag=True, help=f"Show every finding, not only {_SHOWN}.")
@property_option
@include_folder_option
@format_option
def command(
    paths: tuple[Path, ...],
    *,
    strict: bool,
    show_all: bool,
    properties: dict[str, str],
    include_folders: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Find every problem in chain and endpoint documents, without a server.

    PATH is a file or a folder. The documents are checked together, as `rulechain run` would load them. Exit code 1
    when there are errors.
    """
    report = check_documents(paths, Engine(properties, include_folders=include_folders))
    errors = len(errors_in(report.diagnostics))
    warnings = len(report.diagnostics) - errors
    failed = report.failed or (strict and warnings > 0)
    if as_json:
        _put_report(report, errors, failed=failed)
    else:
        shown = report.diagnostics if show_all else _most_important(report.diagnostics)
        if shown:
            put(paint(render_diagnostics(shown)))
        say(_summary(report.documents, errors, warnings, hidden=len(report.diagnostics) - len(shown)))
    return exit_codes.FAILED if failed else exit_codes.OK


def _most_important(diagnostics: Sequence[Diagnostic]) -> Sequence[Diagnostic]:
    """Return as many findings as are shown at once: where that is not all, errors go before warnings."""
    if len(diagnostics) <= _SHOWN:
        return diagnostics
    return sorted(diagnostics, key=lambda found: found.severity is Severity.WARNING)[:_SHOWN]


def _summary(documents: int, errors: int, warnings: int, *, hidden: int) -> str:
    found = " and ".join(plural(count, noun) for count, noun in ((errors, "error"), (warnings, "warning")) if count)
    text = f"checked {plural(documents, 'document')}: {found or 'no problems'}"
    return f"{text}; {hidden} not shown, --all shows them" if hidden else text


def _put_report(report: CheckReport, errors: int, *, failed: bool) -> None:
    put_json(
        {
            "documents": report.documents,
            "failed": failed,
            "errors": errors,
            "warnings": len(report.diagnostics) - errors,
            "diagnostics": [dump_diagnostic(found) for found in report.diagnostics],
        }
    )
