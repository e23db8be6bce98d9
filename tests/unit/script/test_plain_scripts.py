"""Scripts as Python functions: which ones become one, and that each rule of the language is QuickJS's own."""

import subprocess
import sys

import pytest

from rulechain.model import Message
from rulechain.values import StringMap
from support.script_engines import ScriptEngines

VALUES = [
    *[
        "undefined",
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1",
        "-1",
        "0.5",
        "2",
        "1e21",
        "1e-7",
        "4294967297",
        "NaN",
        "Infinity",
    ],
    *[
        "-Infinity",
        "''",
        "' '",
        "'0'",
        "'1'",
        "'-1'",
        "'0.5'",
        "'1e3'",
        "'a'",
        "'b'",
        "'A'",
        "'é'",
        "'Infinity'",
        "'true'",
        "'null'",
    ],
]
# Objects convert by methods of their own, which is for QuickJS.
OBJECTS = ["{}", "[]", "[1]", "msg"]
OPERATORS = [
    "+",
    "-",
    "*",
    "/",
    "%",
    "<",
    ">",
    "<=",
    ">=",
    "==",
    "!=",
    "===",
    "!==",
    "&",
    "|",
    "^",
    "<<",
    ">>",
    ">>>",
    "&&",
    "||",
    "??",
]
CONVERSIONS = [
    *[
        "!x",
        "!!x",
        "-x",
        "+x",
        "~x",
        "typeof x",
        "String(x)",
        "Number(x)",
        "Boolean(x)",
        "`a${x}`",
        "[x].join()",
        "x ? 1 : 2",
    ],
    *[
        "parseFloat(x)",
        "isNaN(x)",
        "isFinite(x)",
        "Math.floor(x)",
        "Math.ceil(x)",
        "Math.round(x)",
        "Math.trunc(x)",
        "Math.sign(x)",
    ],
    *[
        "Math.abs(x)",
        "Math.sqrt(x)",
        "Math.max(x, 0)",
        "Math.min(x, 0)",
        "Number.isInteger(x)",
        "Number.isNaN(x)",
        "Number.isFinite(x)",
    ],
    *[
        "Number.isSafeInteger(x)",
        "Array.isArray(x)",
        "JSON.stringify(x)",
        "JSON.stringify([x])",
        "JSON.stringify({x})",
        "({})[x]",
    ],
    *[
        "[1, 2].includes(x)",
        "[NaN, x].indexOf(x)",
        "x == null",
        "x === undefined",
        "x === null",
        "x === true",
        "x == 1",
        "x === 1",
    ],
    *["x === 0", "x == 0", "x === 'a'", "x == 'a'", "x?.y?.z", "x ?? 'd'", "[...[x]].length", "({...x, a: 1}).a"],
]
MESSAGE = Message('{"s":"a"}', type="T", metadata={"k": "v"}, id="m", ts=1)


@pytest.fixture(scope="module")
def engines():
    """Both engines with a property and a variable."""
    return ScriptEngines(StringMap({"site": "north"}), StringMap({"limit": "20"}))


def of_variable(value, expression):
    """A script in which no code can know the kind of x."""
    return f"let x = 0; x = {value}; return {{ msg: [{expression}, typeof ({expression})] }}"


@pytest.mark.parametrize("operator", OPERATORS)
def test_operators_convert_as_javascript_does(engines, operator):
    """Every operator on every pair of simple values, known when it compiles or not, gives what QuickJS gives."""
    for left in VALUES:
        known = ", ".join(f"String(({left}) {operator} ({right}))" for right in VALUES)
        answers = engines.compile(f"return {{ msg: [{known}] }}")(MESSAGE)
        assert answers.in_python
        assert answers.python == answers.quickjs, left
    for left in VALUES:
        unknown = ", ".join(f"String(x {operator} ({right})), String(({right}) {operator} x)" for right in VALUES)
        answers = engines.compile(f"let x = 0; x = {left}; return {{ msg: [{unknown}] }}")(MESSAGE)
        assert answers.in_python
        assert answers.python == answers.quickjs, left


@pytest.mark.parametrize("conversion", CONVERSIONS)
def test_conversions_are_those_of_javascript(engines, conversion):
    """Every conversion of every value gives what QuickJS gives, whichever engine it was."""
    for value in [*VALUES, *OBJECTS]:
        answers = engines.compile(of_variable(value, conversion))(MESSAGE)
        assert answers.python == answers.quickjs, value


@pytest.mark.parametrize("form", ["truth", "text", "texts", "change"])
@pytest.mark.parametrize("value", [*VALUES, *OBJECTS, "[1, 'a', null]", "{a: {b: [undefined, 1.5, -0]}}", "[msg, {}]"])
def test_results_become_what_they_become_in_quickjs(engines, form, value):
    """Every value as a result, as a payload, as metadata, as the type and the data type."""
    bodies = [f"return {value}"]
    if form == "change":
        bodies += [f"return {{ {part}: {value} }}" for part in ("msg", "metadata", "msgType", "dataType")]
        bodies += [f"metadata.x = {value}; return {{ metadata }}", f"return {{ metadata: {{ x: {value} }} }}"]
        bodies += [f"return {{ msg: {value}, dataType: 'BINARY' }}"]
    for body in bodies:
        answers = engines.compile(body, form)(MESSAGE)
        assert answers.python == answers.quickjs, body


@pytest.mark.parametrize(
    "body",
    [
        "return msg.temperature > 30;",
        "return msg.temperature > 30 && metadata.site === 'north'",
        "if (msg.a) { return true } else return false",
        "var t = Number(metadata.n || 0)\nreturn t < 3",
        "const a = msg.a, b = 2; let c; c = a * b; return {msg: c}",
        "msg.a = 1; metadata['k'] = 'x'; delete msg.b; msg.n++; msg.o.x += 2; return {msg, metadata, msgType}",
        "return {msg: {...msg, [msg.k + 1]: `a${msg.a}b`}, msgType: msg.a?.b ?? 'none'}",
        "if (!msg.a) throw new Error('no ' + msg.a); return true",
        "return msg.list.filter(x => x > 1).map((x, i) => ({x, i})).length",
        "msg.items = msg.items.map(item => { const n = item.n * 2; if (n < 0) throw 'no'; return {n} }); return {msg}",
        "'use strict'; // a comment\n/* another */ return global.site + vars.limit",
        "return msg.s.trim().toLowerCase().split(',').join('-').replace('a', 'b').length",
        "if (msg.a) { const t = 1; return t } else { let t = 2; t += 1; return t }",
        "",
    ],
)
def test_plain_scripts_become_python(engines, body):
    """Conditions, calculations, literals, assignments and the usual methods."""
    assert engines.is_plain(body)


@pytest.mark.parametrize(
    "body",
    [
        "return\nmsg",
        "return /* a\nb */ msg",
        "return { msg: 1 // }\n}",
        "let a = 1\nlet b = a\n+ 2\nreturn { msg: b }",
        "var a = 5, b\nif (a) b = 1\nelse b = 2\nreturn { msg: a + b }",
        "if (msg.s) { msg.t = 1 } else if (msg.t) msg.t = 2; else msg.t = 3\nreturn { msg }",
        "let a = 2\na\n*= 3\nreturn { msg: a }",
        "let a = 1; a++\n++a\nreturn { msg: a }",
        "return { msg: [0x1F, .5, 5., 1e3, 1E-2, 0.1 + 0.2, 0, 1.50] }",
        r"return { msg: 'a\'\"\x41\u0042\u{43}\n\t\0\d' }",
        "return { msg: `a${`b${'}'}`}c\\`\\${}$` + `\r\n`.length }",
        "return { msg: { if: 1, 'x y': 2, 10: 3, 1.5: 4, [1 + 1]: 5, undefined: 6, in: 7, class: 8 } }",
        "return { msg: msg.in + msg.class + msg.s.length }",
        "return { msg: [1, 2, , ].length }",
        "return { msg: [1, 2, ], metadata, }",
        "return { msg: 1 < 2 < 3 === true != false }",
        "return { msg: -1 - -1 + +1 - - 2 }",
        "return { msg: (1 ? 2 : 3 ? 4 : 5) + (null ?? 1) }",
        "return { msg: msg?.s?.length + (msg?.x)?.y?.z.a.b }",
        "return { msg: typeof typeof 1 + !1 + !!'a' }",
        "return { msg: [(- 0) !== false, (1 + 2) === null, -1 === undefined, 'a' + 'b' === true, !1 === false] }",
        "if (msg.x) NaN.x = 1; return { msg: (-1).toFixed(1) + NaN?.x }",
        "; ; {} { ; } return { msg: 1 }; return 2",
        "var x = 1; var x; var x = x + 1; return { msg: x }",
        "if (false) { var y = 1 } return { msg: y }",
    ],
)
def test_texts_are_read_as_javascript_reads_them(engines, body):
    """Line breaks that end statements and those that do not, literals, keys, precedence and nesting."""
    answers = engines.compile(body)(MESSAGE)
    assert answers.python == answers.quickjs


@pytest.mark.parametrize(
    "body",
    [
        "for (let i = 0; i < 3; i++) {} return true",
        "while (msg.a) {} return true",
        "function f() { return 1 } return f()",
        "return /a/.test(msg.s)",
        "return new Date().getTime()",
        "return Math.random() > 0.5",
        "return Math.pow(2, 3)",
        "return 2 ** 3",
        "return missing(1)",
        "missing = 1",
        "const c = 1; c = 2",
        "return x; let x = 1",
        "{ let y = 1 } return y",
        "let x = 1; { let x = 2 } return x",
        "let String = 1; return String",
        "return this",
        "return arguments.length",
        "return msg.constructor",
        "return { __proto__: msg }",
        "return '\\ud800'",
        "return '😀'",
        "return msg.list.map(x => msg.list.map(y => x))",
        "let n = 0; msg.list.map(x => { n = x }); return n",
        "try { return 1 } catch { return 2 }",
        "a: { break a }",
        "return msg = 1",
        "global.site = 'x'; return (1, 2)",
        "global = 1; return true",
        "vars = 1; return true",
        "return 0x" + "f" * 300 + " > 1",
        "return 9007199254740993.00000000000000000000000000001 > 1",
    ],
)
def test_other_scripts_stay_with_quickjs(engines, body):
    """Loops, functions, regular expressions, the clock, and names that Python could not keep apart."""
    assert not engines.is_plain(body)


@pytest.mark.parametrize(
    "body",
    [
        "return msg.missing.x",
        "msg.s.x.y = 1; return true",
        "return msg.s.noSuchMethod",
        "return '' + msg === '[object Object]'",
        "global.site = 'x'; return true",
        "const g = global; g.site = 'x'; return true",
        "throw new TypeError('no')",
        "return msg[msg.missing + 'x'].y",
        "return msg['to' + 'String'] === undefined",
        "return 'x'.repeat(-1)",
        "return (1.5).toFixed(101)",
        "return JSON.parse('{bad')",
        "msg.list = []; msg.list[5] = 1; return msg.list.length === 6",
        "msg.self = msg; return msg.self === msg && JSON.stringify(msg)",
        "return 'é'.toUpperCase() === 'É'",
    ],
)
def test_what_goes_wrong_is_told_by_quickjs(engines, body):
    """An error, or a rule that is not covered, ends the try in Python; the answer is that of QuickJS."""
    answers = engines.compile(body, "truth")(MESSAGE)
    assert not answers.in_python
    assert answers.python == answers.quickjs


@pytest.mark.parametrize(
    "data, data_type",
    [
        ('{"s":"😀"}', "JSON"),
        ('{"s":"half \ud800"}', "JSON"),
        ("{bad", "JSON"),
        ('"text"', "JSON"),
        ("", "JSON"),
        ("text \ud800", "TEXT"),
        ("[1,2]", "BINARY"),
        (b"bytes \xff", "TEXT"),
        (b'{"s":"\xff"}', "JSON"),
        ("{}", "😀"),
    ],
)
def test_payloads_that_python_reads_otherwise_go_to_quickjs(engines, data, data_type):
    """Text outside the Basic Multilingual Plane, what is not JSON, long numbers and bytes."""
    message = Message(data, type="T", data_type=data_type, id="m", ts=1)
    for body in (
        "return {msg, dataType}",
        "msg.n = 1; return {msg, dataType}",
        "return {msg: msg.s, metadata, dataType}",
    ):
        answers = engines.compile(body)(message)
        assert not answers.in_python
        assert answers.python == answers.quickjs, body


def test_long_numbers_keep_their_digits(engines):
    """A whole number that no float holds comes out as it came in, which QuickJS's way sees to."""
    message = Message('{"id":12345678901234567890,"n":0.1}', type="T", id="m", ts=1)
    for body in (
        "return {msg}",
        "msg.m = msg.n + 0.2; return {msg}",
        "return {msg: {copy: msg.id + 0}}",
        "return {msg: msg.n + 0.2}",
        "return {msg: {n: 12345678901234567000, m: 9007199254740991}}",
        "return {msg: [9007199254740992]}",
        "return {msg: {text: JSON.stringify([9007199254740992, 1e21])}}",
    ):
        answers = engines.compile(body)(message)
        assert answers.python == answers.quickjs, body


def test_a_script_never_changes_the_message(engines):
    """A transform and a filter that write into the payload, at the top or deep inside, leave the message as it was."""
    message = Message('{"a":{"b":[1]}}', type="T", metadata={"k": "v"}, id="m", ts=1)
    before = message.value
    for body in (
        "msg.a = 1; metadata.k = 2; return {msg, metadata}",
        "msg.a.b.push(2); let o = msg.a; o.b = 1; return {msg}",
    ):
        assert engines.compile(body)(message).in_python
        assert message.value is before
        assert before == {"a": {"b": [1.0]}}
        assert message.metadata == {"k": "v"}


@pytest.mark.parametrize(
    "body",
    [
        "return {msg: JSON.stringify(msg)}",
        "return {msg: Object.keys(msg)}",
        "return {metadata: {...msg}}",
        "return {metadata: msg}",
        "return {['meta' + 'data']: msg}",
        "metadata = msg; return {metadata}",
        "msg = {metadata: msg}; return msg",
    ],
)
def test_members_stand_in_the_order_of_the_text(engines, body):
    """A script sees what has no text yet as QuickJS sees it in the text."""
    message = Message.of_object({"a": "1", "b": "2"}, type="T", metadata=StringMap(), ts=1)
    answers = engines.compile(body)(message)
    assert answers.in_python
    assert answers.python == answers.quickjs


def test_characters_of_two_units_count_as_two_before_their_text_is_written(engines):
    """What an endpoint made of an entry is looked at for them too, and left to QuickJS."""
    message = Message.of_object({"s": "a😀"}, type="T", metadata=StringMap(), ts=1)
    answers = engines.compile("return {msg: {length: msg.s.length, half: msg.s[1]}}")(message)
    assert not answers.in_python
    assert answers.python == answers.quickjs


@pytest.mark.parametrize(
    "body",
    [
        "msg = metadata; msg.x = '1'; return {msg, metadata}",
        "metadata = msg; metadata.x = '1'; return {msg}",
        "let m = metadata; m.x = 1; return {metadata}",
        "msg.m = metadata; msg.m.x = 1; return {msg, metadata}",
        "let o = msg.o; o.x = 1; msg.p = o; o.y = 2; return {msg}",
        "let l = [msg.o]; l.map(o => { o.x = 1; return o }); return {msg}",
    ],
)
def test_one_object_may_have_two_names(engines, body):
    """What is changed under one name is seen under the other, and never in the message."""
    message = Message('{"o":{"a":1}}', type="T", metadata={"k": "v"}, id="m", ts=1)
    assert message.value == {"o": {"a": 1.0}}
    answers = engines.compile(body)(message)
    assert answers.in_python
    assert answers.python == answers.quickjs
    assert message.value == {"o": {"a": 1.0}}
    assert message.metadata == {"k": "v"}


def test_a_call_that_is_given_up_leaves_nothing_behind(engines):
    """What a script changed before Python gave up is not seen by QuickJS, which starts from the message."""
    body = "msg.n = (msg.n || 0) + 1; metadata.n = msg.n; if (msg.n) msg.t = '' + msg; return {msg, metadata}"
    answers = engines.compile(body)(MESSAGE)
    assert not answers.in_python
    assert answers.python == answers.quickjs


@pytest.mark.parametrize(
    "body",
    [
        "return {msg: msg.list.map((x, i) => { msg.list[i + 1] = 9; return x })}",
        "return {msg: msg.list.filter((x, i) => { msg.list.push(i); return msg.list.length })}",
        "return {msg: msg.list.reduce((sum, x) => { msg.list[2] = 5; return sum + x }, 0)}",
    ],
)
def test_a_callback_sees_what_it_does_to_the_list(engines, body):
    """Items that it sets, but not those that it adds."""
    answers = engines.compile(body)(Message('{"list":[1,2,3]}', id="m", ts=1))
    assert answers.in_python
    assert answers.python == answers.quickjs


@pytest.mark.parametrize("body", ["return {['meta' + 'data']: null}", "return {['m' + 'sg']: 'text'}"])
@pytest.mark.parametrize("data", ["text", b"text"])
def test_a_result_may_have_members_that_the_script_does_not_name(engines, body, data):
    """Parts of the message that are not read for the script still become what its result says."""
    answers = engines.compile(body)(Message(data, data_type="TEXT", metadata={"k": "v"}, id="m", ts=1))
    assert answers.python == answers.quickjs


@pytest.mark.parametrize(
    "source, plain",
    [
        ("function twice(x) { return 2 * x }", True),
        ("(a, b) => a + b", True),
        ("String.prototype.trim = function () { return 'mine' }", False),
        ("Object.prototype.extra = 1", False),
        ("var parseInt = 1", False),
        ("JSON.stringify = () => 'mine'", False),
        ("const JSON = { stringify: () => 'mine' }", False),
        ("class Number {}", False),
        ("Math.max = Math.min; function f() {}", False),
    ],
)
def test_user_defined_functions_may_change_the_language(source, plain):
    """Where they have put something else in the place of a language's own object, all scripts are QuickJS's."""
    engines = ScriptEngines(udfs={"f": source})
    assert engines.is_plain("return msg.s.trim()", "truth") is plain


def test_lark_is_loaded_by_the_first_script():
    """Importing the room, and an engine without scripts, do not wait for the grammar."""
    code = "import sys, rulechain; rulechain.Engine(); raise SystemExit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
