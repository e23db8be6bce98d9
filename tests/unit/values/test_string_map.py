"""Read-only maps of text in which a missing key reads as the empty text."""

import copy
import pickle

import pytest

from rulechain.values import EMPTY, StringMap, string_map


def test_a_missing_key_reads_as_empty_text():
    """Subscription never fails; `in`, `get` and iteration tell the truth."""
    metadata = StringMap({"a": "1"})
    assert (metadata["a"], metadata["b"]) == ("1", "")
    assert "b" not in metadata
    assert metadata.get("b") is None
    assert list(metadata) == ["a"]


@pytest.mark.parametrize(
    "change",
    [
        lambda each: each.__setitem__("a", "2"),
        lambda each: each.__delitem__("a"),
        lambda each: each.update(a="2"),
        lambda each: each.setdefault("b", "2"),
        lambda each: each.pop("a"),
        lambda each: each.popitem(),
        lambda each: each.clear(),
        lambda each: each.__ior__({"a": "2"}),
    ],
)
def test_it_cannot_be_changed(change):
    """Messages share their metadata, so every way to change it is refused."""
    metadata = StringMap({"a": "1"})
    with pytest.raises(TypeError, match="read-only"):
        change(metadata)
    assert metadata == {"a": "1"}


def test_copies_are_whole():
    """A copy is the map itself, a deep copy and a pickle are equal maps."""
    metadata = StringMap({"a": "1"})
    assert metadata.copy() is metadata
    for other in (copy.copy(metadata), copy.deepcopy(metadata), pickle.loads(pickle.dumps(metadata))):
        assert (type(other), other) == (StringMap, metadata)


def test_equal_maps_hash_alike():
    """A map that cannot change can be a key, whatever the order it was made in."""
    assert hash(StringMap({"a": "1", "b": "2"})) == hash(StringMap({"b": "2", "a": "1"}))


def test_a_map_is_taken_over_without_a_copy():
    """`string_map` copies foreign mappings only, and shares one empty map."""
    metadata, original = StringMap({"a": "1"}), {"a": "1"}
    assert string_map(metadata) is metadata
    assert string_map(None) is string_map({}) is EMPTY
    made = string_map(original)
    original["a"] = "2"
    assert made == {"a": "1"}


@pytest.mark.parametrize("mapping", [{"a": 1}, {1: "a"}, {"a": None}, {b"a": "b"}])
def test_only_text_maps_to_text(mapping):
    """A value or key of another type is refused by name."""
    with pytest.raises(TypeError, match="metadata maps str to str"):
        string_map(mapping)
