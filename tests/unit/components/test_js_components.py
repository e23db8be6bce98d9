"""jsFilter, jsSwitch, jsTransform and log: what their scripts' results lead to."""

import logging

import pytest

from rulechain.values import StringMap, to_json
from support.component_build import build_node, findings, json_message, outcome_of, relation_of, run_node, text_message


def transformed(script, message, **facts):
    """The message that a transform makes."""
    outcome = outcome_of("jsTransform", {"jsScript": script}, message, **facts)
    assert outcome.relation == "Success", outcome.error
    return outcome.message


@pytest.mark.parametrize(
    "script, relation",
    [
        ("return true", "True"),
        ("return msg.a === 1", "True"),
        ("return 1", "False"),
        ("return 'true'", "False"),
        ("", "False"),
    ],
)
def test_js_filter_wants_true_itself(script, relation):
    """True only for true; any other result, and none, is False."""
    assert relation_of("jsFilter", {"jsScript": script}, json_message({"a": 1})) == relation


def test_js_filter_passes_the_message_untouched():
    """What a filter's script changes stays unseen."""
    message = json_message({"a": [1]})
    outcome = outcome_of("jsFilter", {"jsScript": "msg.a.push(2); msg.b = 1; metadata.k = 'x'; return true"}, message)
    assert outcome.message is message
    assert message.value == {"a": [1]}


@pytest.mark.parametrize("component", ["jsFilter", "jsSwitch", "jsTransform", "log"])
def test_a_script_that_throws_is_a_failure(component):
    """What is thrown becomes the error's text, the message stays as it was."""
    message = json_message({})
    outcome = outcome_of(component, {"jsScript": "throw 'no'"}, message)
    assert (outcome.relation, outcome.error, outcome.message) == ("Failure", "no", message)


@pytest.mark.parametrize(
    "component, name",
    [("jsFilter", "Filter"), ("jsSwitch", "Switch"), ("jsTransform", "Transform"), ("log", "ToString")],
)
def test_a_script_that_fails_says_where_in_the_document(component, name):
    """Line and column are those of the JSON text, through the string's escapes; the function's name is RuleGo's."""
    configuration = {"jsScript": 'let a = "é\\n";\nreturn a.b.c'}
    column = to_json(configuration).index("a.b.c") + 1
    outcome = outcome_of(component, configuration)
    assert outcome.error == f"TypeError: cannot read property 'c' of undefined at {name} (node.json:1:{column})"


@pytest.mark.parametrize("component", ["jsFilter", "jsSwitch", "jsTransform", "log"])
def test_a_script_that_takes_too_long_is_a_failure(component):
    """The time limit holds for every script."""
    outcome = outcome_of(component, {"jsScript": "while (true) {}"}, script_timeout_s=0.02)
    assert outcome.error.startswith("execution timeout")


@pytest.mark.parametrize("component", ["jsFilter", "jsSwitch", "jsTransform", "log"])
def test_a_script_that_does_not_compile_is_placed_in_the_document(component):
    """The column is that in the JSON text, through the string's escapes."""
    assert findings(component, {"jsScript": 'return "é\\n" + @;'}) == [
        "J551 32 the script is not valid JavaScript: unexpected token in expression: '@'"
    ]


@pytest.mark.parametrize(
    "script, seen",
    [
        ("return { msg: [typeof msg, msgType, dataType, metadata.k] }", '["object","T","JSON","v"]'),
        ("return { msg: [...arguments].length }", "4"),
        ("return { msg: eval('metadata.k') }", "v"),
        ("return { msg: m\\u0073gType }", "T"),
        ("return { msg: [global.site, vars.limit, global.none] }", '["north","20",null]'),
    ],
)
def test_scripts_see_the_message_however_they_name_it(script, seen):
    """Parameters are there also for scripts that reach them without naming them."""
    facts = {"properties": StringMap({"site": "north"}), "vars": StringMap({"limit": "20"})}
    assert transformed(script, json_message({}), **facts).data == seen


def test_empty_json_is_an_empty_object_to_those_that_ask_only():
    """A filter sees {} where the payload is empty, a transform the empty text, as in RuleGo."""
    message = text_message("", data_type="JSON")
    assert relation_of("jsFilter", {"jsScript": "return typeof msg === 'object'"}, message) == "True"
    assert relation_of("jsFilter", {"jsScript": "return metadata && typeof msg === 'object'"}, message) == "True"
    assert transformed("return { msg: typeof msg }", message).data == "string"


@pytest.mark.parametrize(
    "message, script, data",
    [
        (
            text_message(b"\x01\xff", data_type="BINARY"),
            "return { msg: [Array.isArray(msg), ...msg].join() }",
            "true,1,255",
        ),
        (text_message(b"\x01\xff", data_type="BINARY"), "return { msg: msg.map(b => b ^ 255) }", b"\xfe\x00"),
        (text_message("hi", data_type="BINARY"), "msg.push(33); return { msg }", b"hi!"),
        (text_message("a\x00é😀"), "return { msg: msg + '!' }", "a\x00é😀!"),
        (text_message("5"), "return { msg: typeof msg }", "string"),
        (text_message(b"a\xffb"), "return { msg }", b"a\xffb"),
        (text_message(b"a\xffb"), "return { msg: msg.length }", "3"),
        (text_message("\ud800", type="\udcff"), "return { msg: msg.length + msgType.length }", "2"),
        (json_message([1, 2, 3]), "return { msg }", "[1,2,3]"),
        (json_message([1, 2, 3]), "return { msg: new Uint8Array(msg) }", b"\x01\x02\x03"),
        (json_message({}), "return { msg: [1, 2], dataType: 'BINARY' }", b"\x01\x02"),
        (json_message({}), "return { msg: 'plain' }", "plain"),
        (json_message({}), "return { msg: null }", ""),
        (json_message({}), "return { msg: 1e21 }", "1000000000000000000000"),
        (json_message({}), "return { msg: { b: 1, a: { d: -0, c: undefined } } }", '{"a":{"c":null,"d":-0},"b":1}'),
        (
            json_message({}),
            "return { msg: { '10': 1, '9': 1, B: 1, a: 1, 'é': '\\u2028' } }",
            '{"10":1,"9":1,"B":1,"a":1,"é":"\\u2028"}',
        ),
        (json_message({}), "return { msg: ['\\ud800', '<&>'] }", '["\ufffd","<&>"]'),
        (json_message({"f": 1.0, "e": 1e21, "s": 1e-7}), "return { msg }", '{"e":1e+21,"f":1,"s":1e-7}'),
    ],
)
def test_js_transform_makes_data(message, script, data):
    """Payloads of every kind go in, results of every kind come out in RuleGo's form."""
    assert transformed(script, message).data == data


@pytest.mark.parametrize(
    "data, script, expected",
    [
        ('{"id":1234567890123456789,"n":1}', "msg.n = 2; return { msg }", '{"id":1234567890123456789,"n":2}'),
        (
            '{"ids":[1234567890123456788,1234567890123456789]}',
            "return { msg }",
            '{"ids":[1234567890123456788,1234567890123456789]}',
        ),
        ('{"id":1234567890123456789}', "return { msg: { other: [msg.id] } }", '{"other":[1234567890123456789]}'),
        ('{"id":1234567890123456789}', "return { msg: { id: msg.id / 2 } }", '{"id":617283945061728400}'),
        (
            '{"a":1234567890123456788,"b":1234567890123456789}',
            "return { msg: { c: msg.a } }",
            '{"c":1234567890123456800}',
        ),
        ("{bad", "return { msg: { n: 12345678901234567890 } }", '{"n":12345678901234567000}'),
    ],
)
def test_long_numbers_keep_their_digits(data, script, expected):
    """Digits that JavaScript cannot hold come back where the script did not compute with them."""
    assert transformed(script, text_message(data, data_type="JSON")).data == expected


def test_js_transform_changes_only_what_it_returns():
    """Members that the result lacks stay; metadata edited but not returned is lost."""
    message = json_message({"a": 1})
    assert transformed("metadata.k = 'x'; msg.a = 2; return {}", message) == message
    changed = transformed("return { msgType: 'NEW', dataType: 'TEXT', metadata: { n: 1 } }", message)
    assert (changed.type, changed.data_type, dict(changed.metadata), changed.data) == (
        "NEW",
        "TEXT",
        {"n": "1"},
        message.data,
    )


@pytest.mark.parametrize(
    "script", ["", "return {'msg':msg,'metadata':metadata,'msgType':msgType,'dataType':dataType};"]
)
def test_the_default_script_leaves_the_bytes_alone(script):
    """The default script and an empty one pass the very message."""
    message = text_message('{"b":2, "a":1.0}', data_type="JSON")
    assert transformed(script, message) is message


def test_the_common_script_writes_the_payload_anew():
    """A script that returns the same message without dataType sorts its keys and normalises its numbers."""
    message = text_message('{"b":2, "a":1.0}', data_type="JSON")
    assert transformed("return {'msg':msg,'metadata':metadata,'msgType':msgType};", message).data == '{"a":1,"b":2}'


@pytest.mark.parametrize(
    "script", ["msg.a = 1", "return null", "return [msg]", "return 'x'", "return (async () => ({ msg }))()"]
)
def test_js_transform_wants_an_object(script):
    """Any other result is a Failure in RuleGo's words."""
    assert outcome_of("jsTransform", {"jsScript": script}).error == "return the value is not a map"


def test_data_without_a_form_fails_after_the_other_changes():
    """When only the data cannot be written, the Failure carries the other changes, as in RuleGo."""
    script = "return { msg: { a: NaN }, msgType: 'NEW', metadata: { m: 1 } }"
    outcome = outcome_of("jsTransform", {"jsScript": script}, json_message({"a": 1}))
    assert (outcome.relation, outcome.error) == ("Failure", "json: unsupported value: NaN")
    assert (outcome.message.type, dict(outcome.message.metadata), outcome.message.data) == (
        "NEW",
        {"m": "1"},
        '{"a":1}',
    )


def test_metadata_with_any_text_passes():
    """Metadata is handed over and back whatever characters it has."""
    metadata = {"q": '"\\\n', "u": "é😀\u2028", "s": "a\ud800", "10": "x"}
    changed = transformed("metadata.n = 1; return { metadata }", json_message({}, metadata=metadata))
    assert dict(changed.metadata) == {**metadata, "s": "a\ufffd", "n": "1"}


def test_js_switch_emits_each_item():
    """Every item of the list is an emission of its own, in order, with the fallback of switches."""
    outcomes = run_node("jsSwitch", {"jsScript": "return ['a', 1, 'a', null]"})
    assert [outcome.relation for outcome in outcomes] == ["a", "1", "a", ""]
    assert {outcome.fallback for outcome in outcomes} == {"Default"}


def test_js_switch_of_an_empty_list_ends_the_branch():
    """RuleGo never completes here; we emit nothing and the branch is over."""
    assert run_node("jsSwitch", {"jsScript": "return []"}) == []


def test_js_switch_wants_a_list():
    """Any other result is a Failure in RuleGo's words."""
    assert outcome_of("jsSwitch", {"jsScript": "return 'a'"}).error == "return the value is not an array"


@pytest.mark.parametrize("component", ["jsSwitch", "msgTypeSwitch"])
def test_the_fallback_is_a_property(component):
    """The engine's property defaultRelationType renames the relation that switches fall back to."""
    configuration = {"jsScript": "return ['T']"} if component == "jsSwitch" else {}
    properties = StringMap({"defaultRelationType": "Other"})
    assert outcome_of(component, configuration, properties=properties).fallback == "Other"


def test_log_writes_the_text_as_it_is(caplog):
    """The line goes to the chain's logger at INFO; it is never taken for a format."""
    caplog.set_level(logging.INFO, logger="rulechain.chain")
    message = json_message({"a": 1})
    outcome = outcome_of("log", {"jsScript": "return '100%d é\\0 ' + msg.a"}, message)
    assert (outcome.relation, outcome.message) == ("Success", message)
    assert caplog.record_tuples == [("rulechain.chain", logging.INFO, "100%d é\x00 1")]


def test_log_shows_message_and_metadata_by_default(caplog):
    """The default script is RuleGo's."""
    caplog.set_level(logging.INFO, logger="rulechain.chain")
    run_node("log", {}, json_message({"a": 1}))
    assert caplog.messages == ['Incoming message:\n{"a":1}\nIncoming metadata:\n{"k":"v"}']


def test_log_wants_a_text():
    """A script that returns no text is a Failure in RuleGo's words, also when nothing is logged."""
    assert outcome_of("log", {"jsScript": "msg.a"}).error == "return the value is not a string"


def test_several_faults_of_a_node_are_found_at_once():
    """A script that does not compile does not hide the findings about other settings."""
    _, diagnostics = build_node("jsFilter", {"jsScript": "return @", "jsScrpt": 1})
    assert [str(finding.code) for finding in diagnostics] == ["P303", "J551"]


@pytest.mark.parametrize(
    "script",
    [
        "msg.z = 1; msg['10'] = 2; msg['2'] = -0; msg.a = 1e-7; return {msg}",
        "return {msg: {b: 0.1 + 0.2, a: 'x\\u0000\"\\\\ud83d', c: null, d: true, e: undefined}}",
        "return {msg: {big: 9007199254740991, bigger: 9007199254740992, huge: 1e21}}",
        "return {msg: {half: 4503599627370495.5, small: 0.0001, smaller: 0.00009, whole: 1e15}}",
        "return {msg: {s: 'a\\u2028b', é: 1}}",
        "return {msg: {é: 1}}",
        "return {msg: {s: 'x'.repeat(199), t: 'y'.repeat(200)}}",
        "return {msg: {o: {}, l: [1]}}",
        "return {msg: {}}",
        "return {msg, metadata, msgType: 'X', dataType: 'TEXT'}",
        "metadata.n = 1; return {msg: metadata, metadata, msgType: 'X', dataType: 'JSON'}",
    ],
)
def test_an_object_that_waits_for_its_text_is_what_its_text_says(script):
    """What a script hands on is the same read before and after its text is written, and after reading that again."""
    message = json_message({"a": 1, "n": 2.5}, metadata={"k": "v"})
    changed = outcome_of("jsTransform", {"jsScript": script}, message).message
    again = changed.replace(data=outcome_of("jsTransform", {"jsScript": script}, message).message.data)
    assert repr(changed.value) == repr(again.value)
    assert changed.data == again.data
    assert [changed.type, changed.data_type, changed.metadata] == [again.type, again.data_type, again.metadata]
    assert message == json_message({"a": 1, "n": 2.5}, metadata={"k": "v"})


@pytest.mark.parametrize("change", ["msg.a = 5; delete msg.s;", "msg['a'] = msg.s;", "const m = msg; m.s += 'x';"])
def test_a_script_does_not_change_the_object_of_another_branch(change):
    """Branches share an object whose text nobody has written; a script changes one of its own."""
    shared = json_message({}).with_object({"a": 1.0, "s": "t"})
    assert shared.unwritten is not None
    changed = outcome_of("jsTransform", {"jsScript": f"{change} return {{msg}};"}, shared).message
    assert shared.unwritten is not None
    assert shared.value == {"a": 1.0, "s": "t"} != changed.value


@pytest.mark.parametrize("text", ["x" * 9_000, "x" * 10_001, "x" * 70_000, "\x00" * 9_999, "\x00" * 11_000])
def test_how_long_an_object_is_makes_no_difference(text):
    """Small objects without a text go to the script as they are, long ones are written first."""
    message = json_message({}).with_object({"n": 1.0, "s": text})
    changed = outcome_of("jsTransform", {"jsScript": "msg.n = msg.s.length; return {msg};"}, message).message
    assert changed.value == {"n": float(len(text)), "s": text}
