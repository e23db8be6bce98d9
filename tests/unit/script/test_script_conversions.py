"""What goes into a script, and what its result becomes: RuleGo's forms, JavaScript's natural semantics."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulechain.script import ScriptError, ScriptRuntime

RUNTIME = ScriptRuntime()
PARAMETERS = ("msg", "metadata", "msgType", "dataType")


def change(body, data="{}", *, metadata="{}", is_json=True, data_type="JSON"):
    """The head and the data of what a transform returns."""
    function = RUNTIME.compile("Transform", PARAMETERS, body, form="change")
    head, _, written = function(data, is_json, metadata, "T", data_type).partition("\n")
    return head, written


def data_of(expression, data_type="JSON"):
    """What becomes of a value returned as `msg`."""
    return change(f"return {{ msg: {expression} }}", data_type=data_type)[1]


def metadata_of(body, metadata='{"k":"v"}'):
    """The metadata a transform leaves, None when unchanged."""
    head, _ = change(body, metadata=metadata)
    return json.loads(head)[2] if head else None


@pytest.mark.parametrize(
    "data, is_json, seen",
    [
        ('{"a":[1,null,"x"]}', True, '{"a":[1,null,"x"]}'),
        ("5", True, "5"),
        ("null", True, "null"),
        ('"text"', True, '"text"'),
        ("{bad", True, '"{bad"'),
        ("", True, '""'),
        ('{"a":1}', False, '"{\\"a\\":1}"'),
        ("nul\0l", False, '"nul\\u0000l"'),
        ('{"__proto__":1}', True, '{"__proto__":1}'),
    ],
)
def test_the_payload_comes_as_its_value_or_its_text(data, is_json, seen):
    """JSON that parses comes as its value, anything else as text, whatever characters it has."""
    assert change("return { msg: JSON.stringify(msg) }", data, is_json=is_json)[1] == f"s{json.dumps(seen)}"


@pytest.mark.parametrize(
    "expression, written",
    [
        ("{ b: 1, a: undefined }", 'j{"b":1,"a":null}'),
        ("[undefined, , null]", "j[null,null,null]"),
        ("{ n: -0, z: 0, f: 1.5, big: 1e21, small: 1e-7 }", 'j{"n":-0.0,"z":0,"f":1.5,"big":1e+21,"small":1e-7}'),
        (
            "{ d: new Date(0), e: new Date(1700000000120) }",
            'j{"d":"1970-01-01T00:00:00Z","e":"2023-11-14T22:13:20.12Z"}',
        ),
        ("{ d: new Date(NaN) }", 'j{"d":null}'),
        ("{ m: new Map([['a', 1]]), s: new Set([1, undefined]) }", 'j{"m":[["a",1]],"s":[1,null]}'),
        ("{ b: new Uint8Array([104, 105]), f: new Float32Array([1.5]) }", 'j{"b":"aGk=","f":[1.5]}'),
        ("[new Uint8Array([1]), new Uint8Array([1, 2, 3]), new Uint8Array([])]", 'j["AQ==","AQID",""]'),
        ("{ r: /x/, e: new Error('x') }", 'j{"r":{},"e":{}}'),
        ("{ s: new String('x'), n: new Number(2), b: new Boolean(false) }", 'j{"s":"x","n":2,"b":false}'),
        ("{ big: 12345678901234567890n }", 'j{"big":12345678901234567890}'),
        ("{ s: Symbol('name') }", 'j{"s":"name"}'),
        ("new (class Point { constructor() { this.x = 1 } })()", 'j{"x":1}'),
        ("Object.create(null)", "j{}"),
        ("{ '10': 1, '9': 2, __proto__: null }", 'j{"9":2,"10":1}'),
        ("[1, 2, 300]", "j[1,2,300]"),
        ("[]", "j[]"),
        ("{ l: '\\u2028', q: '\"\\\\\\n\\u0001' }", 'j{"l":"\u2028","q":"\\"\\\\\\n\\u0001"}'),
    ],
)
def test_objects_and_lists_become_json(expression, written):
    """Every kind of value inside an object has a JSON form; nothing is dropped."""
    assert data_of(expression) == written


@pytest.mark.parametrize(
    "expression, text",
    [
        ("'as it is'", "as it is"),
        ("null", ""),
        ("undefined", ""),
        ("true", "true"),
        ("1.0", "1"),
        ("-0", "-0"),
        ("1e21", "1000000000000000000000"),
        ("-1.5e-7", "-0.00000015"),
        ("1.25e22", "12500000000000000000000"),
        ("NaN", "NaN"),
        ("-Infinity", "-Inf"),
        ("1 / 0", "+Inf"),
        ("123n", "123"),
        ("Symbol('name')", "name"),
        ("new Date(1700000000120)", "2023-11-14 22:13:20.12 +0000 UTC"),
        ("new String('boxed')", "boxed"),
        ("'nul\\0l \\ud800'", "nul\0l \ud800"),
    ],
)
def test_single_values_become_text(expression, text):
    """A value that is no object or list becomes its text form, without exponents."""
    kind, written = data_of(expression)[0], data_of(expression)[1:]
    assert (kind, json.loads(written)) == ("s", text)


@pytest.mark.parametrize(
    "expression, data_type, written",
    [
        ("new Uint8Array([1, 255])", "JSON", "b[1,255]"),
        ("new Uint8Array([1]).buffer", "JSON", "b[1]"),
        ("[1, 255]", "BINARY", "b[1,255]"),
        ("[]", "BINARY", "b[]"),
        ("[1, 'x']", "BINARY", 'j[1,"x"]'),
        (
            "[1, 256]",
            "BINARY",
            'e"byte array element at index 1 has invalid value 256: must be integer in range 0-255"',
        ),
        ("[1.5]", "BINARY", 'e"byte array element at index 0 has invalid value 1.5: must be integer in range 0-255"'),
        ("[1, 255]", "TEXT", "j[1,255]"),
    ],
)
def test_bytes_only_where_they_are_meant(expression, data_type, written):
    """A Uint8Array is bytes; a list of numbers is only under the data type BINARY, and then it must fit."""
    assert data_of(expression, data_type) == written


@pytest.mark.parametrize(
    "expression, error",
    [
        ("{ a: NaN }", "json: unsupported value: NaN"),
        ("[Infinity]", "json: unsupported value: +Inf"),
        ("{ a: [-Infinity] }", "json: unsupported value: -Inf"),
        ("{ f() {} }", "json: unsupported type: function"),
        (
            "(() => { const o = {}; o.o = o; return o })()",
            "json: unsupported value: encountered a cycle or too deep a nesting",
        ),
        ("{ get x() { throw new TypeError('no') } }", "TypeError: no"),
    ],
)
def test_what_has_no_json_form_is_an_error(expression, error):
    """NaN, infinities, functions and cycles are told, not dropped."""
    assert data_of(expression) == f"e{json.dumps(error)}"


@pytest.mark.parametrize(
    "result", ["5", "null", "undefined", "'x'", "[]", "() => 1", "new Map()", "new Date()", "new Uint8Array(1)"]
)
def test_a_change_is_an_object(result):
    """A transform that returns anything but an object with members changes nothing; the caller is told."""
    assert RUNTIME.compile("Transform", (), f"return {result}", form="change")() is None


def test_what_a_change_lacks_stays():
    """Absent members, and those that equal what was given, are no change."""
    assert change("return {}") == ("", "=")
    assert change("return { msgType, dataType, metadata }", metadata='{"k":"v"}') == ("", "=")
    assert change("return { dataType: '' , msgType: null }") == ('[null,"",null]', "=")
    assert change("return { dataType: 'TEXT', msgType: 5 }") == ('["TEXT","5",null]', "=")
    assert change("return { msg: undefined }") == ("", 's""')
    assert change("return Object.create({ msg: 1, msgType: 'X', dataType: 'X', metadata: {} })") == ("", "=")


@pytest.mark.parametrize(
    "body, metadata",
    [
        ("metadata.n = 1; return { metadata }", {"k": "v", "n": "1"}),
        ("metadata.u = undefined; metadata.z = null; return { metadata }", {"k": "v", "u": "", "z": ""}),
        (
            "metadata.o = { a: 1 }; metadata.l = [1, 2]; return { metadata }",
            {"k": "v", "o": "[object Object]", "l": "1,2"},
        ),
        ("delete metadata.k; return { metadata }", {}),
        ("metadata.n = 1e21; return { metadata }", {"k": "v", "n": "1e+21"}),
        ("return { metadata: { ...metadata, n: 1e21 } }", {"k": "v", "n": "1000000000000000000000"}),
        (
            "return { metadata: { o: { a: 1 }, u: undefined, b: true, f() {} } }",
            {"o": '{"a":1}', "u": "", "b": "true", "f": ""},
        ),
        ('return { metadata: \'{"a":"b"}\' }', {"a": "b"}),
        ("return { metadata: '{\"a\":1}' }", {}),
        ("return { metadata: 'no' }", {}),
        ("return { metadata: null }", {}),
        ("return { metadata: Number.prototype }", {}),
        ("return { metadata: String.prototype }", {}),
        ("return { metadata: ['a'] }", {}),
        ("metadata.n = 1; return {}", None),
        ("return { metadata: { k: 'v' } }", None),
    ],
)
def test_metadata_becomes_texts(body, metadata):
    """The script's own metadata converts as on assignment, a fresh object by the text form, a text is read as JSON."""
    assert metadata_of(body) == metadata


def test_nested_lists_are_real_lists():
    """push, pop, splice and sort work on lists inside the payload."""
    body = "msg.l.push(4); msg.l.splice(0, 1); msg.m.pop(); msg.l.sort((a, b) => b - a); return { msg }"
    assert change(body, '{"l":[1,2,3],"m":[1]}')[1] == 'j{"l":[4,3,2],"m":[]}'


@pytest.mark.parametrize(
    "form, body", [("text", "return 5"), ("text", "return null"), ("texts", "return 'a'"), ("texts", "return {}")]
)
def test_other_forms_are_told(form, body):
    """A result of another form than asked for is None."""
    assert RUNTIME.compile("Run", (), body, form=form)() is None


def test_texts_are_the_text_forms_of_a_list():
    """Items of a list of relations become texts; a set counts as a list."""
    function = RUNTIME.compile("Switch", (), "return ['a', 1, null, true, { b: 1 }, 'a']", form="texts")
    assert json.loads(function()) == ["a", "1", "", "true", '{"b":1}', "a"]
    assert RUNTIME.compile("Switch", (), "return new Set(['a', 'a', 'b'])", form="texts")() == '["a","b"]'


@pytest.mark.parametrize("count", [100, 10_000, 1_000_000])
def test_results_may_be_long(count):
    """Texts that scripts put together come out whole, however long; so do errors."""
    build = f"let s = 'é'; for (let i = 0; i < {count}; i += 10) s += '0123456789';"
    text = "é" + "0123456789" * (count // 10)
    assert change(f"{build} return {{ msg: s }}")[1] == f"s{json.dumps(text, ensure_ascii=False)}"
    assert change(f"{build} return {{ msg: {{ s }} }}")[1] == f'j{{"s":"{text}"}}'
    assert json.loads(change(f"{build} return {{ metadata: {{ s }} }}")[0])[2] == {"s": text}
    assert json.loads(RUNTIME.compile("ToString", (), f"{build} return s", form="text")()) == text
    assert json.loads(RUNTIME.compile("Switch", (), f"{build} return [s, 1]", form="texts")()) == [text, "1"]
    with pytest.raises(ScriptError) as caught:
        RUNTIME.compile("Filter", (), f"{build} throw new Error(s)", form="truth")()
    assert caught.value.message == f"Error: {text}"


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=80)
@given(st.dictionaries(st.text(max_size=5), JSON_VALUES, max_size=5))
def test_a_payload_passes_through_unharmed(value):
    """Whatever JSON goes in comes out as the same value."""
    written = change("return { msg }", json.dumps(value))[1]
    assert json.loads(written[1:], parse_int=float) == json.loads(json.dumps(value), parse_int=float)
