"""Every exception of redis-py becomes one of ours."""

import inspect

import pytest
import redis.exceptions as redis_errors

from rulechain.connections.errors import (
    AccessRefusedError,
    GroupExistsError,
    NoGroupError,
    NoPermissionError,
    RedirectedError,
    ReplyError,
    UnknownScriptError,
)
from rulechain.connections.mapping import map_error
from rulechain.diagnostics.errors import EndpointError, EndpointUnavailableError

THEIRS = [
    kind
    for _, kind in inspect.getmembers(redis_errors, inspect.isclass)
    if issubclass(kind, redis_errors.RedisError) and not issubclass(kind, redis_errors.LockError)
]


def made(kind):
    """Return an instance, whatever its constructor asks for."""
    if issubclass(kind, redis_errors.AskError):
        return kind("1234 127.0.0.1:6379")
    return kind("some text")


@pytest.mark.parametrize("kind", THEIRS, ids=lambda kind: kind.__name__)
def test_each_exception_is_mapped(kind):
    """None escapes as it is, and all that concern the connection are worth another try."""
    ours = map_error(made(kind), "redis://h")
    assert isinstance(ours, EndpointError)
    if issubclass(kind, (redis_errors.ConnectionError, redis_errors.TimeoutError)):
        assert isinstance(ours, EndpointUnavailableError)


@pytest.mark.parametrize(
    "text,kind",
    [
        ("NOGROUP No such key 's' or consumer group 'g'", NoGroupError),
        ("BUSYGROUP Consumer Group name already exists", GroupExistsError),
        ("WRONGTYPE Operation against a key holding the wrong kind of value", ReplyError),
        ("ERR unknown command", ReplyError),
        ("UNBLOCKED the stream key no longer exists", EndpointUnavailableError),
        ("NOREPLICAS Not enough good replicas to write.", EndpointUnavailableError),
        ("MISCONF Redis is configured to save RDB snapshots", EndpointUnavailableError),
    ],
)
def test_replies_are_told_apart_by_their_first_word(text, kind):
    """The sentence behind it may change with any version of the server."""
    ours = map_error(redis_errors.ResponseError(text), "redis://h")
    assert type(ours) is kind
    assert text in str(ours)


@pytest.mark.parametrize(
    "error,asks,host",
    [
        (redis_errors.MovedError("42 10.0.0.1:6379"), False, "10.0.0.1"),
        (redis_errors.AskError("42 10.0.0.1:6379"), True, "10.0.0.1"),
        (redis_errors.MovedError("42 :6379"), False, ""),
    ],
)
def test_a_redirection_says_where_to(error, asks, host):
    """MOVED for good, ASK for one command; the host may be left out."""
    ours = map_error(error, "redis://h")
    assert isinstance(ours, RedirectedError)
    assert (ours.asks, ours.host, ours.port) == (asks, host, 6379)


@pytest.mark.parametrize(
    "error,kind,word",
    [
        (redis_errors.NoScriptError("No matching script.", status_code="NOSCRIPT"), UnknownScriptError, "NOSCRIPT"),
        (
            redis_errors.NoPermissionError("this user has no permissions", status_code="NOPERM"),
            NoPermissionError,
            "NOPERM",
        ),
    ],
)
def test_a_word_that_the_library_cut_off_is_put_back(error, kind, word):
    """The library strips the first word where it has a class for it."""
    ours = map_error(error, "redis://h")
    assert type(ours) is kind
    assert ours.word == word


def test_wrong_credentials_and_silence_are_told_apart():
    """Both are worth another try; the text says which it is, and where."""
    refused = map_error(redis_errors.AuthenticationError("invalid username-password pair"), "redis://h:1")
    assert type(refused) is AccessRefusedError
    assert str(refused) == "redis://h:1: invalid username-password pair"
    assert str(map_error(TimeoutError(), "redis://h:1")) == "redis://h:1: no reply in time"
