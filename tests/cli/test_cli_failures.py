"""What goes wrong becomes a message on stderr and an exit code, never a traceback."""

import json

import click
import pytest

from rulechain.cli import exit_codes
from rulechain.cli.failures import report_failure
from rulechain.diagnostics import Code, Diagnostic, Location, Source, Span
from rulechain.diagnostics.errors import (
    ChainError,
    EndpointConfigurationError,
    EndpointUnavailableError,
    ExpressionEvaluationError,
    ExpressionSyntaxError,
    InternalError,
    NodeError,
)

FINDING = Diagnostic(Code.UNKNOWN_NODE, 'there is no node "x"', Location(Source("c.json", "{}"), ""), hint="look again")


def report(error, capsys, *, as_json=False, with_traceback=False):
    """The exit code of a failure and what was said about it."""
    code = report_failure(error, as_json=as_json, with_traceback=with_traceback)
    captured = capsys.readouterr()
    assert captured.out == ""
    return code, captured.err


@pytest.mark.parametrize(
    "error, code",
    [
        (ChainError([FINDING]), exit_codes.INVALID),
        (EndpointConfigurationError([FINDING]), exit_codes.INVALID),
        (ExpressionSyntaxError([FINDING]), exit_codes.INVALID),
        (ExpressionEvaluationError("division by zero", "1 / 0", Span(2, 3)), exit_codes.FAILED),
        (EndpointUnavailableError("redis://nowhere: refused"), exit_codes.UNAVAILABLE),
        (NodeError("no"), exit_codes.FAILED),
        (InternalError("impossible"), exit_codes.BUG),
        (KeyError("x"), exit_codes.BUG),
        (OSError(28, "No space left on device", "out.txt"), exit_codes.FAILED),
        (ExceptionGroup("tasks", [ValueError("x"), EndpointUnavailableError("away")]), exit_codes.UNAVAILABLE),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_each_kind_of_error_has_its_exit_code(error, code, capsys):
    """The class of an error decides the exit code; no traceback is shown."""
    found, text = report(error, capsys)
    assert found == code
    assert "Traceback" not in text


def test_diagnostics_are_shown_whole(capsys):
    """An error that carries diagnostics is told by them, with place and hint."""
    _, text = report(ChainError([FINDING]), capsys)
    assert text.startswith('error[G203]: there is no node "x"\n  --> c.json:1:1')
    assert "help: look again" in text


def test_at_most_twenty_diagnostics_are_shown(capsys):
    """A failure with many findings shows twenty and the number of the rest."""
    _, text = report(ChainError([FINDING] * 23), capsys)
    assert text.count("error[G203]") == 20
    assert "... and 3 more" in text


def test_a_failure_as_json_is_one_object_on_stderr(capsys):
    """With `--format json` the failure itself is JSON, too."""
    _, text = report(ChainError([FINDING]), capsys, as_json=True)
    failure = json.loads(text)
    assert failure["error"] == 'there is no node "x"'
    assert failure["diagnostics"][0]["code"] == "G203"


def test_a_bug_asks_for_a_report(capsys):
    """An internal error says that it is our bug, and where it happened only when asked."""
    code, text = report(KeyError("x"), capsys)
    assert code == 70
    assert "internal error: KeyError: 'x'" in text
    assert "please report it" in text


def test_a_bug_shows_a_short_traceback_on_debug(capsys):
    """`--debug` adds the frames."""
    try:
        {}["missing"]
    except KeyError as error:
        _, text = report(error, capsys, with_traceback=True)
    assert text.startswith("Traceback (most recent call last):")
    assert "test_a_bug_shows_a_short_traceback_on_debug" in text


def test_an_operating_system_error_names_the_file(capsys):
    """The file and the system's words make the message."""
    _, text = report(OSError(28, "No space left on device", "out.txt"), capsys)
    assert text == "error: out.txt: No space left on device\n"


def test_a_bug_in_a_verb_reaches_the_user_as_a_message(cli, monkeypatch):
    """Whatever a verb raises is caught at the outermost place."""
    from rulechain.cli import schema

    monkeypatch.setattr(schema.command, "callback", lambda **given: {}[given["name"]])
    result = cli("schema")
    assert result.exit_code == 70
    assert "internal error: KeyError: 'chain'" in result.stderr
    assert "Traceback" not in result.stderr


def test_ctrl_c_in_a_verb_ends_with_130(cli, monkeypatch):
    """An interrupt is told in a word and has the shell's exit code."""
    from rulechain.cli import schema

    def interrupt(name, folder):
        raise KeyboardInterrupt

    monkeypatch.setattr(schema.command, "callback", interrupt)
    result = cli("schema")
    assert result.exit_code == 130
    assert result.stderr == "\nstopped\n"


def test_what_components_log_becomes_one_line(cli, monkeypatch):
    """A logged exception is a line of talk; its traceback needs `--debug`."""
    import logging

    from rulechain.cli import schema

    def log(name, folder):
        try:
            {}["missing"]
        except KeyError:
            logging.getLogger("rulechain.test").exception("the node broke")

    monkeypatch.setattr(schema.command, "callback", log)
    assert cli("schema").stderr == "error: the node broke: KeyError: 'missing'\n"
    assert "Traceback" in cli("--debug", "schema").stderr


def test_colours_are_for_terminals_only(cli):
    """Output into a file has no escape sequences."""
    result = cli("eval", "1 +")
    assert "\x1b[" not in result.stderr


def test_no_color_is_respected(monkeypatch):
    """NO_COLOR turns colours off even on a terminal."""
    from click.testing import CliRunner

    from rulechain.cli.root import rulechain

    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = CliRunner().invoke(rulechain, ["eval", "1 +"], color=True)
    plain = CliRunner().invoke(rulechain, ["eval", "1 +"], color=True, env={"NO_COLOR": "1"})
    assert click.unstyle(coloured.stderr) == plain.stderr != coloured.stderr
