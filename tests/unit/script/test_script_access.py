"""What is known of how a script treats its parameters, and how little a call then has to look at."""

import pytest

from rulechain.model import Message
from rulechain.script.compiled import ABSENT, Access, Bail, compile_plain, plain_metadata
from rulechain.values import StringMap
from support.script_engines import ScriptEngines

PARTS = ("msg", "metadata", "msgType", "dataType")
EMPTY = Access((), ())


@pytest.fixture(scope="module")
def engines():
    """Both engines."""
    return ScriptEngines()


def plain(body):
    """The script as a Python function, which returns the parts of a message as a tuple."""
    return compile_plain(PARTS, body, StringMap(), StringMap(), PARTS)


@pytest.mark.parametrize(
    "body, access",
    [
        ("return {msg}", EMPTY),
        ("return {'msg': msg, metadata: metadata}", EMPTY),
        ("return msg.a > 30 && 2 <= msg.b && msg.c * msg.d - 1", EMPTY),
        ("return msg.a > msg.b", Access(("a", "b"), ())),
        ("return msg.a > '30'", Access(("a",), ())),
        ("return msg.a + 1", Access(("a",), ())),
        ("return msg['a'] === 'x' || msg?.b", Access(("a", "b"), ())),
        ("return {msg: msg.a, metadata: {b: msg.b}}", Access(("a", "b"), ())),
        ("msg.f = msg.t * 1.8 + 32; return {msg}", Access((), ("f",))),
        ("msg.f += 'x'; delete msg.g; msg.h++; return {msg}", Access(("f", "h"), ("f", "g", "h"))),
        ("msg.f = msg.g; return {msg}", Access(("g",), ("f",))),
        ("if (msg.a) { return {msg} } else return {msg: 1}", Access(("a",), ())),
        ("msg.l.push(msg.a); return {msg}", Access(("a", "l"), ())),
        ("return [1].map(x => msg.a + x)", Access(("a",), ())),
    ],
)
def test_members_that_are_named_are_known(body, access):
    """All that a script reads, but for what it only calculates with, and all that it sets."""
    assert plain(body).accesses["msg"] == access


@pytest.mark.parametrize(
    "body",
    [
        "return msg",
        "return {other: msg}",
        "return {metadata: msg}",
        "return {['msg']: msg}",
        "return {msg: {...msg}}",
        "return {msg: [msg]}",
        "let m = msg; return {msg}",
        "msg = metadata; return {msg}",
        "msg[metadata.k] = 1; return {msg}",
        "msg[0] = 1; return {msg}",
        "msg.self = msg; return {msg}",
        "return JSON.stringify(msg)",
        "return 'a' in msg",
        "return msg.hasOwnProperty('a')",
        "return [1].map(x => { return {msg: msg} })",
        "return [1].map(x => { return {msg} })[0]",
    ],
)
def test_an_object_that_goes_anywhere_else_is_looked_at_whole(body):
    """Only as the member of its own name of an object that the script returns is it known to come back."""
    assert "msg" not in plain(body).accesses


@pytest.mark.parametrize("body", ["return msg['ä'] > 1 || msg['ä']", "msg['\ufffd'] = 1; return {msg}"])
def test_members_whose_names_are_not_ascii_are_not_told_apart(body):
    """Their names may have been half of a surrogate pair, or be written otherwise than they are read."""
    assert "msg" not in plain(body).accesses


@pytest.mark.parametrize(
    "body, parts",
    [
        ("return {msg: 1, metadata: 2, msgType: 3, dataType: 4}", (1.0, 2.0, 3.0, 4.0)),
        ("return {metadata: null, dataType: 'TEXT'}", (ABSENT, None, ABSENT, "TEXT")),
        ("if (msg) return {msgType}", (ABSENT, ABSENT, "T", ABSENT)),
    ],
)
def test_the_parts_that_are_written_out_come_back_as_they_are(body, parts):
    """No object is made of them, where the script returns a literal."""
    assert plain(body).run({}, {}, "T", "JSON") == parts


@pytest.mark.parametrize(
    "body",
    [
        "return {metadata, msg}",
        "return {msg, msg}",
        "return {msg, other: 1}",
        "return {...metadata}",
        "return {['msg']: 1}",
        "let r = {msg}; return r",
        "return [1].map(x => { return {msg: x} })[0]",
    ],
)
def test_any_other_object_comes_back_as_an_object(body):
    """The order of its members is that of the work, and one may stand twice."""
    assert type(plain(body).run({}, {}, "T", "JSON")) is dict


@pytest.mark.parametrize(
    "body",
    [
        "msg.f = msg.t * 2; return {msg, metadata}",
        "msg.note = '😀'.length > 1 ? 'wide' : 'é'; return {msg}",
        "msg.f = 9007199254740993; return {msg}",
        "msg.f = undefined; delete msg.note; return {msg}",
        "msg.list = [msg.t]; msg.list.push(2); return {msg}",
        "metadata.n = 1; metadata.u = undefined; return {msg, metadata}",
        "return {msg, msgType: msg.t}",
    ],
)
def test_what_is_handed_over_is_no_matter(engines, body):
    """A script does not mind characters of members that it does not read, and neither does its result."""
    texts = {"long": "x" * 70_000, "note": "so 😀", "t": "21.5", "ä": "ö\u2028"}
    message = Message.of_object(texts, type="T", metadata=StringMap({"k": "😀é"}), ts=1)
    answers = engines.compile(body)(message)
    assert answers.python == answers.quickjs
    assert texts == {"long": "x" * 70_000, "note": "so 😀", "t": "21.5", "ä": "ö\u2028"}


UNUSUAL = [
    *[
        '{"s":"\ud800","n":1}',
        '{"s":"\\ud800","n":1}',
        '{"\ud800":1,"\ud801":2,"n":1}',
        '{"\\ud800":1,"\\ud801":2,"n":1}',
    ],
    *[
        '{"s":"\ud83d","t":"\ude00","n":1}',
        '{"s":"\\ud83d\\ude00","n":1}',
        '{"s":[1,"\\ud800😀"],"n":1}',
        '{"s":"\u2028","n":1}',
    ],
    *['{"n":12345678901234567890,"s":"a"}', '{"n":-0,"s":0.1}', '{"n":1e400}', '{"n":1.0,"s":1e21,"k":1E-7}'],
    *[
        '{"n":1,"n":2,"s":1}',
        '{"n":1,"__proto__":{"a":1}}',
        '{"10":1,"2":3,"n":1}',
        '{"é":1,"n":"5"}',
        '{"n":"\uff15"}',
    ],
    *['{"n":' + "[" * 40 + "]" * 40 + "}", '{"n":1,"s":"' + "x" * 70_000 + '"}', "{}", ' {"n" : " 5\u00a0" } ', ""],
]


@pytest.mark.parametrize(
    "form, body",
    [
        ("change", "return {msg}"),
        ("change", "msg.n = 2; return {msg}"),
        ("change", "msg.f = msg.n * 2; return {msg, metadata}"),
        ("change", "msg.f = msg.n * 2; return {msg, dataType: 'TEXT'}"),
        ("change", "delete msg.s; msg.n = 'é'; return {msg}"),
        ("change", "msg.t = msg.s + 'x'; return {msg}"),
        ("change", "return {msg: {length: msg.s.length}}"),
        ("truth", "return msg.n * 2 > 1"),
        ("truth", "return msg.s === '\ufffd'"),
        ("truth", "return msg.hasOwnProperty('\ufffd')"),
    ],
)
@pytest.mark.parametrize("data_type", ["JSON", "TEXT"])
def test_unusual_payloads_are_no_matter_either(engines, form, body, data_type):
    """A payload's text is not looked at where only members are; what is odd about others changes no result."""
    ask = engines.compile(body, form)
    for text in UNUSUAL:
        for data in (text, text.encode("utf-8", "surrogatepass")):
            answers = ask(Message(data, type="T", data_type=data_type, id="m", ts=1))
            assert answers.python == answers.quickjs, ascii(data)


@pytest.mark.parametrize(
    "body, in_python",
    [
        ("return msg.t > 20", True),
        ("return msg.t === '21.5'", True),
        ("return msg.wide * 1 === 1", True),
        ("return msg.wide === ''", False),
        ("return msg.long === ''", False),
        ("return msg.wide * 2 > msg.long * 2", True),
        ("return Object.keys(msg).length === 3", False),
    ],
)
def test_only_what_a_script_reads_sends_it_to_quickjs(engines, body, in_python):
    """Characters that QuickJS counts otherwise, and texts that it limits, do no harm in other members."""
    texts = {"long": "x" * 70_000, "t": "21.5", "wide": "😀"}
    answers = engines.compile(body, "truth")(Message.of_object(texts, type="T", metadata=StringMap(), ts=1))
    assert answers.in_python == in_python
    assert answers.python == answers.quickjs


@pytest.mark.parametrize("metadata", [{"k": "\ud800"}, {"\ud800": "v"}, {"b": "1", "10": "2"}, {"k": "x" * 70_000}])
@pytest.mark.parametrize("body", ["return {metadata}", "metadata.unit = 'F'; return {msg, metadata}"])
def test_metadata_that_come_back_are_looked_at_then(engines, metadata, body):
    """Half of a surrogate pair, and names that are indexes, do not come out of QuickJS as they went in."""
    message = Message('{"a":1}', type="T", metadata=metadata, id="m", ts=1)
    answers = engines.compile(body)(message)
    assert not answers.in_python
    assert answers.python == answers.quickjs


def test_metadata_that_a_script_replaces_need_not_be_looked_at(engines):
    """Half of a surrogate pair is no matter to the order of the others, whichever way the script runs."""
    metadata = {"z": "1", "half": "\ud800", "a": "2"}
    message = Message('{"a":1}', type="T", metadata=metadata, id="m", ts=1)
    answers = engines.compile("metadata.half = 'whole'; return {metadata}")(message)
    assert answers.in_python
    assert answers.python == answers.quickjs


@pytest.mark.parametrize("type_", ["\ud800", "😀"])
def test_a_type_of_other_characters_is_left_to_quickjs(engines, type_):
    """QuickJS cannot take half of a surrogate pair, so the type changes even where it is handed over."""
    message = Message('{"a":1}', type=type_, id="m", ts=1)
    for form, body in (("change", "return {msgType}"), ("text", "return msgType"), ("texts", "return [dataType]")):
        answers = engines.compile(body, form)(message)
        assert answers.python == answers.quickjs


def test_names_of_metadata_are_remembered_only_where_they_are_safe():
    """However many names come by, those that QuickJS puts in another order are found."""
    for start in range(0, 3000, 10):
        names = {f"name{number}": "" for number in range(start, start + 10)}
        assert plain_metadata(names, live=True) == names
        with pytest.raises(Bail):
            plain_metadata({**names, "7": ""}, live=True)
        with pytest.raises(Bail):
            plain_metadata({**names, "\ud800": ""}, live=True)
