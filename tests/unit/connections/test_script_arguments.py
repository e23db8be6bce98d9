"""Arguments of scripts as they go over the wire."""

import msgspec
import pytest

from rulechain.connections.wire import Binary, pack_for_script


def test_bytes_go_as_texts():
    """Servers read MessagePack without its bytes; what is no UTF-8 is a text to them like any other."""
    packed = pack_for_script(["é", 1, [Binary(b"\xff")]])
    assert packed == b"\x93" + b"\xa2\xc3\xa9" + b"\x01" + b"\x91" + b"\xdb\x00\x00\x00\x01\xff"
    assert msgspec.msgpack.decode(pack_for_script([Binary(b"ascii")])) == ["ascii"]


def test_texts_of_classes_of_their_own_are_texts():
    """What libraries make of str to mark it is sent like any other text."""

    class Marked(str):
        __slots__ = ()

    packed = pack_for_script([Marked("é"), "plain"])
    assert msgspec.msgpack.decode(packed) == ["é", "plain"]
    with pytest.raises(UnicodeEncodeError):
        pack_for_script([Marked("\ud800")])


@pytest.mark.parametrize("value", [object(), [Binary(b"x"), object()]])
def test_what_a_script_cannot_take_is_refused(value):
    """Only what is a text, a number, a list or `Binary` is sent."""
    with pytest.raises(TypeError, match="a script takes no object"):
        pack_for_script(value)
