"""`rulechain check`: every problem of every document."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from rulechain.app.check import CheckReport, check_documents
from rulechain.app.engine import Engine
from rulechain.cli import exit_codes
from rulechain.cli.options import DOCUMENT, include_folder_option, property_option, secret_key_option
from rulechain.cli.output import installed_version, paint, plural, put, put_json, remember_form, say
from rulechain.diagnostics import Diagnostic, Severity, dump_diagnostic, errors_in, render_diagnostics
from rulechain.diagnostics.formats import dump_sarif, render_github

_SHOWN = 20

_FORMATS = ("text", "json", "github", "sarif")

_EPILOG = """\b
Examples:
  rulechain check chain.json
  rulechain check chains/ endpoints/ --strict
  rulechain check chains/ --format json | jq '.diagnostics[].code'
  rulechain check chains/ --format sarif > rulechain.sarif
"""


@click.command("check", epilog=_EPILOG)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=DOCUMENT)
@click.option("--strict", is_flag=True, help="Warnings fail the check too.")
@click.option("--all", "show_all", is_flag=True, help=f"Show every finding, not only {_SHOWN}; files always have all.")
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    is_eager=True,
    callback=remember_form,
    help="Text for people, JSON for programs, what GitHub shows in a pull request, SARIF for code scanning.",
)
@property_option
@include_folder_option
@secret_key_option
def command(paths: tuple[Path, ...], *, strict: bool, show_all: bool, form: str, **engine: Any) -> int:
    """Find every problem in chain, endpoint and test documents, without a server.

    PATH is a file or a folder. The documents are checked together, as `rulechain run` would load them. Exit code 1
    when there are errors. A warning that is meant to be there is left out where `additionalInfo` of its node, chain,
    router or endpoint says `"ignore": ["G213"]`.
    """
    report = check_documents(paths, Engine(**engine), properties=engine["properties"])
    errors = len(errors_in(report.diagnostics))
    failed = report.failed or (strict and len(report.diagnostics) > errors)
    if form == "json":
        _put_report(report, errors, failed=failed)
    elif form == "github":
        put("\n".join(render_github(report.diagnostics)))
    elif form == "sarif":
        put_json(dump_sarif(report.diagnostics, installed_version()))
    else:
        _show(report, errors, show_all=show_all)
    return exit_codes.FAILED if failed else exit_codes.OK


def _show(report: CheckReport, errors: int, *, show_all: bool) -> None:
    shown = report.diagnostics if show_all else _most_important(report.diagnostics)
    if shown:
        put(paint(render_diagnostics(shown)))
    warnings, hidden = len(report.diagnostics) - errors, len(report.diagnostics) - len(shown)
    found = " and ".join(plural(count, noun) for count, noun in ((errors, "error"), (warnings, "warning")) if count)
    text = f"checked {plural(report.documents, 'document')}: {found or 'no problems'}"
    text += f"; {plural(report.ignored, 'warning')} ignored" if report.ignored else ""
    say(f"{text}; {hidden} not shown, --all shows them" if hidden else text)


def _most_important(diagnostics: Sequence[Diagnostic]) -> Sequence[Diagnostic]:
    """Return as many findings as are shown at once: where that is not all, errors go before warnings."""
    if len(diagnostics) <= _SHOWN:
        return diagnostics
    return sorted(diagnostics, key=lambda found: found.severity is Severity.WARNING)[:_SHOWN]


def _put_report(report: CheckReport, errors: int, *, failed: bool) -> None:
    put_json(
        {
            "documents": report.documents,
            "failed": failed,
            "errors": errors,
            "warnings": len(report.diagnostics) - errors,
            "ignored": report.ignored,
            "diagnostics": [dump_diagnostic(found) for found in report.diagnostics],
        }
    )
