"""for, while and break: rounds through nodes or a chain, and what becomes of them."""

import json

import pytest

from rulechain import ChainError, Engine, Message
from support.documents import chain_document

SUB_CHAIN = chain_document(
    ("s", "jsTransform", {"jsScript": "return { msg: 'sub ' + metadata._loopItem }"}), chain_id="sub"
)
BODIES = (
    ("show", "jsTransform", {"jsScript": "return { msg: { i: metadata._loopIndex, in: msg } }"}),
    (
        "note",
        "jsTransform",
        {"jsScript": "metadata.seen = (metadata.seen ?? '') + metadata._loopItem; return { metadata }"},
    ),
    ("count", "jsTransform", {"jsScript": "msg.n = (msg.n ?? 0) + 1; metadata.ran = '1'; return { msg, metadata }"}),
    ("fails", "jsTransform", {"jsScript": "if (metadata._loopIndex === '1') throw 'no'; return { msg }"}),
    ("stop", "jsFilter", {"jsScript": "return metadata._loopIndex === '1'"}),
    ("break", "break"),
    ("both", "fork"),
    ("left", "exprTransform", {"expr": "'l' + metadata._loopItem"}),
    ("right", "exprTransform", {"expr": "'r' + metadata._loopItem"}),
    ("crash", "functions", {"functionName": "crash"}),
)
CONNECTIONS = ["stop -True-> break", "both -Success-> left", "both -Success-> right"]
DATA = '{"items":["a","b"],"o":{"p":1},"none":[],"zero":0,"n":null,"k":7}'


def crash(_message, _context):
    raise ZeroDivisionError("a bug")


def ends(type_, configuration, data=DATA, data_type="JSON"):
    """The ends of a chain that is one loop over the bodies above."""
    engine = Engine(functions={"crash": crash})
    engine.load(SUB_CHAIN)
    document = chain_document(("loop", type_, configuration), *BODIES, connections=CONNECTIONS)
    run = engine.load(document).run(Message(data, data_type=data_type, metadata={"k": "v"}), timeout_s=5)
    assert run.completed
    return run.ends


def loop(type_, configuration, data=DATA, data_type="JSON"):
    """The relation, error, payload and metadata of the only end."""
    (end,) = ends(type_, configuration, data, data_type)
    return end.relation, end.error, end.message.data, dict(end.message.metadata)


@pytest.mark.parametrize(
    "range_, seen, last",
    [
        ("1..3", "123", {"_loopIndex": "2", "_loopItem": "3"}),
        ("msg.items", "ab", {"_loopIndex": "1", "_loopItem": "b"}),
        ("${msg.items}", "ab", {"_loopIndex": "1", "_loopItem": "b"}),
        ("msg.o", "1", {"_loopIndex": "0", "_loopItem": "1", "_loopKey": "p"}),
        ("[1, 'x', nil, {'a': 1}]", '1x{"a":1}', {"_loopIndex": "3", "_loopItem": '{"a":1}'}),
        ("split('a,b', ',')", "ab", {"_loopIndex": "1", "_loopItem": "b"}),
        ("msg.none", None, {}),
        ("3..1", None, {}),
    ],
)
def test_for_goes_through_lists_objects_and_ranges(range_, seen, last):
    """Each round sees its number and item; metadata stays for the next round, the payload is the one that came in."""
    metadata = {"k": "v", **last} if seen is None else {"k": "v", "seen": seen, **last}
    assert loop("for", {"range": range_, "do": "note"}) == ("Success", None, DATA, metadata)


@pytest.mark.parametrize("range_", ["msg.missing", "msg.n", "msg.k", "'text'", "true", "metadata", "vars"])
def test_for_needs_something_to_go_through(range_):
    """Anything else is a Failure in RuleGo's words."""
    assert loop("for", {"range": range_, "do": "note"})[:2] == ("Failure", "must array slice or struct type")


def test_for_without_a_range_goes_through_the_payload():
    """An empty text asks for it; without the setting it is three rounds."""
    assert loop("for", {"range": "", "do": "note"}, "[1,2]")[3]["seen"] == "12"
    assert loop("for", {"do": "note"})[3]["seen"] == "123"
    assert loop("for", {"range": " ", "do": "note"}, "no json", "TEXT")[1] == "must array slice or struct type"


@pytest.mark.parametrize(
    "configuration, data",
    [
        ({"range": "msg.items", "do": "show", "mode": 1}, '[{"i":"0","in":"a"},{"i":"1","in":"b"}]'),
        ({"range": "1..2", "do": "count", "mode": 1}, None),
        ({"range": "msg.items", "do": "both", "mode": 1}, '["la","ra","lb","rb"]'),
        ({"range": "msg.items", "do": "chain:sub", "mode": 1}, '["sub a","sub b"]'),
        ({"range": "msg.items", "do": "x:left", "mode": 1}, '["la","lb"]'),
        ({"range": "1..3", "do": "count", "mode": 2}, None),
        ({"range": "msg.items", "do": "stop", "mode": 1}, '["a","b"]'),
    ],
)
def test_for_lists_or_hands_on_what_rounds_make(configuration, data):
    """Mode 1 lists every end of every round; mode 2 gives each round's message to the next. A range sets no payload."""
    relation, error, found, _ = loop("for", configuration)
    assert (relation, error) == ("Success", None)
    if data is not None:
        assert found == data
    elif configuration["mode"] == 2:
        assert json.loads(found) == {**json.loads(DATA), "n": 3}
    else:
        assert [item["n"] for item in json.loads(found)] == [1, 1]


@pytest.mark.parametrize("range_", ["msg.none", "3..1", "msg.o2 ?? []"])
def test_no_rounds_make_an_empty_list(range_):
    """RuleGo makes `null` of it, which the next node cannot go through."""
    assert loop("for", {"range": range_, "do": "show", "mode": 1})[2] == "[]"


def test_break_ends_the_loop_with_its_round():
    """The breaking round counts; the mark it leaves is gone afterwards."""
    _, _, data, metadata = loop("for", {"range": "1..9", "do": "stop", "mode": 1})
    assert (len(json.loads(data)), metadata["_loopIndex"], "_break" in metadata) == (2, "1", False)


@pytest.mark.parametrize("mode", [0, 1, 2])
@pytest.mark.parametrize("do", ["fails", "crash", "chain:nope", "nope"])
def test_for_fails_with_its_first_failing_round(mode, do):
    """A bug in a node, a missing node and a missing chain are failures like any other, and end the loop."""
    relation, error, _, metadata = loop("for", {"range": "1..3", "do": do, "mode": mode})
    expected = {
        "fails": "no",
        "crash": "ZeroDivisionError: a bug",
        "chain:nope": "ruleChain id=nope not found",
        "nope": "node id=nope not found",
    }
    assert (relation, error, metadata["errorMsg"]) == ("Failure", expected[do], expected[do])
    assert metadata["_loopIndex"] == ("1" if do == "fails" else "0")


@pytest.mark.parametrize("do", ["note", "fails", "crash", "nope"])
def test_for_in_mode_3_does_not_mind_what_becomes_of_the_rounds(do):
    """The payload goes on as it came in, with the last item in the metadata."""
    metadata = {"k": "v", "_loopIndex": "2", "_loopItem": "3"}
    assert loop("for", {"range": "1..3", "do": do, "mode": 3}) == ("Success", None, DATA, metadata)


def test_for_in_mode_3_tells_of_a_chain_that_does_not_exist():
    """Each round adds a Failure, and the loop goes on, as in RuleGo."""
    found = [(end.relation, end.error) for end in ends("for", {"range": "1..2", "do": "chain:nope", "mode": 3})]
    assert found == [("Failure", "ruleChain id=nope not found")] * 2 + [("Success", None)]


@pytest.mark.parametrize(
    "type_, configuration, message",
    [
        ("for", {"do": ""}, "do is empty"),
        ("for", {"do": "a:b:c"}, "do variable should be nodeId or chain:chainId style"),
        ("while", {}, "do is empty"),
        ("while", {"do": "note", "condition": " "}, "condition is empty"),
    ],
)
def test_a_loop_without_a_body_or_condition_does_not_load(type_, configuration, message):
    """RuleGo's words, at the setting."""
    with pytest.raises(ChainError, match=message):
        ends(type_, configuration)


@pytest.mark.parametrize(
    "mode, data, index",
    [(0, '{"n":0}', None), (1, '[{"n":1},{"n":2},{"n":3}]', "3"), (2, '{"n":3}', "3"), (None, '{"n":3}', "3")],
)
def test_while_hands_each_result_to_the_next_round(mode, data, index):
    """The mode decides only what is given back: what came in, the list of results, or the last one."""
    configuration = {"condition": "msg.n < 3", "do": "count", **({} if mode is None else {"mode": mode})}
    relation, _, found, metadata = loop("while", configuration, '{"n":0}')
    assert (relation, found, metadata.get("_loopIndex")) == ("Success", data, index)


@pytest.mark.parametrize(
    "condition, ran",
    [
        ("3 - msg.n", True),
        ("msg.n - 3", False),
        ("0.0", False),
        ("0", False),
        ("'TRUE'", True),
        ("'yes'", False),
        ("nil", False),
        ("msg.missing", False),
    ],
)
def test_while_goes_on_for_what_is_true(condition, ran):
    """A number is true unless it is 0, also a payload's, which RuleGo takes for true for ever; of texts only `true`."""
    condition = f"int(metadata._loopIndex) < 2 && msg.n < 9 ? ({condition}) : false"
    metadata = loop("while", {"condition": condition, "do": "count"}, '{"n":2}' if ran else '{"n":3}')[3]
    assert ("ran" in metadata) is ran


def test_while_stops_at_a_break_and_at_a_failure():
    """As `for` does."""
    assert loop("while", {"condition": "true", "do": "stop", "mode": 1})[0] == "Success"
    assert loop("while", {"condition": "true", "do": "fails"})[:2] == ("Failure", "no")
    assert loop("while", {"condition": "msg.items > 1", "do": "note"})[0] == "Failure"
