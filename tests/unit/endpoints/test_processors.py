"""RuleGo's built-in processors."""

import pytest

from rulechain.api import Exchange, Headers, Inbound, Outbound
from rulechain.diagnostics.errors import DuplicateTypeError
from rulechain.endpoints.processors import builtin_processors
from rulechain.model import Message


def exchange(message=None, error=None):
    inbound = Inbound(
        Message('{"a":"é"}', metadata={"topic": "s", "k": "v"}, type="s"),
        topic="s",
        headers=Headers({"topic": "s", "x-trace": "1"}),
        origin=Message('{"a":"é"}'),
    )
    return Exchange(inbound, Outbound(message, error), "r")


def run(name, given):
    assert builtin_processors()[name](given) is None
    return given


def test_there_are_seven():
    """Exactly RuleGo's built-in processors."""
    assert list(builtin_processors()) == [
        "headersToMetadata",
        "setJsonDataType",
        "setTextDataType",
        "setBinaryDataType",
        "toHex",
        "responseToBody",
        "metadataToHeaders",
    ]


def test_headers_to_metadata():
    """Headers enter the metadata under their canonical names, beside what is there."""
    metadata = run("headersToMetadata", exchange()).inbound.message.metadata
    assert dict(metadata) == {"topic": "s", "k": "v", "Topic": "s", "X-Trace": "1"}


@pytest.mark.parametrize(
    "name,data_type,content_type",
    [
        ("setJsonDataType", "JSON", "application/json"),
        ("setTextDataType", "TEXT", "text/plain"),
        ("setBinaryDataType", "BINARY", "application/octet-stream"),
    ],
)
def test_data_type_setters(name, data_type, content_type):
    """They change the tag and the response's content type, not the data."""
    given = run(name, exchange())
    assert given.inbound.message.data_type == data_type
    assert given.inbound.message.data == '{"a":"é"}'
    assert given.outbound.headers.get("content-type") == content_type


def test_to_hex():
    """Upper-case hex of the body's bytes, as TEXT; of the metadata only the topic stays."""
    message = run("toHex", exchange()).inbound.message
    assert (message.data, message.data_type, message.type) == ("7B2261223A22C3A9227D", "TEXT", "s")
    assert dict(message.metadata) == {"topic": "s"}


def test_response_to_body():
    """The outcome's data, or its error with status 400."""
    good = run("responseToBody", exchange(Message("{}"))).outbound
    assert (good.body, good.status, good.headers.get("Content-Type")) == ("{}", 200, "application/json")
    bad = run("responseToBody", exchange(Message("{}"), "broken")).outbound
    assert (bad.body, bad.status) == ("broken", 400)


def test_metadata_to_headers():
    """All metadata becomes headers; of a failure only the error's text becomes the body."""
    good = run("metadataToHeaders", exchange(Message("{}", metadata={"responseTopic": "out"}))).outbound
    assert (good.headers.get("responseTopic"), good.body) == ("out", None)
    bad = run("metadataToHeaders", exchange(Message("{}", metadata={"responseTopic": "out"}), "broken")).outbound
    assert (bad.headers.get("responseTopic"), bad.body, bad.status) == ("", "broken", 400)


def test_a_registry_is_a_value():
    """Adding to a clone leaves the original alone; a name is taken once."""
    registry = builtin_processors()
    clone = registry.clone()
    clone.add("mine", print)
    assert "mine" in clone
    assert "mine" not in registry
    assert "toHex" not in clone.without("toHex")
    with pytest.raises(DuplicateTypeError, match="mine"):
        clone.add("mine", print)
