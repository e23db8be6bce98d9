"""Where RuleGo's behaviour is a fault, ours is what a user expects: a test for each kind (docs/differences.md)."""

import json
import logging

import pytest

from rulechain import ChainError, Engine, Message, Outcome
from support.documents import chain_document, ends_of

LONG = "12345678901234567890"


def crash(_message, _context):
    raise ZeroDivisionError("a bug")


def silent(_message, _context):
    return []


FUNCTIONS = {"crash": crash, "silent": silent, "pass": lambda message, _: Outcome("Success", message)}
# Puts what later nodes see of the message into the payload.
SHOW = ("show", "exprTransform", {"expr": "{'msg': msg, 'data': data}"})


def run_of(*nodes, connections=(), data='{"a":1}', data_type="JSON", others=(), **options):
    """The run of one message through a chain, which completes whatever happens."""
    engine = Engine(functions=FUNCTIONS, **options)
    for document in others:
        engine.load(document)
    message = Message(data, type="T", data_type=data_type, metadata={"k": "v"}, id="m1")
    run = engine.load(chain_document(*nodes, connections=connections)).run(message, timeout_s=5)
    assert run.completed
    return run


def payload_of(*nodes, **facts):
    """The payload at the only end, which is no Failure."""
    (end,) = run_of(*nodes, **facts).ends
    assert end.error is None
    return end.message.data


def script(text, **facts):
    """The payload that a transform's script returns as `msg`."""
    return payload_of(("n", "jsTransform", {"jsScript": f"return {{ msg: (() => {{ {text} }})() }}"}), **facts)


# ---- values


@pytest.mark.parametrize("payload", ["[1,2,3]", "[]", "[256,-1]", "[1.5]", "[104,105]"])
def test_a_list_of_numbers_is_a_list(payload):
    """RuleGo takes one from a script for raw bytes, and fails where it cannot be."""
    assert script("return msg", data=payload) == payload


def test_bytes_are_bytes_where_a_script_says_so():
    """A Uint8Array, or any list of bytes where the data type is BINARY."""
    assert script("return new Uint8Array([104, 105])") == b"hi"
    assert script("return [104, 105]", data="xy", data_type="BINARY") == b"hi"


@pytest.mark.parametrize(
    "change, result",
    [
        ("msg.l.push(4)", "[3,1,4]"),
        ("msg.l.pop()", "[3]"),
        ("msg.l.shift()", "[1]"),
        ("msg.l.splice(0, 1)", "[1]"),
        ("msg.l.length = 0", "[]"),
        ("msg.l.sort()", "[1,3]"),
    ],
)
def test_lists_inside_a_message_are_lists(change, result):
    """RuleGo hands scripts copies of them, so that changes are lost or leave holes."""
    assert script(f"{change}; return msg.l", data='{"l":[3,1]}') == result


def test_a_member_is_the_same_each_time():
    """RuleGo makes a new object each time, so that nothing inside a message equals itself."""
    assert script("return [msg.o === msg.o, Object.keys(msg)]", data='{"o":{},"z":1,"b":2}') == '[true,["o","z","b"]]'


@pytest.mark.parametrize(
    "node",
    [
        ("n", "jsTransform", {"jsScript": "return { msg, metadata, msgType }"}),
        ("n", "exprTransform", {"expr": "msg"}),
        ("n", "exprTransform", {"mapping": {"id": "msg.id"}}),
        ("n", "for", {"range": "[msg]", "do": "each", "mode": 2}),
    ],
)
def test_long_whole_numbers_keep_their_digits(node):
    """RuleGo makes floats of them; an id would become another one."""
    assert payload_of(node, ("each", "fork"), data=f'{{"id":{LONG}}}') == f'{{"id":{LONG}}}'


@pytest.mark.parametrize(
    "expression, result",
    [
        ("dataType", "JSON"),
        ("dataType == 'JSON'", "true"),
        ("upper(dataType) + type", "JSONT"),
        ("type == 'T'", "true"),
    ],
)
def test_the_data_type_and_the_type_are_texts(expression, result):
    """RuleGo's data type equals no text and is printed in quotes; its variable `type` is documented and missing."""
    assert payload_of(("n", "exprTransform", {"expr": expression})) == result


@pytest.mark.parametrize("component, relation", [("jsFilter", "True"), ("jsSwitch", "yes")])
def test_scripts_see_the_data_type_as_a_text_everywhere(component, relation):
    """In some components RuleGo hands them an object."""
    results = {"jsFilter": "typeof dataType === 'string'", "jsSwitch": "[typeof dataType === 'string' ? 'yes' : 'no']"}
    (end,) = run_of(("n", component, {"jsScript": f"return {results[component]}"})).ends
    assert end.relation == relation


@pytest.mark.parametrize(
    "value, result",
    [("5n", "5"), (f"{LONG}n", LONG), ("new Set([1, 2])", "[1,2]"), ("new Map([['a', 1]])", '[["a",1]]')],
)
def test_values_of_newer_javascript_have_a_form(value, result):
    """Big integers are numbers, sets and maps are lists."""
    assert script(f"return {value}") == result


def test_metadata_has_no_empty_name():
    """RuleGo keeps one where a mapping replaces the metadata, and drops it everywhere else."""
    (end,) = run_of(("n", "metadataTransform", {"mapping": {"": "'x'", "b": "1"}, "isNew": True})).ends
    assert dict(end.message.metadata) == {"b": "1"}


# ---- branches see nothing of each other


@pytest.mark.parametrize("component", ["jsFilter", "jsSwitch", "log"])
@pytest.mark.parametrize("change", ["msg.a = 99", "msg.o.x = 99", "delete msg.a", "msg.l.push(9)"])
def test_a_script_that_only_asks_changes_nothing(component, change):
    """RuleGo's later expressions, in other branches as well, see what it did to its `msg`."""
    results = {"jsFilter": ("true", "True"), "jsSwitch": ("['x']", "x"), "log": ("''", "Success")}
    answer, relation = results[component]
    data = '{"a":1,"l":[1],"o":{"x":1}}'
    run = run_of(
        ("f", "fork"),
        ("n", component, {"jsScript": f"{change}; return {answer}"}),
        SHOW,
        connections=["f -Success-> n", f"n -{relation}-> show", "f -Success-> show"],
        data=data,
    )
    assert [json.loads(end.message.data) for end in run.ends] == [{"msg": json.loads(data), "data": data}] * 2


# ---- scripts


@pytest.mark.parametrize("text", ["return { msg: 'x' } // the end", "/* all */ return { msg: 'x' }"])
def test_a_script_may_end_in_a_comment(text):
    """It swallows RuleGo's closing brace."""
    assert payload_of(("n", "jsTransform", {"jsScript": text})) == "x"


def test_a_script_cannot_leave_its_function():
    """RuleGo takes a brace too many for the end of the function, and what follows for code of its own."""
    with pytest.raises(ChainError, match="J551"):
        run_of(("n", "jsFilter", {"jsScript": "return true } function other() {"}))


def test_global_is_there_without_properties():
    """It is undefined in RuleGo then, so that a chain works on one engine and fails on another."""
    assert script("return typeof global + global.site") == "objectundefined"


def test_a_log_line_is_no_format(caplog):
    """RuleGo garbles every percent sign."""
    with caplog.at_level(logging.INFO, logger="rulechain.chain"):
        run_of(("n", "log", {"jsScript": "return '100 %d %s'"}))
    assert [record.getMessage() for record in caplog.records if record.name == "rulechain.chain"] == ["100 %d %s"]


# ---- crashes: a bug in a component is a Failure, wherever it sits

CRASH = ("bad", "functions", {"functionName": "crash"})
BUG = "ZeroDivisionError: a bug"


@pytest.mark.parametrize(
    "nodes, connections, expected",
    [
        ([CRASH], [], [("bad", "Failure", BUG)]),
        ([CRASH, ("h", "fork")], ["bad -Failure-> h"], [("h", "Success", None)]),
        ([("d", "delay", {"delayMs": 1}), CRASH], ["d -Success-> bad"], [("bad", "Failure", BUG)]),
        ([("n", "flow", {"targetId": "crashing"})], [], [("n", "Failure", BUG)]),
        ([("n", "flow", {"targetId": "crashing", "extend": True})], [], [("n", "Failure", BUG)]),
        ([("n", "ref", {"targetId": "bad"}), CRASH], [], [("n", "Failure", BUG)]),
        ([("n", "groupFilter", {"nodeIds": "bad"}), CRASH], [], [("n", "False", None)]),
        ([("n", "groupAction", {"nodeIds": "bad"}), CRASH], [], [("n", "Failure", None)]),
        ([("n", "for", {"range": "1..2", "do": "bad", "mode": 2}), CRASH], [], [("n", "Failure", BUG)]),
        ([("n", "while", {"condition": "true", "do": "bad"}), CRASH], [], [("n", "Failure", BUG)]),
        (
            [("f", "fork"), CRASH, ("ok", "fork"), ("j", "join")],
            ["f -Success-> bad", "f -Success-> ok", "bad -Failure-> j", "ok -Success-> j"],
            [("j", "Failure", f"NodeId=bad,Err={BUG} ")],
        ),
    ],
)
def test_a_crash_is_a_failure(nodes, connections, expected):
    """In RuleGo the branch vanishes: loops lose the message, groups wait for their time, others hang."""
    others = [chain_document(CRASH, chain_id="crashing")]
    assert ends_of(run_of(*nodes, connections=connections, others=others)) == expected


# ---- hangs: every run completes


@pytest.mark.parametrize(
    "nodes, expected",
    [
        ([("n", "jsSwitch", {"jsScript": "return []"})], []),
        ([("n", "functions", {"functionName": "silent"})], []),
        ([("n", "flow", {"targetId": "silent", "extend": True})], []),
        ([("n", "ref", {"targetId": "silent:n"})], []),
        ([("n", "for", {"do": "chain:nope"})], [("n", "Failure", "ruleChain id=nope not found")]),
        (
            [("n", "while", {"condition": "true", "do": "chain:nope"})],
            [("n", "Failure", "ruleChain id=nope not found")],
        ),
    ],
)
def test_a_node_that_emits_nothing_ends_its_branch(nodes, expected):
    """RuleGo waits for ever."""
    others = [chain_document(("n", "functions", {"functionName": "silent"}), chain_id="silent")]
    assert ends_of(run_of(*nodes, others=others)) == expected


def test_a_chain_that_follows_a_relation_completes_the_run():
    """RuleGo's run waits for ever where `ruleChainConnections` lead to a chain that exists."""
    engine = Engine()
    engine.load(chain_document(("n", "fork"), chain_id="other"))
    document = chain_document(("n", "fork"))
    document["metadata"]["ruleChainConnections"] = [{"fromId": "n", "toId": "other", "type": "Success"}]
    assert engine.load(document).run(Message("{}"), timeout_s=5).completed


def test_two_copies_of_a_message_wait_side_by_side():
    """RuleGo keeps waiting messages by their id: one of two is lost, and the other one fails."""
    run = run_of(
        ("f", "fork"),
        ("a", "metadataTransform", {"mapping": {"from": "'a'"}}),
        ("b", "metadataTransform", {"mapping": {"from": "'b'"}}),
        ("d", "delay", {"delayMs": 5}),
        connections=["f -Success-> a", "f -Success-> b", "a -Success-> d", "b -Success-> d"],
    )
    assert [(end.relation, end.message.metadata["from"]) for end in run.ends] == [("Success", "a"), ("Success", "b")]


# ---- outputs of other nodes


@pytest.mark.parametrize(
    "expression, result",
    [
        ("head.msgType", "T"),
        ("head['data']", '{"s":"F"}'),
        ("head?.data", '{"s":"F"}'),
        ("head.msg.s+tail.msg.s", "FS"),
        ("[head.data,tail.data]", r'["{\"s\":\"F\"}","{\"s\":\"S\"}"]'),
    ],
)
def test_every_spelling_of_a_nodes_output_is_found(expression, result):
    """RuleGo looks for `id.data` and its like between certain characters, and sees nothing elsewhere."""
    assert (
        payload_of(
            ("head", "jsTransform", {"jsScript": "return { msg: { s: 'F' } }"}),
            ("tail", "jsTransform", {"jsScript": "return { msg: { s: 'S' } }"}),
            ("n", "exprTransform", {"expr": expression}),
            connections=["head -Success-> tail", "tail -Success-> n"],
        )
        == result
    )


def test_the_output_of_a_node_without_connections_is_kept():
    """In RuleGo a node that leads nowhere, as in a loop, leaves nothing to look up."""
    assert (
        payload_of(
            ("loop", "for", {"range": "1..2", "do": "leaf"}),
            ("leaf", "jsTransform", {"jsScript": "return { msg: 'leaf ' + metadata._loopItem }"}),
            ("n", "exprTransform", {"expr": "leaf.data"}),
            connections=["loop -Success-> n"],
        )
        == "leaf 2"
    )


# ---- documents


@pytest.mark.parametrize(
    "nodes, first, code",
    [
        ([{"id": "a", "type": "fork"}, {"id": "a", "type": "fork"}], 0, "G201"),
        ([{"id": "a", "type": "fork"}, None], 0, "L105"),
        ([{"id": "a", "type": "fork"}], -1, "G204"),
    ],
)
def test_a_wrong_document_says_what_is_wrong(nodes, first, code):
    """RuleGo calls the first two a cycle, and crashes at the third."""
    with pytest.raises(ChainError) as raised:
        Engine().load({"ruleChain": {"id": "c"}, "metadata": {"nodes": nodes, "firstNodeIndex": first}})
    assert [diagnostic.code for diagnostic in raised.value.diagnostics] == [code]


def test_several_nodes_without_an_id_load():
    """Each gets the one that a single one would get: `node` and its position."""
    run = run_of(("", "fork"), ("", "fork"), connections=["node0 -Success-> node1"])
    assert ends_of(run) == [("node1", "Success", None)]


# ---- settings


@pytest.mark.parametrize(
    "node, data",
    [
        (("n", "for", {"range": "split('a,b', ',')", "do": "each", "mode": 1}), '["a","b"]'),
        (("n", "for", {"range": "3..1", "do": "each", "mode": 1}), "[]"),
        (("n", "while", {"condition": "msg.a - 1", "do": "each"}), '{"a":1}'),
        (("n", "delay", {"delayMs": "0"}), '{"a":1}'),
        (("n", "cacheGet", {"keys": [{"key": "nope"}], "outputMode": 1, "whenKeyNotFound": "success"}), None),
        (("n", "text/template", {"template": "{{.type}}"}), "T"),
        (("n", "functions", {"functionName": "pass", "param": "${dataType}"}), "JSON"),
    ],
)
def test_settings_mean_what_they_say(node, data):
    """Lists of texts can be gone through, nothing makes an empty list, 0 is false and no delay; nothing crashes."""
    found = payload_of(node, ("each", "fork"), data="null" if node[1] == "cacheGet" else '{"a":1}')
    assert data is None or found == data


def test_a_blank_inside_a_template_does_not_split_an_argument():
    """RuleGo splits arguments of `exec` before it reads their templates."""
    node = ("n", "exec", {"cmd": "printf", "args": ["[%s]", "${ msg.a }"], "replaceData": True})
    assert payload_of(node, properties={"execNodeWhitelist": "printf"}) == "[1]"


@pytest.mark.parametrize("text", ["${msg.no.where}", "a${msg.no.where}b", "${secrets.no}", "${nobody.data}"])
def test_a_template_that_cannot_be_evaluated_is_a_failure(text):
    """RuleGo makes the whole text empty, and goes on with it."""
    (end,) = run_of(("n", "functions", {"functionName": "pass", "param": text})).ends
    assert end.relation == "Failure"
    assert end.error.startswith("cannot fetch ")
