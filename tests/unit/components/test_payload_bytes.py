"""What leaves the process when a payload is no proper text."""

import pytest

from rulechain.components.payload import payload_bytes
from support.component_build import outcome_of, text_message


@pytest.mark.parametrize(
    "data, sent",
    [
        ("ü", "ü".encode()),
        (b"\xff", b"\xff"),
        ("\udcff", b"\xff"),
        ("a\ud800b", "a\ufffdb".encode()),
        ("\ud83d\ude00", "😀".encode()),
    ],
)
def test_every_payload_has_bytes(data, sent):
    """Bytes that were no UTF-8 come back as they were; half a surrogate pair is no character, and becomes U+FFFD."""
    assert payload_bytes(data) == sent


@pytest.mark.parametrize("type_", ["jsTransform", "join"])
def test_half_a_pair_in_a_binary_message_is_no_failure(type_):
    """A script or a join gets the bytes of what stands for it."""
    configuration = {"jsScript": "return {msg: msg.length};"} if type_ == "jsTransform" else {}
    outcome = outcome_of(type_, configuration, text_message("\ud800", data_type="BINARY"))
    assert outcome.relation == "Success"
    assert "3" in outcome.message.data or "efbfbd" in outcome.message.data
