"""Settings that are templates."""

import pytest

from rulechain.components.templates import compile_template_setting
from rulechain.diagnostics.errors import ExpressionEvaluationError
from rulechain.model import Message, NodeOutputs
from rulechain.values import JsonError, StringMap
from support.component_build import NodeStandIn, json_message


def compiled(value, **facts):
    """A template setting of a node whose configuration is `{"key": value}`."""
    return compile_template_setting(value, NodeStandIn({"key": value}, **facts), "key")


@pytest.mark.parametrize(
    "value, native, text",
    [
        ("plain", "plain", "plain"),
        (5, 5, "5"),
        ([1, "${msg.n}"], [1, "${msg.n}"], '[1,"${msg.n}"]'),
        (None, None, ""),
        ("${msg}", {"n": 1.0, "s": "t"}, '{"n":1,"s":"t"}'),
        (" ${msg.n} ", 1.0, "1"),
        ("a/${msg.s}/${k}", "a/t/v", "a/t/v"),
        ("${msg.missing}", None, ""),
        ("${global.site}-${vars.x}", "north-1", "north-1"),
        ("${metadata.k}", "v", "v"),
    ],
)
def test_value_and_text(value, native, text):
    """A single hole keeps its value's type, a mixed text is a text, and anything but text is constant."""
    setting = compiled(value, properties=StringMap(site="north"), vars=StringMap(x="1"))
    message = json_message({"n": 1, "s": "t"})
    assert setting.value(message) == native
    assert setting.text(message) == text


@pytest.mark.parametrize("name", ["id", "ts", "data", "msg", "type", "dataType", "global", "vars", "metadata"])
def test_metadata_keys_hide_the_rest(name):
    """A metadata key stands before everything of the same name."""
    message = json_message({}, metadata={name: "hidden"})
    assert compiled(f"${{{name}}}").value(message) == "hidden"
    assert compiled(f'${{$env["{name}"]}}').value(message) == "hidden"


def test_node_outputs_hide_metadata():
    """The output of a node of that name stands before a metadata key."""
    outputs = NodeOutputs({})
    outputs.keep("n1", Message('{"a":7}'))
    message = json_message({}, metadata={"n1": "hidden"}).within(outputs)
    assert compiled("${n1.msg.a}").value(message) == 7
    assert compiled('${$env["n1"].msg.a}', node_ids=frozenset({"n1", "n2"})).value(message) == 7
    assert compiled("${n2?.msg.a}").value(message) is None


def test_the_whole_environment_has_what_is_there():
    """`$env` holds the message's parts, constants and metadata, and no node that has not run."""
    setting = compiled("${$env | keys() | sort()}", node_ids=frozenset({"n1"}))
    assert setting.value(json_message({})) == sorted(
        ["msg", "metadata", "id", "ts", "data", "type", "msgType", "dataType", "global", "vars", "k"]
    )


def test_constants_say_so():
    """Whoever prepares more at load time can tell that no message is needed."""
    assert compiled("plain").is_constant
    assert not compiled("${k}").is_constant


def test_a_hole_that_cannot_be_evaluated_raises():
    """Nothing is replaced by an empty text: the node fails."""
    with pytest.raises(ExpressionEvaluationError, match="cannot fetch q from <nil>"):
        compiled("a${zz.q}b").text(json_message({}))


def test_a_value_without_text_form_raises():
    """A value that has no JSON form has no text."""
    with pytest.raises(JsonError):
        compiled("${[0/0]}").text(json_message({}))


def test_a_single_hole_that_does_not_compile_is_an_error_in_the_document():
    """The finding stands at its place in the document."""
    value = "${msg.}"
    node = NodeStandIn({"key": value})
    assert compile_template_setting(value, node, "key").text(json_message({})) == ""
    (finding,) = node.diagnostics
    assert (finding.severity, finding.location.pointer) == ("error", "/key")


def test_a_mixed_text_that_does_not_compile_is_a_warning_and_fails_per_message():
    """RuleGo loads such a chain, so it loads; the node fails when it renders the text."""
    value = "a${msg.}b"
    node = NodeStandIn({"key": value})
    setting = compile_template_setting(value, node, "key")
    (finding,) = node.diagnostics
    assert (finding.severity, finding.location.pointer) == ("warning", "/key")
    with pytest.raises(ExpressionEvaluationError, match="failed to compile"):
        setting.text(json_message({}))
