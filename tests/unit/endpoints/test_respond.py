"""From an outcome to a response: where it goes and what its fields are."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rulechain.api import Headers, Outbound
from rulechain.endpoints.respond import MAX_FIELDS, payload_fields, response_fields, response_stream
from rulechain.model import Message
from rulechain.values import to_json


@pytest.mark.parametrize(
    "body,fields",
    [
        ('{"a":"x","b":"é"}', {"a": "x", "b": "é"}),
        ('{"t":true,"f":false,"n":null}', {"t": "1", "f": "0", "n": ""}),
        ('{"i":42,"neg":-7,"z":0}', {"i": "42", "neg": "-7", "z": "0"}),
        ('{"f":1.50,"big":1e21,"small":1e-7}', {"f": "1.5", "big": "1000000000000000000000", "small": "0.0000001"}),
        ('{"id":12345678901234567890}', {"id": "12345678901234567890"}),
        ('{"o":{"b":1,"a":[1, 2]},"l":[true]}', {"o": '{"a":[1,2],"b":1}', "l": "[true]"}),
        ('{"esc":"line\\n\\"q\\" \\u00e9"}', {"esc": 'line\n"q" é'}),
        ('{"k":"first","k":"last"}', {"k": "last"}),
        (' \n{"a":"x"}', {"a": "x"}),
        ('{"half":"\\ud800"}', {"half": "\ufffd"}),
        ('{"big":9007199254740993,"e":1E2,"pad":"\\t"}', {"big": "9007199254740993", "e": "100", "pad": "\t"}),
        ("half \ud800", {"value": "half \ufffd"}),
        ("{}", {"value": "{}"}),
        ("null", {"value": "null"}),
        ("[1,2]", {"value": "[1,2]"}),
        ('"text"', {"value": '"text"'}),
        ("3.0", {"value": "3.0"}),
        ("plain", {"value": "plain"}),
        ("", {"value": ""}),
        ('{"a":1', {"value": '{"a":1'}),
        (b'{"a":"x"}', {"a": "x"}),
        (b"\xff\x00", {"value": b"\xff\x00"}),
    ],
)
def test_a_body_becomes_fields(body, fields):
    """An object gives one field per key, nested values as JSON text; everything else is one field `value`."""
    parts = list(response_fields(body))
    texts = [part.decode() if isinstance(part, bytes) and part != b"\xff\x00" else part for part in parts]
    assert dict(zip(texts[::2], texts[1::2], strict=True)) == fields


_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
)


@given(st.dictionaries(st.text(st.characters()) | st.sampled_from(["a", "é", "half \ud800"]), _VALUES, max_size=4))
@example({"a": -0.0})
@example({"a": "half \ud800"})
@example({"half \ud800": "a"})
@example({"b": 1e21, "a": 2.0**60, "é": "日本"})
def test_an_object_gives_the_fields_of_its_text(value):
    """Whether its text is written before or not, a payload becomes the same fields in the same order."""
    message = Message("", metadata={}).with_object(dict(sorted(value.items())))
    assert list(payload_fields(message)) == list(response_fields(to_json(value)))


@pytest.mark.parametrize("message", [Message("plain"), Message(b"\xff"), Message('{"a":1}'), Message("")])
def test_a_payload_that_has_its_text_gives_what_that_gives(message):
    """A payload of any kind becomes the fields of its text or bytes."""
    assert payload_fields(message) == response_fields(message.data)


def test_an_object_of_too_many_keys_is_one_field():
    """More fields than a script can hand to XADD stay together as one text."""
    body = "{" + ",".join(f'"k{n}":1' for n in range(MAX_FIELDS + 1)) + "}"
    assert response_fields(body) == ("value", body)


def test_an_object_that_is_too_deep_is_one_field():
    """What is nested too deeply to be read is answered as the text it is."""
    body = '{"a":' + "[" * 100_000 + "]" * 100_000 + "}"
    assert response_fields(body) == ("value", body)


def test_bytes_that_were_read_as_text_come_back():
    """Text with surrogate escapes is written as the bytes it was made of."""
    assert response_fields(b"a\xff".decode("utf-8", "surrogateescape")) == ("value", b"a\xff")


@pytest.mark.parametrize(
    "metadata,headers,stream",
    [
        ({"responseTopic": "a", "responseStream": "b"}, {"responseTopic": "c"}, "a"),
        ({"responseStream": "b"}, {"responseTopic": "c"}, "c"),
        ({"responseStream": "b"}, {"responsestream": "d"}, "b"),
        ({}, {"RESPONSESTREAM": "d"}, "d"),
        ({"responseTopic": ""}, {}, ""),
        ({}, {}, ""),
    ],
)
def test_an_outcome_names_its_stream(metadata, headers, stream):
    """`responseTopic` counts before `responseStream`, each in the metadata before the headers."""
    outbound = Outbound(Message("{}", metadata=metadata))
    for name, text in headers.items():
        outbound.headers.set(name, text)
    assert response_stream(outbound) == stream


def test_headers_are_compared_without_case():
    """A header is found under any spelling and shown under its canonical one; copies are independent."""
    headers = Headers({"content-type": "a"})
    copy = headers.copy()
    copy.set("CONTENT-TYPE", "b")
    headers.set("x-y", "c")
    assert dict(headers.items()) == {"Content-Type": "a", "X-Y": "c"}
    assert dict(copy.texts) == {"Content-Type": "b"}
