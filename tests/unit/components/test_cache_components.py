"""The components `cacheSet`, `cacheGet` and `cacheDelete`."""

import asyncio
import threading

import pytest

from rulechain import Engine, Message
from rulechain.runtime import MemoryCache
from support.component_build import findings, json_message, outcome_of, text_message
from support.documents import chain_document


def item(key, value="v", level="chain", **more):
    """An item of `cacheSet`."""
    return {"level": level, "key": key, "value": value, **more}


def key(text, level="chain"):
    """A key of `cacheGet` or `cacheDelete`."""
    return {"level": level, "key": text}


@pytest.fixture
def cache():
    """A store, which nodes share when they are given it."""
    return MemoryCache()


def get(cache, keys, message=None, **settings):
    """The outcome of a `cacheGet`."""
    return outcome_of("cacheGet", {"keys": keys, **settings}, message, cache=cache)


def test_a_chains_keys_carry_its_id(cache):
    """Keys of level chain are kept under the chain's id, those of level global as they are."""
    message = json_message({"n": 1})
    outcome = outcome_of(
        "cacheSet", {"items": [item("a", "${msg}"), item("x-${k}", "${msg.n}", "global")]}, message, cache=cache
    )
    assert (outcome.relation, outcome.message) == ("Success", message)
    assert cache.find("") == {"chain:a": {"n": 1.0}, "x-v": 1.0}


@pytest.mark.parametrize(
    "ttl, expected", [("", None), ("0s", None), ("-5s", None), ("1h30m", 5400.0), ("1500ms", 1.5), ("2us", 2e-6)]
)
def test_the_time_to_live(ttl, expected):
    """A ttl is a duration as Go writes it; zero and less mean for ever."""
    kept = []

    class Store(MemoryCache):
        def set(self, key, value, ttl_s=None):
            kept.append(ttl_s)
            super().set(key, value, ttl_s)

    outcome_of("cacheSet", {"items": [item("a", ttl=ttl)]}, cache=Store())
    assert kept == [expected]


def test_a_ttl_without_meaning_fails_per_message(cache):
    """RuleGo loads such a chain, so it loads, with a warning; items before that one stay set."""
    configuration = {"items": [item("a"), item("b", ttl="10"), item("c")]}
    outcome = outcome_of("cacheSet", configuration, cache=cache)
    assert (outcome.relation, outcome.error) == ("Failure", 'time: missing unit in duration "10"')
    assert cache.find("") == {"chain:a": "v"}
    (finding,) = findings("cacheSet", configuration)
    assert finding.startswith("P302 ")
    assert finding.endswith('time: missing unit in duration "10"')


def test_an_empty_key_fails(cache):
    """A key that renders to nothing is a Failure of cacheSet."""
    outcome = outcome_of("cacheSet", {"items": [item("${metadata.none}")]}, cache=cache)
    assert (outcome.relation, outcome.error) == ("Failure", "key is empty")


def test_a_level_that_is_neither_means_chain(cache):
    """Only "global" in lower case is global, as in RuleGo; anything else gets a warning."""
    configuration = {"items": [item("a", level="GLOBAL")]}
    outcome_of("cacheSet", configuration, cache=cache)
    assert cache.find("") == {"chain:a": "v"}
    (finding,) = findings("cacheSet", configuration)
    assert 'which means "chain"' in finding


def test_without_settings_the_sample_applies(cache):
    """A node without configuration keeps RuleGo's sample key, and reads it."""
    outcome_of("cacheSet", {}, cache=cache)
    assert outcome_of("cacheGet", {}, cache=cache).message.data == '{"key1":"value1"}'


@pytest.mark.parametrize(
    "mode, data, metadata",
    [
        (0, '{"n":1}', {"k": "v", "a": '{"x":1}', "none": ""}),
        (1, '{"a":{"x":1},"n":1,"none":null}', {"k": "v"}),
        (2, '{"a":{"x":1},"none":null}', {"k": "v"}),
        (9, '{"a":{"x":1},"none":null}', {"k": "v"}),
    ],
)
def test_where_values_go(cache, mode, data, metadata):
    """Mode 0 adds to the metadata, 1 to the payload, anything else replaces the payload."""
    cache.set("chain:a", {"x": 1})
    outcome = get(cache, [key("a"), key("none")], json_message({"n": 1}), outputMode=mode)
    assert (outcome.relation, outcome.message.data, dict(outcome.message.metadata)) == ("Success", data, metadata)


def test_a_star_reads_all_with_a_prefix(cache):
    """The chain's own prefix is not part of what is read; level global sees every key as it is kept."""
    cache.set("chain:p:1", 1)
    cache.set("chain:q", 2)
    cache.set("other:p:1", 3)
    assert get(cache, [key("p:*")]).message.data == '{"p:1":1}'
    assert get(cache, [key("*", "global")]).message.data == '{"chain:p:1":1,"chain:q":2,"other:p:1":3}'


@pytest.mark.parametrize(
    "mode, setting, relation",
    [
        (0, "", "Success"),
        (1, "", "Success"),
        (2, "", "Failure"),
        (2, "SUCCESS", "Success"),
        (0, "Failure", "Failure"),
        (1, "other", "Success"),
    ],
)
def test_when_no_key_has_a_value(cache, mode, setting, relation):
    """The setting decides, in any case; without it, output mode 2 fails."""
    cache.set("chain:null", None)
    outcome = get(cache, [key("none"), key("null")], outputMode=mode, whenKeyNotFound=setting)
    assert outcome.relation == relation
    assert outcome.error == ("cache: key is missing" if relation == "Failure" else None)


@pytest.mark.parametrize(
    "message, error",
    [
        (text_message("hello"), "data type must be JSON type"),
        (json_message([1]), "data must be able to be serialized into a map structure"),
        (text_message("", data_type="JSON"), "data must be able to be serialized into a map structure"),
    ],
)
def test_adding_to_a_payload_that_is_no_object(cache, message, error):
    """Output mode 1 fails on a payload that has no members."""
    cache.set("chain:a", 1)
    assert get(cache, [key("a")], message, outputMode=1).error == error


def test_adding_to_a_payload_that_is_null(cache):
    """A null payload counts as an object without members."""
    cache.set("chain:a", 1)
    assert get(cache, [key("a")], json_message(None), outputMode=1).message.data == '{"a":1}'


def test_deleting(cache):
    """Keys, or all with a prefix, are forgotten, and only those of the level."""
    for name in ("chain:a", "chain:p:1", "chain:p:2", "chain:q", "a"):
        cache.set(name, 1)
    message = json_message({"which": "p:"})
    outcome = outcome_of("cacheDelete", {"keys": [key("a"), key("${msg.which}*"), key("none")]}, message, cache=cache)
    assert (outcome.relation, outcome.message) == ("Success", message)
    assert cache.find("") == {"chain:q": 1, "a": 1}


def test_engines_do_not_share_their_caches():
    """Chains of the same id in two engines keep their own values."""
    document = chain_document(
        ("get", "cacheGet", {"keys": [key("n")], "outputMode": 0}),
        ("set", "cacheSet", {"items": [item("n", "${msg.n}")]}),
        connections=["get -Success-> set"],
    )
    engines = Engine(), Engine()
    chains = [engine.load(document) for engine in engines]

    def seen(chain, number):
        return chain.run(Message(f'{{"n":{number}}}')).ends[0].message.metadata["n"]

    assert [seen(chains[0], 1), seen(chains[1], 2), seen(chains[0], 3)] == ["", "", "1"]


def test_an_engine_takes_a_store():
    """Engines that are given one store share it."""
    store = MemoryCache()
    document = chain_document(("set", "cacheSet", {"items": [item("n", 1)]}), chain_id="c1")
    Engine(cache=store).load(document).run(Message("{}"))
    assert store.find("") == {"c1:n": 1}


def test_a_removed_chain_leaves_no_keys():
    """The engine's own cache forgets what a chain kept when the chain is removed, and keeps it when it is reloaded."""
    document = chain_document(
        ("set", "cacheSet", {"items": [item("n", 1), item("shared", 2, "global")]}),
        ("get", "cacheGet", {"keys": [key("*", "global")]}),
        chain_id="c1",
    )
    engine = Engine()
    engine.load(document).run(Message("{}"))
    seen = engine.load(document).run(Message("{}"), start="get").ends[0].message.data
    engine.remove("c1")
    left = engine.load(document).run(Message("{}"), start="get").ends[0].message.data
    assert (seen, left) == ('{"c1:n":1,"shared":2}', '{"shared":2}')


class FarStore(MemoryCache):
    """A store that says it blocks, and notes the threads it was called in."""

    blocks = True

    def __init__(self):
        super().__init__()
        self.threads = []

    def get(self, key):
        self.threads.append(threading.current_thread())
        return super().get(key)

    def set(self, key, value, ttl_s=None):
        self.threads.append(threading.current_thread())
        super().set(key, value, ttl_s)

    def delete(self, key):
        self.threads.append(threading.current_thread())
        super().delete(key)


def test_a_store_that_blocks_does_not_hold_up_an_event_loop():
    """Inside a loop it is called in another thread; without one, where the run is."""
    store = FarStore()
    document = chain_document(
        ("set", "cacheSet", {"items": [item("n", 1)]}),
        ("get", "cacheGet", {"keys": [key("n")]}),
        ("delete", "cacheDelete", {"keys": [key("n")]}),
        connections=["set -Success-> get", "get -Success-> delete"],
    )
    chain = Engine(cache=store).load(document)
    (end,) = asyncio.run(chain.arun(Message("{}"))).ends
    assert (end.node_id, end.message.data) == ("delete", '{"n":1}')
    here = threading.current_thread()
    assert len(store.threads) == 3
    assert here not in store.threads
    store.threads.clear()
    assert chain.run(Message("{}")).ends[0].node_id == "delete"
    assert set(store.threads) == {here}
