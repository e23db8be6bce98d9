"""Values in shell commands, tried on a real shell."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulechain.components.external.shell_text import compile_command
from support.component_build import NodeStandIn, json_message

PLACES = ["printf %s ${msg.x}", "printf %s '${msg.x}'", 'printf %s "${msg.x}"', "printf %s \\'\"a\"'b'${msg.x}"]


def command_of(text, value, *, splice=False):
    """The command that a value makes of a text."""
    node = NodeStandIn({"cmd": text})
    command = compile_command(text, node, "cmd", splice=splice)
    assert node.diagnostics == []
    return command(json_message({"x": value}))


def written(command):
    """What a shell writes for a command."""
    return subprocess.run(["sh", "-c", command], capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize("text", PLACES)
@pytest.mark.parametrize(
    "value",
    ["", "a b", "; echo evil", "$(echo evil)", "`echo evil`", "'\"; echo evil; \"'", "a\nb", "\\", "$HOME !", "é*"],
)
def test_a_value_is_a_part_of_one_word(text, value):
    """Whatever it holds, and whatever quotes stand around it."""
    assert written(command_of(text, value)) == ("'ab" if "\\" in text else "") + value


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20), st.sampled_from(PLACES[:3]))
def test_no_text_gets_out_of_its_quotes(value, text):
    """Any text comes back as it was."""
    assert written(command_of(text, value)) == value


@pytest.mark.parametrize(
    "text",
    ['echo "$(ls ${msg.x})"', "echo `ls ${msg.x}`", "cat <<E\n${msg.x}\nE", "ls # ${msg.x}", "echo $'${msg.x}'"],
)
def test_where_no_quoting_holds_the_chain_does_not_load(text):
    """The shell would read the value a second time, or not as a word."""
    node = NodeStandIn({"cmd": text})
    compile_command(text, node, "cmd", splice=False)
    (finding,) = node.diagnostics
    assert finding.message.startswith('"cmd" has a value in a nested command, a here-document or a comment')


def test_splicing_has_to_be_asked_for():
    """Then a value may be anything."""
    assert written(command_of("${msg.x}", "echo a; echo b", splice=True)) == "a\nb\n"


def test_a_zero_byte_is_refused():
    """No shell takes it."""
    with pytest.raises(Exception, match="zero byte"):
        command_of(PLACES[0], "a\0b")
