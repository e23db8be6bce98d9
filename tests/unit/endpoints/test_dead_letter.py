"""What a dead letter says, written and read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulechain.endpoints.redis_stream.dead_letter import DeadLetter, with_trace
from rulechain.endpoints.respond import MAX_FIELDS

TRACE = "0af7651916cd43dd8448eb211c80319c"
NAMES = st.sampled_from([b"a", b"dead:stream", b"dead:code", b"dead:packed", b"traceparent"]) | st.binary(max_size=4)


@given(
    st.lists(st.tuples(NAMES, st.binary(max_size=4)), max_size=6),
    st.builds(dict, code=st.text(max_size=5), reason=st.text(max_size=9), node=st.text(max_size=3)),
    st.integers(0, 99),
)
def test_a_dead_letter_is_read_as_it_was_written(pairs, facts, deliveries):
    """Whatever the fields are called and hold, they come back as they were, and so does what is said about them."""
    facts = {name: text.encode("utf-8", "replace").decode() for name, text in facts.items()}
    fields = [part for pair in pairs for part in pair]
    letter = DeadLetter(stream="s", id="1-1", deliveries=deliveries, fields=fields, **facts)
    written = letter.to_fields()
    assert written[: len(fields)] == fields
    assert DeadLetter.from_fields(written) == letter


def test_very_many_fields_are_packed():
    """More than a script can write become one field, and come back as they were."""
    fields = [b"\xff%d" % number for number in range(2 * MAX_FIELDS + 2)]
    written = DeadLetter(stream="s", id="1-1", fields=fields).to_fields()
    assert len(written) < 100
    assert DeadLetter.from_fields(written).fields == fields


@pytest.mark.parametrize("fields", [[], [b"a", b"1"], [b"a", b"dead:stream"]])
def test_other_entries_are_no_dead_letters(fields):
    """Only a field of our name makes one."""
    assert DeadLetter.from_fields(fields) is None


@pytest.mark.parametrize(
    "fields,trace,is_added",
    [
        ([b"n", b"1"], TRACE, True),
        ([b"n", "é".encode()], TRACE, True),
        ([b"n", b"1"], "", False),
        ([b"n", b"\xff"], TRACE, False),
        ([b"n", b"1", b"traceparent", b"x"], TRACE, False),
    ],
)
def test_the_trace_goes_on(fields, trace, is_added):
    """The trace is added where the entry has none, and where a further field does not change what the entry is."""
    sent = with_trace(DeadLetter(stream="s", id="1-1", trace=trace, fields=fields))
    assert sent[: len(fields)] == fields
    assert [part[:36] for part in sent[len(fields) :]] == (
        [b"traceparent", b"00-%s-" % trace.encode()] if is_added else []
    )
