"""The help, the verbs' names, and what they load."""

import json
import subprocess
import sys

import pytest

from support.command import COMMAND, clean_environment, run_command

VERBS = (
    *("demo", "run", "check", "fmt", "diff", "test", "trace", "explain", "graph", "eval", "send", "record", "replay"),
    *("dead", "top", "tap", "streams", "new", "components", "schema"),
)
HEAVY = ("lark", "jsonschema", "redis", "hiredis", "quickjs", "jmespath", "rich")


def modules_after(*arguments):
    """Which modules a command has loaded when it ends."""
    code = (
        "import sys, json, contextlib\n"
        "from rulechain.cli import main\n"
        f"sys.argv[1:] = {list(arguments)!r}\n"
        "with contextlib.suppress(SystemExit):\n"
        "    main()\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=clean_environment(), capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_help_loads_no_verb_and_no_heavy_library():
    """`rulechain --help` loads click and the table of verbs, nothing that a verb needs."""
    loaded = modules_after("--help")
    assert not loaded.intersection(HEAVY)
    assert not loaded.intersection(f"rulechain.cli.{verb}" for verb in VERBS)


def test_a_verb_loads_only_itself():
    """`rulechain schema` loads its own module and no other verb's."""
    loaded = modules_after("schema")
    assert loaded.intersection(f"rulechain.cli.{verb}" for verb in VERBS) == {"rulechain.cli.schema"}


def test_evaluating_loads_no_library_of_other_verbs():
    """`rulechain eval` needs neither Redis nor scripts nor rich."""
    assert not modules_after("eval", "1 + 1").intersection({"jsonschema", "redis", "quickjs", "rich"})


def test_help_lists_every_verb(cli):
    """The help names each verb with its line, and the exit codes."""
    result = cli("--help")
    assert result.exit_code == 0
    for verb in VERBS:
        assert f"\n  {verb} " in result.stdout
    assert "70 a bug in rulechain" in result.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_help_with_examples(cli, verb):
    """The help of a verb shows how it is used."""
    result = cli(verb, "--help")
    assert result.exit_code == 0
    assert f"Usage: rulechain {verb}" in result.stdout
    assert f"  rulechain {verb}" in result.stdout.partition("Examples:")[2]


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_line_is_the_verbs_own_summary_in_short(cli, verb):
    """Each line of the verb table belongs to a verb that can be loaded under that name."""
    from rulechain.cli.root import VerbGroup, rulechain

    assert isinstance(rulechain, VerbGroup)
    assert rulechain.get_command(None, verb).name == verb


def test_without_a_verb_the_help_is_shown_as_wrong_usage(cli):
    """`rulechain` alone is a question for help."""
    result = cli()
    assert result.exit_code == 2
    assert "Verbs:" in result.stdout + result.stderr


def test_an_unknown_verb_is_answered_with_the_closest_one(cli):
    """A slip in the verb gives exit code 2 and a suggestion."""
    result = cli("chekc")
    assert result.exit_code == 2
    assert 'there is no verb "chekc": did you mean "check"?' in result.stderr


def test_an_unknown_option_is_wrong_usage(cli):
    """A slip in an option gives exit code 2 and names the option."""
    result = cli("check", ".", "--strictt")
    assert result.exit_code == 2
    assert "--strictt" in result.stderr


def test_the_module_is_the_command():
    """`python -m rulechain` is called rulechain in its own help."""
    result = run_command("--help")
    assert result.returncode == 0
    assert result.stdout.startswith("Usage: rulechain ")
    assert result.stderr == ""


def test_version_is_that_of_the_distribution(cli, monkeypatch):
    """`--version` prints the installed version."""
    from importlib import metadata

    monkeypatch.setattr(metadata, "version", lambda name: {"rulechain": "9.8.7"}[name])
    result = cli("--version")
    assert (result.exit_code, result.stdout) == (0, "rulechain 9.8.7\n")


def test_help_into_a_closed_pipe_is_silent():
    """`rulechain --help | true` ends without a word."""
    process = subprocess.Popen(
        [*COMMAND, "check", "--help"],
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    with process:
        assert process.stderr.read() == ""
    assert process.returncode == 141
