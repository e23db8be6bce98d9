"""Which nodes' outputs a chain keeps: those that some node can read, whatever words its texts have."""

import itertools
from dataclasses import dataclass

import pytest

from rulechain import ComponentSpec, Engine, Message, Outcome
from rulechain.api import setting
from support.documents import chain_document

_MAKES = ("grade", "exprTransform", {"mapping": {"level": "msg.level * 2"}})


def kept(*nodes, components=()):
    """The ids of the nodes of a chain, one after the other, whose outputs are kept."""
    ids = [node[0] for node in nodes]
    connections = [f"{one} -Success-> {other}" for one, other in itertools.pairwise(ids)]
    with Engine(components=components) as engine:
        chain = engine.load(chain_document(*nodes, connections=connections))
        return {node.id for node in chain.plan.nodes if node.keeps_output}


@pytest.mark.parametrize(
    "type_, configuration",
    [
        ("exprFilter", {"expr": "msg.status == 'grade'"}),
        ("exprFilter", {"expr": "let grade = msg; grade.level > 1"}),
        ("exprFilter", {"expr": "any(msg.items, {let grade = #; grade.level > 1})"}),
        ("exprFilter", {"expr": "msg.grade.level > 1"}),
        ("exprFilter", {"expr": "msg['grade'] > 1"}),
        ("exprFilter", {"expr": "any(msg.items, .grade.level > 1)"}),
        ("exprFilter", {"expr": "{'grade': 1}['grade'] == msg.n"}),
        ("exprTransform", {"mapping": {"grade": "msg.level"}}),
        ("exprTransform", {"expr": "'grade'"}),
        ("switch", {"cases": [{"case": "msg.level > 1", "then": "grade"}]}),
        ("metadataTransform", {"mapping": {"grade": "'grade'"}}),
        ("jsFilter", {"jsScript": "const grade = msg; return grade.level > 1 && msg['grade'] == 1;"}),
        ("jsTransform", {"jsScript": "msg.text = 'grade. Or not'; return {msg, metadata};"}),
        ("x/jmespathFilter", {"expression": "grade.level == 'grade'"}),
        ("text/template", {"template": 'grade: {{.metadata.grade}} {{.msg.level}} grade. {{"grade"}}'}),
        ("cacheSet", {"items": [{"level": "chain", "key": "grade", "value": "grade. ${msg.grade.level}"}]}),
    ],
)
def test_a_word_that_no_node_can_read_keeps_nothing(type_, configuration):
    """Texts, members, keys, bound names and scripts that have the id of a node do not refer to it."""
    assert kept(_MAKES, ("last", type_, configuration)) == set()


@pytest.mark.parametrize(
    "type_, configuration",
    [
        ("exprFilter", {"expr": "grade.msg.level > 1"}),
        ("exprFilter", {"expr": "(let grade = 1; grade > 0) && grade?.msg.level > 1"}),
        ("exprFilter", {"expr": "any(msg.items, # > grade['msg'].level)"}),
        ("exprTransform", {"mapping": {"a": "[1, grade .data]"}}),
        ("switch", {"cases": [{"case": "false", "then": "x"}, {"case": "grade.msg.level > 1", "then": "y"}]}),
        ("text/template", {"template": "{{.grade.msg.level}}"}),
        ("text/template", {"template": '{{with $}}{{index . "grade"}}{{end}}'}),
        ("cacheSet", {"items": [{"level": "chain", "key": "k", "value": "is ${grade.msg.level}"}]}),
        ("cacheSet", {"items": [{"level": "chain", "key": "k", "value": '${$env["grade"].msg.level}'}]}),
        ("cacheSet", {"items": [{"level": "chain", "key": "k", "value": '${$env["gr" + "ade"] ?? "grade"}'}]}),
        ("fetchNodeOutput", {"nodeId": "grade"}),
    ],
)
def test_what_a_node_reads_is_kept(type_, configuration):
    """Every way to read the output of a node keeps it, and only that one."""
    assert kept(_MAKES, ("other", "fork"), ("last", type_, configuration)) == {"grade"}


def test_a_shadowed_name_beside_a_read_one_gives_the_output():
    """A run reads what the node passed on where the name is free, and the bound value where it is not."""
    expression = "[(let grade = 5; grade), grade.msg.level, msg.level]"
    with Engine() as engine:
        chain = engine.load(
            chain_document(
                _MAKES, ("last", "exprTransform", {"expr": expression}), connections=["grade -Success-> last"]
            )
        )
        assert chain.run(Message('{"level":3}')).ends[0].message.data == "[5,6,6]"


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """Settings of `t/reader`."""

    of: str = setting("", description="The node.")


def reader(*says):
    """A component that takes the output of the node that its setting names, and what it tells of that when built."""

    def build(settings, node):
        for names in says:
            node.reads_outputs(names)

        def run(message):
            found = message.output(settings.of)
            return Outcome("Success", message.replace(data="nothing" if found is None else found["data"]))

        return run

    return ComponentSpec(type="t/reader", category="test", summary="Reads.", build=build, settings=ReaderSettings)


@pytest.mark.parametrize(
    "says, data",
    [((), '{"level":6}'), ((["grade"],), '{"level":6}'), (((), ["grade", "x"], ()), '{"level":6}'), (((),), "nothing")],
)
def test_a_component_is_believed_what_it_says_it_reads(says, data):
    """One that says nothing may read every node that its settings name; one that says something, what it says."""
    with Engine(components=[reader(*says)]) as engine:
        document = chain_document(_MAKES, ("last", "t/reader", {"of": "grade"}), connections=["grade -Success-> last"])
        assert engine.load(document).run(Message('{"level":3}')).ends[0].message.data == data


def test_texts_of_other_nodes_say_nothing_of_a_component_that_does_not_tell():
    """A component without a word on what it reads is held to its own settings."""
    named_elsewhere = ("other", "exprFilter", {"expr": "msg.a == 'grade'"})
    assert kept(_MAKES, named_elsewhere, ("last", "t/reader", {"of": "x"}), components=[reader()]) == set()
    assert kept(_MAKES, named_elsewhere, ("last", "t/reader", {"of": "grade"}), components=[reader()]) == {"grade"}
