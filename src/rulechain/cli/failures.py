"""From whatever went wrong to a message on stderr and an exit code."""

import json
import os
import sys
import traceback

import click

from rulechain.cli import exit_codes
from rulechain.cli.output import paint, say
from rulechain.diagnostics import dump_diagnostic, render_diagnostics
from rulechain.diagnostics.errors import (
    DiagnosticError,
    EndpointUnavailableError,
    ExpressionEvaluationError,
    InternalError,
    RuleChainError,
)

_SHOWN = 20
_FRAMES = 8
# The first class that fits decides.
_CODES: tuple[tuple[type[Exception], int], ...] = (
    (InternalError, exit_codes.BUG),
    (EndpointUnavailableError, exit_codes.UNAVAILABLE),
    (ExpressionEvaluationError, exit_codes.FAILED),
    (DiagnosticError, exit_codes.INVALID),
    (RuleChainError, exit_codes.FAILED),
    (OSError, exit_codes.FAILED),
    (Exception, exit_codes.BUG),
)


def report_failure(error: Exception, *, as_json: bool, with_traceback: bool) -> int:
    """Tell the user what went wrong and return the exit code."""
    error = _innermost(error)
    if isinstance(error, BrokenPipeError):
        # Nobody reads any more, as behind `| head`. The interpreter flushes once more when it ends, and would complain.
        for stream in (sys.stdout, sys.stderr):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return exit_codes.PIPE_CLOSED
    code = next(code for kind, code in _CODES if isinstance(error, kind))
    if with_traceback and code == exit_codes.BUG:
        say("".join(traceback.format_exception(error, limit=-_FRAMES)).rstrip())
    diagnostics = error.diagnostics if isinstance(error, RuleChainError) else ()
    if as_json:
        failure = {"error": _sentence(error, code), "diagnostics": [dump_diagnostic(each) for each in diagnostics]}
        click.echo(json.dumps(failure, ensure_ascii=False), err=True)
    elif diagnostics:
        say(paint(render_diagnostics(diagnostics, limit=_SHOWN)))
    else:
        say(paint(f"error: {_sentence(error, code)}"))
    if code == exit_codes.BUG:
        say(paint(f"  help: {_REPORT}"))
    return code


_REPORT = (
    "this is a bug in rulechain, please report it with this text; `rulechain --debug VERB …` adds where it happened"
)


def _innermost(error: Exception) -> Exception:
    """Return the error that a task group wrapped: one the user can act on, where there are several."""
    while isinstance(error, ExceptionGroup):
        members = error.exceptions
        error = next((member for member in members if isinstance(member, RuleChainError)), members[0])
    return error


def _sentence(error: Exception, code: int) -> str:
    if isinstance(error, RuleChainError):
        return "; ".join(each.message for each in error.diagnostics) or str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"internal error: {type(error).__name__}: {error}" if code == exit_codes.BUG else str(error)
