"""From a stream entry to a message."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulechain.endpoints.redis_stream.entry import EntryError, EntryReader


def read(*fields, delivery_count=1):
    return EntryReader("s", "g", "c").read(b"7-1", fields, delivery_count)


def test_of_equal_names_the_last_counts():
    """Duplicate fields keep the last value, and keys are sorted."""
    assert read(b"z", b"1", b"a", b"x", b"z", b"2").message.data == '{"a":"x","z":"2"}'


@given(st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=6))
def test_the_object_is_what_its_text_says(texts):
    """Before its text is written its members are those of the text already, in that order."""
    fields = [part.encode("utf-8", "replace") for pair in texts.items() for part in pair]
    message = read(*fields).message
    value = list(message.value.items())
    assert value == list(json.loads(message.data).items())


def test_headers_say_where_it_comes_from():
    """Topic and channel are headers as well as metadata; what one entry's processors set is not seen by the next."""
    reader = EntryReader("s", "g", "c")
    first, second = (reader.read(id_, [b"a", b"1"], 1) for id_ in (b"1-1", b"1-2"))
    first.headers.set("Extra", "x")
    assert dict(second.headers.texts) == {"Topic": "s", "Channel": "s"}
    assert first.message.id != second.message.id


def test_names_of_one_entry_are_not_those_of_the_next():
    """Names that differ, in what they are, in their order or in how many there are, are read anew, bad ones too."""
    reader = EntryReader("s", "g", "c")

    def texts(*fields):
        return reader.read(b"7-1", fields, 1).message.value

    assert texts(b"a", b"1", b"b", b"2") == texts(b"a", b"1", b"b", b"2") == {"a": "1", "b": "2"}
    assert texts(b"b", b"1", b"a", b"2") == {"b": "1", "a": "2"}
    assert texts(b"a", b"1", b"a", b"2") == {"a": "2"}
    assert texts(b"a", b"1") == {"a": "1"}
    with pytest.raises(EntryError):
        texts(b"\xff", b"1", b"b", b"2")
    assert texts(b"a", b"1") == {"a": "1"}
    with pytest.raises(EntryError):
        texts(b"\xff", b"1", b"b", b"2")


@pytest.mark.parametrize("fields", [[b"\xff", b"x"], [b"a", b"1", b"b", b"\xff"], [b"\xff", b"\xff"]])
def test_what_is_no_message_is_refused(fields):
    """Names and fields that are not UTF-8 raise nothing but EntryError."""
    with pytest.raises(EntryError):
        read(*fields)


@given(st.lists(st.binary(max_size=6), min_size=2, max_size=8).filter(lambda parts: len(parts) % 2 == 0))
def test_any_entry_is_read_or_refused(fields):
    """Whatever the bytes: an object of the last values, bytes of a single field, or EntryError."""
    try:
        message = read(*fields).message
    except EntryError:
        return
    if isinstance(message.data, bytes):
        assert (message.data, len(fields)) == (fields[1], 2)
    else:
        texts = [part.decode() for part in fields]
        expected = dict(zip(texts[::2], texts[1::2], strict=True))
        assert message.value == json.loads(message.data) == expected
        assert list(json.loads(message.data)) == sorted(expected)
