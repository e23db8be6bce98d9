"""Names that stand for many streams."""

import pytest

from rulechain.endpoints import Router
from rulechain.endpoints.shards import expand_shards
from support.chains import Chains, echo
from support.redis_server import build_endpoint


@pytest.mark.parametrize(
    "name,streams",
    [
        ("orders", ("orders",)),
        ("{orders}.in", ("{orders}.in",)),
        ("orders:{0..2}", ("orders:{0}", "orders:{1}", "orders:{2}")),
        ("a{9..10}b", ("a{9}b", "a{10}b")),
        ("a{3..3}", ("a{3}",)),
        ("a{x..y}", ("a{x..y}",)),
    ],
)
def test_a_range_in_braces_stands_for_its_numbers(name, streams):
    """Each number becomes a hash tag; other braces are part of the name."""
    assert expand_shards(name) == streams


@pytest.mark.parametrize("name", ["a{2..1}", "a{0..1024}"])
def test_a_range_that_cannot_be_is_a_mistake_of_the_router(name):
    """Downwards or too long: a diagnostic at the router's path."""
    endpoint, _ = build_endpoint(Chains(work=echo), {"server": "h:1"})
    [finding] = endpoint.load_router(Router("r").from_(name).to("chain:work").end().definition)
    assert (finding.code, finding.location.pointer) == ("P302", "/from/path")
    assert finding.message == 'router "r": a range of shards goes upwards and has at most 1024 of them'
