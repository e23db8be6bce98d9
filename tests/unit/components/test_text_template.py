"""The component `text/template`."""

from rulechain import Engine, Message
from rulechain.values import StringMap
from support.component_build import build_node, json_message, outcome_of, text_message
from support.documents import chain_document


def test_the_template_sees_the_message():
    """All parts of the message, properties and variables are there; the data type stays."""
    template = (
        "{{.msg.a}} {{.metadata.k}} {{.id}} {{.ts}} {{.type}} {{.msgType}} {{.dataType}} {{.data}} "
        "{{.global.site}} {{.vars.x}}"
    )
    outcome = outcome_of(
        "text/template",
        {"template": template},
        json_message({"a": 1}),
        properties=StringMap(site="north"),
        vars=StringMap(x="1"),
    )
    assert outcome.message.data == '1 v m1 1700000000000 T T JSON {"a":1} north 1'
    assert (outcome.relation, outcome.message.data_type) == ("Success", "JSON")


def test_a_text_is_the_payload():
    """What is no JSON is a text."""
    assert outcome_of("text/template", {"template": "[{{.msg}}]"}, text_message("hi")).message.data == "[hi]"


def test_a_failure_keeps_the_message():
    """The error has Go's text, and the payload stays."""
    message = json_message({"l": []})
    outcome = outcome_of("text/template", {"template": "{{index .msg.l 2}}"}, message)
    assert (outcome.relation, outcome.message) == ("Failure", message)
    assert outcome.error == (
        'template: template:1:2: executing "template" at <index .msg.l 2>: error calling index: index out of range: 2'
    )


def test_the_sample_applies_without_settings():
    """A node without configuration uses RuleGo's sample, whose `.type` is the message's type here."""
    lines = outcome_of("text/template", {}, json_message("x")).message.data.splitlines()
    assert lines == [
        '"id": "m1"',
        '"ts": "1700000000000"',
        '"type": "T"',
        '"msgType": "T"',
        r'"data": "\"x\""',
        '"dataType": "JSON"',
    ]


def test_a_mistake_is_placed_in_the_document():
    """The finding leads to the characters of the setting."""
    node, (finding,) = build_node("text/template", {"template": 'a "{{foo}}"'})
    assert node is None
    assert (finding.code, finding.location.pointer) == ("S408", "/template")
    assert finding.location.span.start == 5


def test_files_are_not_read():
    """RuleGo's `file:` is refused when the chain loads."""
    node, (finding,) = build_node("text/template", {"template": "file:/etc/passwd"})
    assert node is None
    assert finding.code == "P302"


def test_other_nodes_outputs():
    """The id of a node that has run leads to what it passed on, and of one that has not to nothing."""
    document = chain_document(
        ("first", "exprTransform", {"mapping": {"x": "msg.a + 1"}}),
        ("second", "exprTransform", {"mapping": {"y": "0"}}),
        ("print", "text/template", {"template": "{{.first.msg.x}} {{.first.msgType}} {{.msg.y}} {{.never.msg}}"}),
        ("never", "comment"),
        connections=["first -Success-> second", "second -Success-> print", "never -Success-> first"],
    )
    document["metadata"]["firstNodeIndex"] = 0
    run = Engine().load(document).run(Message('{"a":1}', type="T"))
    assert run.ends[0].message.data == "2 T 0 <no value>"
