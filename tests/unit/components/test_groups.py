"""groupAction and groupFilter: several nodes side by side on one message."""

import json

import pytest

from rulechain import Engine, Message, Outcome
from support.documents import chain_document


def twice(message, _context):
    return [Outcome("Success", message), Outcome("Success", message)]


def crash(_message, _context):
    raise ZeroDivisionError("a bug")


NODES = (
    ("x", "jsTransform", {"jsScript": "metadata.x = '1'; return { msg: { x: 1 }, metadata }"}),
    ("y", "jsTransform", {"jsScript": "metadata.y = '1'; return { msg: { y: 2 }, metadata }"}),
    ("list", "jsTransform", {"jsScript": "return { msg: [1, 'a'] }"}),
    ("text", "jsTransform", {"jsScript": "return { msg: 'plain', dataType: 'TEXT' }"}),
    ("fails", "jsTransform", {"jsScript": "throw 'no'"}),
    ("yes", "jsFilter", {"jsScript": "return true"}),
    ("no", "jsFilter", {"jsScript": "return false"}),
    ("crash", "functions", {"functionName": "crash"}),
    ("twice", "functions", {"functionName": "twice"}),
    ("slow", "delay", {"delayMs": "50"}),
    ("slower", "delay", {"delayMs": "60000"}),
    ("after", "jsTransform", {"jsScript": "return { msg: 'must not run' }"}),
)


def group(type_, configuration, data='{"in": 1}', data_type="JSON"):
    """The only end of a chain whose first node is a group of the nodes above."""
    engine = Engine(functions={"twice": twice, "crash": crash})
    document = chain_document(("g", type_, configuration), *NODES, connections=["x -Success-> after"])
    run = engine.load(document).run(Message(data, data_type=data_type, metadata={"k": "v"}, id="m1", ts=1), timeout_s=5)
    assert run.completed
    (end,) = run.ends
    return end


@pytest.mark.parametrize(
    "configuration, relation",
    [
        ({"nodeIds": "x,y"}, "Success"),
        ({"nodeIds": " x , y ,"}, "Success"),
        ({"nodeIds": ["x", " y ", ""]}, "Success"),
        ({"nodeIds": "x,fails"}, "Failure"),
        ({"nodeIds": "x,fails", "matchNum": 1}, "Success"),
        ({"nodeIds": "x,fails", "matchNum": 9}, "Failure"),
        ({"nodeIds": "x,fails", "matchNum": -1}, "Failure"),
        ({"nodeIds": "x,fails", "matchNum": 1, "matchRelationType": " Failure "}, "Success"),
        ({"nodeIds": "yes,no", "matchRelationType": "True"}, "Failure"),
        ({"nodeIds": "yes,no", "matchRelationType": "True", "matchNum": 1}, "Success"),
        ({"nodeIds": "x", "matchRelationType": ""}, "Success"),
        ({"nodeIds": "x,nope"}, "Failure"),
        ({"nodeIds": "x,crash"}, "Failure"),
        ({"nodeIds": "x,slow", "matchNum": 1}, "Success"),
        ({"nodeIds": "x,twice", "matchNum": 2}, "Success"),
        ({"nodeIds": "fails,twice", "matchNum": 2}, "Failure"),
    ],
)
def test_group_action_counts_nodes_that_ended_by_a_relation(configuration, relation):
    """All must, or as many as matchNum says when that is possible; a Failure has no error of its own."""
    end = group("groupAction", configuration)
    assert (end.relation, end.error, "errorMsg" in end.message.metadata) == (relation, None, False)


def test_group_action_lists_the_messages_in_the_order_of_the_ids():
    """Each entry has a message without metadata, an error and a node; connections of the nodes are not followed."""
    entries = json.loads(group("groupAction", {"nodeIds": "fails,y,nope,x", "matchNum": 2}).message.data)
    assert [(entry["nodeId"], entry["err"], entry["msg"]["data"]) for entry in entries] == [
        ("fails", "no", '{"in": 1}'),
        ("y", "", '{"y":2}'),
        ("g", "node id=nope not found", '{"in": 1}'),
        ("x", "", '{"x":1}'),
    ]
    assert {json.dumps(entry["msg"]["metadata"]) for entry in entries} == {"{}"}


@pytest.mark.parametrize(
    "configuration, metadata",
    [
        ({}, {"k": "v"}),
        ({"mergeMetadata": True}, {"k": "v", "x": "1", "y": "1"}),
        ({"mergeToMap": True}, {"k": "v", "x": "1", "y": "1"}),
        ({"mergeToMap": True, "mergeMetadata": False}, {"k": "v", "x": "1", "y": "1"}),
    ],
)
def test_group_action_merges_metadata_into_a_map_or_where_asked(configuration, metadata):
    """A list leaves the message's own metadata alone, as in RuleGo, unless mergeMetadata says otherwise."""
    end = group("groupAction", {"nodeIds": "x,y", **configuration})
    assert dict(end.message.metadata) == metadata


def test_group_action_leaves_out_the_metadata_of_what_failed():
    """Metadata of a message that failed is not merged."""
    end = group("groupAction", {"nodeIds": "x,fails", "matchNum": 1, "mergeToMap": True})
    assert dict(end.message.metadata) == {"k": "v", "x": "1"}


@pytest.mark.parametrize(
    "node_ids, data_type, data",
    [
        ("x,y", "JSON", '{"x":1,"y":2}'),
        ("list,x", "JSON", '{"list":[1,"a"],"x":1}'),
        ("text,y", "JSON", '{"text":"plain","y":2}'),
        ("x,nope", "TEXT", '{"g":"{}","x":"{\\"x\\":1}"}'),
    ],
)
def test_group_action_merges_payloads_into_one_object(node_ids, data_type, data):
    """Objects in JSON messages give their members; anything else stands under its node's id. The result is JSON."""
    message = group("groupAction", {"nodeIds": node_ids, "mergeToMap": True}, "{}", data_type).message
    assert (message.data, message.data_type) == (data, "JSON")


def test_a_list_in_a_text_message_is_json():
    """RuleGo leaves the data type TEXT around a JSON list; the next node could not read it."""
    assert group("groupAction", {"nodeIds": "x"}, "hello", "TEXT").message.data_type == "JSON"


@pytest.mark.parametrize(
    "configuration, relation",
    [
        ({"nodeIds": "yes,no"}, "True"),
        ({"nodeIds": "no,fails"}, "False"),
        ({"nodeIds": "yes,no", "allMatches": True}, "False"),
        ({"nodeIds": "yes,yes", "allMatches": True}, "True"),
        ({"nodeIds": " yes , no "}, "True"),
        ({"nodeIds": "crash,yes"}, "True"),
        ({"nodeIds": "crash,yes", "allMatches": True}, "False"),
        ({"nodeIds": "nope"}, "False"),
        ({"nodeIds": "slow,yes"}, "True"),
        ({"nodeIds": "slow,no", "allMatches": True}, "False"),
    ],
)
def test_group_filter_asks_for_any_or_for_all(configuration, relation):
    """A node that fails, crashes or does not exist is not true; nobody waits once the answer is known."""
    end = group("groupFilter", configuration)
    assert (end.relation, end.error, end.message.data, dict(end.message.metadata)) == (
        relation,
        None,
        '{"in": 1}',
        {"k": "v"},
    )


@pytest.mark.parametrize("type_", ["groupAction", "groupFilter"])
@pytest.mark.parametrize("configuration", [{}, {"nodeIds": " , "}, {"nodeIds": []}, {"nodeIds": None}])
def test_a_group_of_nothing_is_a_failure(type_, configuration):
    """In RuleGo's words, and the message as it came."""
    end = group(type_, configuration)
    assert (end.relation, end.error, end.message.data) == ("Failure", "nodeIds is empty", '{"in": 1}')


@pytest.mark.parametrize("type_", ["groupAction", "groupFilter"])
def test_a_group_that_takes_too_long_is_a_failure(type_):
    """Time is in seconds; the message leaves as it came."""
    end = group(type_, {"nodeIds": "slower", "timeout": 1})
    assert (end.relation, end.error, end.message.data) == ("Failure", "context deadline exceeded", '{"in": 1}')
