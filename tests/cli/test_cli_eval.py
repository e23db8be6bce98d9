"""`rulechain eval`."""

import json

import pytest


@pytest.mark.parametrize(
    "expression, printed",
    [("1 + 1", "2"), ('"a" + "b"', "ab"), ("1.5 * 2", "3"), ("true and false", "false"), ("[1, 2]", "[1,2]")],
)
def test_the_value_is_printed_in_its_text_form(cli, expression, printed):
    """Values are printed as templates would show them."""
    result = cli("eval", expression)
    assert (result.exit_code, result.stdout, result.stderr) == (0, printed + "\n", "")


def test_json_keeps_the_kind_of_the_value(cli):
    """`--format json` tells text from numbers."""
    result = cli("eval", '{"a": "1", "b": 1, "c": nil}', "--format", "json")
    assert json.loads(result.stdout) == {"a": "1", "b": 1, "c": None}


def test_variables_come_from_a_file(cli, write):
    """The keys of the environment file are the variables."""
    env = write("env.json", {"msg": {"items": [{"price": 5}, {"price": 20}]}})
    result = cli("eval", "len(filter(msg.items, .price > 10))", "--env", env)
    assert (result.exit_code, result.stdout) == (0, "1\n")


def test_variables_come_from_stdin(cli):
    """`--env -` reads the variables from stdin."""
    assert cli("eval", "a * 21", "--env", "-", stdin='{"a": 2}').stdout == "42\n"


def test_set_wins_over_the_file(cli, write):
    """`--set` replaces one variable of the environment."""
    env = write("env.json", {"a": 1, "b": 1})
    assert cli("eval", "a + b", "--env", env, "--set", "a=41").stdout == "42\n"


def test_metadata_reads_a_missing_key_as_nothing(cli):
    """In `metadata` a missing key is empty text, as in a chain."""
    result = cli("eval", 'metadata.site == ""', "--set", "metadata={}")
    assert (result.exit_code, result.stdout) == (0, "true\n")


def test_an_expression_that_is_not_valid_gives_3_and_a_caret(cli):
    """A syntax error is shown in the expression."""
    result = cli("eval", "1 +")
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "error[S4" in result.stderr
    assert "1 | 1 +" in result.stderr


def test_an_expression_that_fails_on_its_data_gives_1(cli):
    """A run-time error is a failure of the expression, not of the text."""
    result = cli("eval", "a % 2", "--set", "a=1.5")
    assert result.exit_code == 1
    assert "error[R601]" in result.stderr


def test_a_set_that_is_not_json_is_wrong_usage(cli):
    """Text without quotes is answered with how to write it."""
    result = cli("eval", "a", "--set", "a=north")
    assert result.exit_code == 2
    assert """--set 'a="north"'""" in result.stderr


def test_a_set_without_a_value_is_wrong_usage(cli):
    """`--set NAME` alone is refused."""
    result = cli("eval", "a", "--set", "a")
    assert result.exit_code == 2
    assert 'expected KEY=VALUE, got "a"' in result.stderr


def test_a_missing_file_is_wrong_usage(cli):
    """The path is named."""
    result = cli("eval", "a", "--env", "nowhere.json")
    assert result.exit_code == 2
    assert "nowhere.json" in result.stderr


def test_a_folder_instead_of_a_file_is_wrong_usage(cli, tmp_path):
    """A folder is no environment."""
    result = cli("eval", "a", "--env", tmp_path)
    assert result.exit_code == 2
    assert "is a directory" in result.stderr


def test_broken_json_gives_3_with_its_place(cli, write):
    """A fault in the environment is shown with line and column."""
    result = cli("eval", "a", "--env", write("env.json", '{"a": 1,\n "b": }'))
    assert result.exit_code == 3
    assert "env.json:2:7" in result.stderr


def test_an_environment_that_is_no_object_gives_3(cli, write):
    """A list has no variables."""
    result = cli("eval", "a", "--env", write("env.json", "[1]"))
    assert result.exit_code == 3
    assert "expected the variables as a JSON object" in result.stderr


def test_a_failure_is_json_when_asked(cli):
    """The diagnostics of a failing expression are JSON on stderr."""
    result = cli("eval", "1 +", "--format", "json")
    assert result.exit_code == 3
    assert json.loads(result.stderr)["diagnostics"][0]["line"] == 1
