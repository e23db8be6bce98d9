"""Messages: what travels through a chain."""

import pickle
import time
import uuid

import pytest

from rulechain.model import DataType, Message
from rulechain.values import JsonError, StringMap


def test_a_message_has_rulegos_parts_and_defaults():
    """Only the payload is needed: the id is a new UUID, the time is now, the data is said to be JSON."""
    before = time.time_ns() // 1_000_000
    first, second = Message("{}"), Message("{}")
    assert (first.type, first.data_type, first.metadata) == ("", "JSON", {})
    assert uuid.UUID(first.id).version == 4
    assert first.id != second.id
    assert before <= first.ts <= time.time_ns() // 1_000_000


def test_parts_can_be_given():
    """Id and time of the caller are kept, also when they are empty; a data type is plain text."""
    message = Message(b"x", type="T", data_type=DataType.BINARY, metadata={"a": "1"}, id="", ts=0)
    assert (message.data, message.type, message.data_type, message.id, message.ts) == (b"x", "T", "BINARY", "", 0)
    assert type(message.data_type) is str
    assert type(message.metadata) is StringMap


@pytest.mark.parametrize("data", [{"a": 1}, None, 5])
def test_a_payload_is_text_or_bytes(data):
    """A payload that is not encoded yet is refused with a hint."""
    with pytest.raises(TypeError, match="encode it first"):
        Message(data)


@pytest.mark.parametrize(
    "data, data_type, value",
    [
        ('{"a": 1}', "JSON", {"a": 1.0}),
        (b'{"a": 1}', "JSON", {"a": 1.0}),
        ("", "JSON", {}),
        (b"", "JSON", {}),
        ("null", "JSON", None),
        ("{bad", "JSON", "{bad"),
        (" ", "JSON", " "),
        ('{"a": 1}', "TEXT", '{"a": 1}'),
        ("", "TEXT", ""),
        (b"abc", "BINARY", "abc"),
        ('{"a": 1}', "json", '{"a": 1}'),
        (b"\xff", "JSON", "\udcff"),
    ],
)
def test_the_value_is_what_expressions_see(data, data_type, value):
    """A JSON payload that parses is decoded, empty data is an empty object, all else is text."""
    assert Message(data, data_type=data_type).value == value


def test_the_payload_is_decoded_once():
    """Reading the value again gives the same object, and a copy with other metadata shares it."""
    message = Message('{"a": [1]}')
    assert message.value is message.value
    assert message.with_metadata("k", "v").value is message.value
    assert message.replace(data='{"a": [1]}').value is not message.value
    assert message.replace(data_type="TEXT").value == '{"a": [1]}'


def test_a_message_can_be_made_of_its_object():
    """An endpoint that has the object hands it over: nothing is decoded, and the text is written when it is read."""
    value = {"a": 1.0, "b": "2"}
    message = Message.of_object(value, type="T", metadata=StringMap({"k": "v"}), ts=7)
    assert message.unwritten is message.value is value
    assert message == Message('{"a":1,"b":"2"}', type="T", metadata={"k": "v"}, id=message.id, ts=7)
    assert message.unwritten is None
    assert message.replace(data='{"a":2}').value == {"a": 2.0}


def test_decoding_does_not_ask_for_the_data_type():
    """`decode` reads JSON whatever the label says, and raises where it is none."""
    assert Message('{"a": 1}', data_type="TEXT").decode() == {"a": 1.0}
    assert Message("", data_type="TEXT").decode() == {}
    with pytest.raises(JsonError):
        Message("{bad").decode()


def test_bytes_read_as_text_can_be_written_back():
    """The text of a payload that is not UTF-8 keeps its bytes."""
    assert Message(b"\xff\xc3\xa4").text.encode("utf-8", "surrogateescape") == b"\xff\xc3\xa4"


def test_a_changed_message_is_another_message():
    """Replacing parts leaves the original as it was; id and time stay."""
    message = Message("a", type="T", metadata={"k": "1"}, id="m", ts=7)
    other = message.replace(data="b", type="U", data_type="TEXT", metadata={"k": "2"})
    assert (message.data, message.type, message.data_type, message.metadata) == ("a", "T", "JSON", {"k": "1"})
    assert (other.data, other.type, other.data_type, other.metadata) == ("b", "U", "TEXT", {"k": "2"})
    assert (other.id, other.ts) == ("m", 7)
    assert message.replace() == message
    assert message.replace(data="").data == ""
    assert message.replace(metadata={}).metadata == {}


def test_one_metadata_key_can_be_set():
    """The other keys stay, and the original's metadata too."""
    message = Message("a", metadata={"a": "1", "b": "2"})
    assert message.with_metadata("b", "3").metadata == {"a": "1", "b": "3"}
    assert message.metadata == {"a": "1", "b": "2"}


def test_messages_are_values():
    """Messages compare, hash, pickle and print by their parts."""
    message = Message("a", type="T", metadata={"k": "1"}, id="m", ts=7)
    same = Message("a", type="T", metadata={"k": "1"}, id="m", ts=7)
    assert message == same
    assert hash(message) == hash(same)
    assert message != same.with_metadata("k", "2")
    assert message != "a"
    assert pickle.loads(pickle.dumps(message)) == message
    assert eval(repr(message)) == message


def test_a_replaced_part_is_held_to_the_same_rules():
    """What the constructor refuses, `replace` refuses; a data type is plain text there too."""
    message = Message("{}")
    with pytest.raises(TypeError, match="encode it first"):
        message.replace(data={"a": 1})
    with pytest.raises(TypeError, match="str to str"):
        message.replace(metadata={"a": 1})
    assert type(message.replace(data_type=DataType.TEXT).data_type) is str
