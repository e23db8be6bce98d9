"""`rulechain eval --explain`."""

import json

import pytest

EXPRESSION = 'msg.temperature > 40 && any(msg.items, .price > 10) && metadata.site == "x" && msg.other'
ENV = {"msg": {"temperature": 41, "items": [{"price": 5}, {"price": 20}]}, "metadata": {"site": "north"}}
TREE = """\
msg.temperature > 40 && any(msg.items, .price > 10) && metadata.site == "x" && msg.other  = false
├─ msg.temperature > 40  = true
│  └─ msg.temperature  = 41
├─ any(msg.items, .price > 10)  = true
│  ├─ msg.items  = [{"price":5},{"price":20}]
│  └─ .price > 10  = true  (element 2 of 2)  <- decides
│     ├─ #  = {"price":20}
│     └─ .price  = 20
├─ metadata.site == "x"  = false  <- decides
│  └─ metadata.site  = "north"
└─ msg.other  not evaluated
"""


def test_the_tree_shows_which_clause_decided(cli, write):
    """Each part has its value, the deciding one a mark, and what was not needed says so."""
    result = cli("eval", "--explain", EXPRESSION, "--env", write("env.json", ENV))
    assert (result.exit_code, result.stdout, result.stderr) == (0, TREE, "")


def test_a_constant_branch_is_not_said_twice(cli):
    """What is its own value has no value behind it."""
    result = cli("eval", "--explain", 'a ? "x" : "y"', "--set", "a=true")
    assert result.stdout == 'a ? "x" : "y"  = "x"\n├─ a  = true  <- decides\n├─ "x"\n└─ "y"  not evaluated\n'


def test_long_values_are_cut(cli):
    """A value takes no more than the rest of a line."""
    result = cli("eval", "--explain", "len(a) > 1", "--set", f"a={json.dumps(list(range(100)))}")
    assert "..." in result.stdout
    assert max(map(len, result.stdout.splitlines())) < 80


def test_json_has_the_same_tree(cli, write):
    """`--format json` gives the parts as data, values with their types."""
    result = cli("eval", "--explain", EXPRESSION, "--env", write("env.json", ENV), "--format", "json")
    tree = json.loads(result.stdout)
    assert (tree["value"], len(tree["steps"])) == (False, 4)
    assert tree["steps"][1]["steps"][1]["note"] == "element 2 of 2"
    assert tree["steps"][2] == {
        "text": 'metadata.site == "x"',
        "evaluated": True,
        "decides": True,
        "value": False,
        "steps": [{"text": "metadata.site", "evaluated": True, "decides": False, "value": "north"}],
    }
    assert tree["steps"][3] == {"text": "msg.other", "evaluated": False, "decides": False}


def test_a_failure_is_explained_and_reported(cli):
    """The tree shows where it failed; the diagnostic and the exit code are those of the evaluation."""
    result = cli("eval", "--explain", "a % 2 == 0", "--set", "a=1.5")
    assert result.exit_code == 1
    assert "├─ a % 2" not in result.stdout
    assert "└─ a % 2  failed: invalid operation: float64 % int" in result.stdout
    assert "error[R601]: invalid operation: float64 % int" in result.stderr


def test_a_failure_is_data_in_json(cli):
    """The failing part carries its diagnostic."""
    result = cli("eval", "--explain", "a.b.c", "--set", "a={}", "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["failure"]["message"] == "cannot fetch c from <nil>"
    assert json.loads(result.stderr)["diagnostics"][0]["column"] == 5


@pytest.mark.parametrize(
    "expression, shown",
    [
        ('duration("90m") > d', 'duration("90m")  = 1h30m0s'),
        ("[a / 0] == b", "[a / 0]  = [+Inf]"),
        ("a == b", "b  = nil"),
    ],
)
def test_every_value_can_be_shown(cli, expression, shown):
    """Durations, infinities and nil have a form, though JSON has none for them."""
    result = cli("eval", "--explain", expression, "--set", "a=1", "--set", "b=null")
    assert shown in result.stdout


def test_a_value_without_a_json_form_is_text_in_json(cli):
    """An infinity does not break the output."""
    result = cli("eval", "--explain", "a / 0", "--set", "a=1", "--format", "json")
    assert json.loads(result.stdout)["value"] == "+Inf"


def test_a_mistake_is_not_explained(cli):
    """A text that does not compile is reported as without --explain."""
    result = cli("eval", "--explain", "1 +")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "error[S401]" in result.stderr


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["--explain"], "--explain needs an expression"),
        (["--env", "-"], "--env - takes the variables from stdin"),
        (["--repl", "--env", "-"], "--env - takes the variables from stdin"),
        (["--repl", "1"], "an expression or --repl, not both"),
        ([], "give an expression, or --repl"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(cli, arguments, complaint):
    """Without an expression there is nothing to explain, and stdin cannot be read for two things."""
    result = cli("eval", *arguments)
    assert result.exit_code == 2
    assert complaint in result.stderr
