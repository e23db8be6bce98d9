"""The `server` setting."""

import pytest

from rulechain.connections import AddressError, ServerAddress, Tls, parse_address


@pytest.mark.parametrize(
    "text,address",
    [
        ("10.0.0.1:6380", ServerAddress("10.0.0.1", 6380)),
        (" cache ", ServerAddress("cache")),
        ("[::1]:7000", ServerAddress("::1", 7000)),
        ("redis://h", ServerAddress("h")),
        ("redis://h:1/3", ServerAddress("h", 1, db=3)),
        ("redis://h?db=4", ServerAddress("h", db=4)),
        ("redis://u%40x:p%2Fw@h:1/0", ServerAddress("h", 1, username="u@x", password="p/w")),
        ("redis://:secret@h", ServerAddress("h", password="secret")),
        ("rediss://h:1", ServerAddress("h", 1, tls=Tls())),
        ("rediss://h?ssl_cert_reqs=none&ssl_ca_certs=/ca", ServerAddress("h", tls=Tls(ca="/ca", verify=False))),
        ("unix:///run/my%20redis.sock?db=2&password=p", ServerAddress(path="/run/my redis.sock", db=2, password="p")),
        ("unix://me@/run/redis.sock", ServerAddress(path="/run/redis.sock", username="me")),
    ],
)
def test_addresses_that_are_read(text, address):
    """`host:port` and the URLs that redis-py reads."""
    parsed = parse_address(text)
    assert (parsed.path or (parsed.host, parsed.port)) == (address.path or (address.host, address.port))
    assert (parsed.db, parsed.username, parsed.password, parsed.tls) == (
        address.db,
        address.username,
        address.password,
        address.tls,
    )


def test_explicit_settings_override_the_url():
    """What stands beside the URL wins, even a database 0."""
    tls = Tls(ca="/ca")
    parsed = parse_address("redis://a:b@h:1/3", username="c", password="d", db=0, tls=tls)
    assert parsed == ServerAddress("h", 1, db=0, username="c", password="d", tls=tls)


@pytest.mark.parametrize(
    "text,message",
    [
        ("", "the server address is empty"),
        ("h:port", '"h:port" is no server address'),
        ("u:p@h:1", '"***@h:1" is no server address'),
        ("h:1/2", '"h:1/2" is no server address'),
        ("http://h", '"http://" is no scheme of a server address'),
        ("redis://u:p@h:x", '"***@h:x" is no server address'),
        ("redis://h:x?password=p", '"redis://h:x?***" is no server address'),
        ("h:1?password=p", '"h:1?***" is no server address'),
        ("redis://h/one", '"one" is no database number'),
        ("redis://h?timeout=3", 'the server URL has the unknown parameter "timeout"'),
        ("unix://", "the server URL names no socket"),
        ("redis+sentinel://h:1/main", "redis+sentinel is not supported yet"),
        ("rediss+cluster://h:1", "rediss+cluster is not supported yet"),
    ],
)
def test_addresses_that_are_not_read(text, message):
    """The message names what is wrong and shows no password."""
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text", ["redis://:s3c/ret@h", "redis://u:s3c?ret@h:1", "redis://:s3c#ret@h", "redis://u/s3c@h"]
)
def test_a_password_that_breaks_the_url_is_not_shown(text):
    """What is read as port or database because of an unquoted sign may be a password: no part of it is repeated."""
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    assert "s3c" not in str(caught.value)
    assert "ret" not in str(caught.value)


@pytest.mark.parametrize(
    "text,shown",
    [
        ("redis://u:secret@h:1/2", "redis://u:***@h:1/2"),
        ("redis://:secret@[::1]", "redis://:***@[::1]:6379"),
        ("rediss://u@h", "rediss://u@h:6379"),
        ("unix:///run/x.sock?password=secret&db=1", "unix://:***@/run/x.sock?db=1"),
        ("h:1", "redis://h:1"),
    ],
)
def test_credentials_are_never_shown(text, shown):
    """`str` and `repr` hide the password."""
    address = parse_address(text)
    assert str(address) == shown
    assert "secret" not in repr(address)
