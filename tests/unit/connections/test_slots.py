"""Which slot of a cluster a key is in."""

import pytest
from redis.crc import key_slot as their_key_slot

from rulechain.connections.slots import key_slot, name_beside


@pytest.mark.parametrize("key", ["", "a", "{a}b", "b{a}", "{}a", "{a", "a}b{c}d{e}", "{{a}}", "é{ü}", "x" * 100])
def test_slots_are_redis_pys(key):
    """Text and bytes give the slot that redis-py gives."""
    assert key_slot(key) == key_slot(key.encode()) == their_key_slot(key.encode())


@pytest.mark.parametrize("key,name", [("a", "{a}.dead"), ("{a}b", "{a}b.dead"), ("a{b", "{a{b}.dead")])
def test_a_name_beside_a_key_shares_its_slot(key, name):
    """A key with a tag keeps it, one without becomes the tag."""
    assert name_beside(key, ".dead") == name
    assert key_slot(name) == key_slot(key)
