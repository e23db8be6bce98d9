"""The cache in memory."""

from rulechain.runtime import MemoryCache


class Clock:
    """A clock that stands still until it is told."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def test_values_are_kept_as_they_are():
    """What was set is read, and a key without a value reads as None."""
    cache = MemoryCache()
    value = {"a": [1]}
    cache.set("k", value)
    assert cache.get("k") is value
    assert cache.get("other") is None


def test_a_value_expires():
    """After its time a value is gone, for keys and prefixes alike."""
    clock = Clock()
    cache = MemoryCache(clock=clock)
    cache.set("short", 1, 10)
    cache.set("long", 2)
    clock.now += 9.9
    assert cache.find("") == {"short": 1, "long": 2}
    clock.now += 0.1
    assert cache.find("") == {"long": 2}
    assert cache.get("short") is None
    assert cache.get("long") == 2


def test_setting_again_sets_the_time_anew():
    """The last value and the last time count."""
    clock = Clock()
    cache = MemoryCache(clock=clock)
    cache.set("k", 1, 10)
    cache.set("k", 2)
    clock.now += 100
    assert cache.get("k") == 2


def test_the_value_used_longest_ago_makes_room():
    """Beyond the capacity, what nobody read or wrote for longest is forgotten."""
    cache = MemoryCache(capacity=2)
    cache.set("a", 1)
    cache.set("b", 2)
    cache.get("a")
    cache.set("c", 3)
    assert cache.find("") == {"a": 1, "c": 3}


def test_deleting():
    """One key, or all with a prefix, are forgotten; unknown ones are no mistake."""
    cache = MemoryCache()
    for key in ("a:1", "a:2", "b:1"):
        cache.set(key, key)
    cache.delete("b:1")
    cache.delete("b:1")
    assert cache.find("") == {"a:1": "a:1", "a:2": "a:2"}
    cache.delete_prefix("a:")
    cache.delete_prefix("a:")
    assert cache.find("") == {}
