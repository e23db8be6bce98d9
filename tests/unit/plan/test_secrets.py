"""Secrets of chains: how they are written, read, and kept from being seen."""

import re

import pytest

from rulechain.diagnostics import Severity, Source
from rulechain.model import Message
from rulechain.plan.secrets import (
    NO_SECRETS,
    Secrets,
    decrypt_secret,
    encrypt_secret,
    read_secrets,
    without_plain_secrets,
)
from rulechain.values import StringMap

SOURCE = Source("<chain>")
# Written by OpenSSL; the key is k and 31 times the digit 0, the vector stands before the cipher text.
OPENSSL = "000102030405060708090a0b0c0d0e0f" + "3d6cbcb4877bd2adf1d0e6f48b0d3597"


def read(secrets, key=None):
    """What is read of a chain's secrets: the values, and the findings as (code, severity)."""
    found, diagnostics = read_secrets({"secrets": secrets}, key, SOURCE)
    return dict(found.values), [(each.code, each.severity) for each in diagnostics]


@pytest.mark.parametrize(
    "key", ["k", "a key of exactly thirty-two bytes", "a key that is much longer than thirty-two bytes", "clé"]
)
@pytest.mark.parametrize("text", ["", "x", "sixteen bytes ok", "a longer secret, with ümlauts"])
def test_what_is_encrypted_can_be_decrypted(key, text):
    """With the same key; each encryption is another text."""
    encrypted = encrypt_secret(text, key)
    assert decrypt_secret(encrypted, key) == text
    assert encrypt_secret(text, key) != encrypted
    assert re.fullmatch("[0-9a-f]+", encrypted)


def test_the_form_is_that_of_other_programs():
    """A text that OpenSSL encrypted is read."""
    assert decrypt_secret(OPENSSL, "k") == "s3cret-token"


def test_secrets_are_decrypted_with_the_key_of_the_engine():
    """Plain texts among them stay as they are; values become texts."""
    assert read({"a": encrypt_secret("hidden", "key"), "b": "plain", "c": 12}, "key") == (
        {"a": "hidden", "b": "plain", "c": "12"},
        [],
    )
    assert read('{"a": "in a text"}') == ({"a": "in a text"}, [])
    assert read(None) == read([1]) == read("no JSON") == ({}, [])


def test_a_secret_that_cannot_be_decrypted_keeps_the_chain_from_loading():
    """Nobody wants its cipher text to be sent as a password."""
    encrypted = encrypt_secret("hidden", "key")
    assert read({"a": encrypted}, "other")[1] == [("P308", Severity.ERROR)]
    assert read({"a": encrypted[:-32] + "0" * 32}, "key")[1] == [("P308", Severity.ERROR)]


def test_an_encrypted_secret_without_a_key_is_doubtful():
    """The engine may have been made without it by mistake."""
    encrypted = encrypt_secret("hidden", "key")
    assert read({"a": encrypted}) == ({"a": encrypted}, [("P308", Severity.WARNING)])


def test_a_missing_library_is_named(monkeypatch):
    """The finding says how to install it."""
    encrypted = encrypt_secret("hidden", "key")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    _, [found] = read_secrets({"secrets": {"a": encrypted}}, "key", SOURCE)
    assert found.code == "P309"
    assert 'pip install "rulechain[secrets]"' in found.hint


def masking(**values):
    """Secrets with these values."""
    return read_secrets({"secrets": values}, None, SOURCE)[0]


def test_masking():
    """Secrets vanish from texts, also where JSON has escaped them and where one is a part of another."""
    secrets = masking(a="token", b="token-longer", c='quote"d', short="abc")
    assert secrets.mask('x token-longer token {"k": "quote\\"d"} quote"d abc') == 'x *** *** {"k": "***"} *** abc'
    assert secrets.mask_error(None) is None
    assert "token" not in repr(secrets)
    assert NO_SECRETS.mask("text") == "text"


def test_masking_a_message():
    """Payload, type and metadata; bytes stay bytes, and the message itself is not changed."""
    secrets = masking(a="token")
    message = Message(b"\xff token", type="a token", data_type="BINARY", metadata={"k": "token"})
    masked = secrets.mask_message(message)
    assert (masked.data, masked.type, masked.metadata) == (b"\xff ***", "a ***", {"k": "***"})
    assert message.metadata["k"] == "token"
    assert NO_SECRETS.mask_message(message) is message


def test_plain_secrets_are_not_shown():
    """Encrypted ones may be: they say nothing without the key."""
    encrypted = encrypt_secret("hidden", "key")
    assert without_plain_secrets({"secrets": {"a": encrypted, "b": "plain"}, "vars": {}}) == {
        "secrets": {"a": encrypted, "b": "***"},
        "vars": {},
    }
    assert without_plain_secrets({"vars": {}}) == {"vars": {}}
    assert Secrets(StringMap({"a": "1"})).hidden is None
