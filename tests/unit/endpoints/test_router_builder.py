"""Routers made in code."""

import pytest

from rulechain.diagnostics.errors import EndpointError
from rulechain.endpoints import Router


def check(exchange):
    return True


def test_a_router_says_what_a_document_would():
    """Streams, settings, processors and target end up where a document has them; functions get names of their own."""
    router = (
        Router("r1")
        .from_("a,b", {"x": 1}, when="true", order_by="msg.id")
        .transform("data")
        .process(check)
        .process("toHex")
        .to("chain:${msg.kind}", response_topic="out-${metadata.site}")
        .transform("{id: id}")
        .process("responseToBody")
        .process(check)
        .end()
    )
    definition = router.definition
    assert definition.id == "r1"
    assert definition.from_.path == "a,b"
    assert definition.from_.configuration == {"x": 1, "when": "true", "orderBy": "msg.id", "transform": "data"}
    assert definition.from_.processors == ("check#1", "toHex")
    assert definition.to.path == "chain:${msg.kind}"
    assert definition.to.configuration == {"responseTopic": "out-${metadata.site}", "transform": "{id: id}"}
    assert definition.to.processors == ("responseToBody", "check#2")
    assert router.processors == {"check#1": check, "check#2": check}


def test_the_order_of_the_words_matters():
    """A side comes before what is said of it, and a transform before the processors it feeds."""
    with pytest.raises(EndpointError, match="from_"):
        Router("r").process("toHex")
    with pytest.raises(EndpointError, match="before the processors"):
        Router("r").from_("s").process("toHex").transform("a")
