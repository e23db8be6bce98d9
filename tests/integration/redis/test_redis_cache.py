"""A cache on a real server."""

import uuid

import pytest

from rulechain import Engine, Message
from rulechain.connections import RedisCache
from rulechain.diagnostics.errors import EndpointUnavailableError
from rulechain.values import JsonError
from support.documents import chain_document
from support.eventually import eventually_blocking


@pytest.fixture
def cache(server_url):
    """A cache whose keys nobody else has."""
    store = RedisCache(server_url, prefix=f"test:{uuid.uuid4().hex}:")
    yield store
    store.delete_prefix("")
    store.close()


def test_values_come_back(cache):
    """Any JSON value is kept; a key without a value reads as None."""
    for value in ("text", 1.5, True, None, [1.0, {"a": "é"}], {"k": None}, ""):
        cache.set("k", value)
        assert cache.get("k") == value
    assert cache.get("other") is None


def test_a_value_expires(cache):
    """After its time a value is gone."""
    cache.set("short", 1, 0.02)
    cache.set("long", 2)
    eventually_blocking(lambda: cache.find("") == {"long": 2.0})
    assert cache.get("short") is None


def test_prefixes(cache):
    """All keys that begin with a text are found and deleted, also where it has signs of patterns, and only those."""
    keys = [f"a*[{number}]" for number in range(1200)]
    for key in [*keys, "ab", "b"]:
        cache.set(key, key)
    assert sorted(cache.find("a*[")) == sorted(keys)
    cache.delete_prefix("a*[")
    assert cache.find("") == {"ab": "ab", "b": "b"}
    cache.delete("b")
    cache.delete("b")
    assert cache.find("") == {"ab": "ab"}


def test_what_has_no_json_form_is_refused(cache):
    """A value that could not be read again is not kept."""
    with pytest.raises(JsonError):
        cache.set("k", float("nan"))


def test_engines_share_it(cache):
    """A value that one engine keeps is read by another that has the same server."""
    setting = chain_document(("set", "cacheSet", {"items": [{"key": "n", "value": "${msg}", "ttl": "1m"}]}))
    getting = chain_document(("get", "cacheGet", {"keys": [{"key": "n"}]}))
    Engine(cache=cache).load(setting).run(Message('{"a":[1]}'))
    run = Engine(cache=cache).load(getting).run(Message("{}"))
    assert run.ends[0].message.data == '{"n":{"a":[1]}}'


def test_a_server_that_is_away_fails_the_node():
    """The Failure names the server, without its password."""
    cache = RedisCache("redis://:secret@127.0.0.1:1/0")
    with pytest.raises(EndpointUnavailableError):
        cache.get("k")
    document = chain_document(("get", "cacheGet", {"keys": [{"key": "n"}], "outputMode": 0}))
    (end,) = Engine(cache=cache).load(document).run(Message("{}")).ends
    assert end.relation == "Failure"
    assert "127.0.0.1:1" in end.error
    assert "secret" not in end.error
