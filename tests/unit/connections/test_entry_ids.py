"""Neighbours of entry IDs."""

from rulechain.connections.ids import next_id, previous_id


def test_neighbours_of_an_entry_id():
    """Reading after `previous_id(id)` gives the entry itself; `next_id(id)` is the next possible ID."""
    assert next_id(b"5-9") == b"5-10"
    assert next_id(b"5-%d" % (2**64 - 1)) == b"6-0"
    assert previous_id("5-9") == "5-8"
    assert previous_id("5-0") == f"4-{2**64 - 1}"
    assert previous_id("0-0") == "0-0"
