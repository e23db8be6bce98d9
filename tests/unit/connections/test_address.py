"""The `server` setting."""

import pytest

from rulechain.connections import AddressError, ServerAddress, Tls, parse_address
from rulechain.connections.address import Topology


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


def test_sentinels():
    """Several hosts, what they call the master, a database; the sentinels have a user and password of their own."""
    url = "rediss+sentinel://u:p@a:1,[::1]/my%20main/2?sentinel_username=s&sentinel_password=w&ssl_ca_certs=/ca"
    address = parse_address(url)
    assert (address.topology, address.nodes) == (Topology.SENTINEL, (("a", 1), ("::1", 26379)))
    assert (address.service, address.db, address.tls) == ("my main", 2, Tls(ca="/ca"))
    assert address.at(("m", 6379)) == ServerAddress("m", 6379, db=2, username="u", password="p", tls=Tls(ca="/ca"))
    watcher = ServerAddress("a", 1, username="s", password="w", tls=Tls(ca="/ca"))
    assert address.sentinel_at(address.nodes[0]) == watcher
    assert parse_address("redis+sentinel://a/main", db=4, password="p").db == 4


def test_a_cluster():
    """Several hosts to begin with; every node is let in with the same credentials."""
    address = parse_address("redis+cluster://a,b:7001", username="u", password="p", tls=Tls(verify=False))
    assert (address.is_cluster, address.nodes) == (True, (("a", 6379), ("b", 7001)))
    node = ServerAddress("c", 7002, username="u", password="p", tls=Tls(verify=False))
    assert address.at(("c", 7002)) == node


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
        ("redis+sentinel://h:1", "the server URL does not say what the sentinels call the master"),
        ("redis+sentinel://h:1,:2/main", '"redis+sentinel://h:1,:2/main" is no server address'),
        ("redis+cluster://u:p@h:1,h:x", '"***@h:1,h:x" is no server address'),
        ("redis+cluster://h?sentinel_password=p", 'the server URL has the unknown parameter "sentinel_password"'),
        ("unix+cluster:///s", '"unix+cluster://" is no scheme of a server address'),
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
        ("redis+sentinel://:secret@a,b:2/main/3", "redis+sentinel://:***@a:26379,b:2/main/3"),
        ("redis+sentinel://a/main?sentinel_password=secret", "redis+sentinel://a:26379/main"),
        ("rediss+cluster://u:secret@[::1]:1,b", "rediss+cluster://u:***@[::1]:1,b:6379"),
        ("h:1", "redis://h:1"),
    ],
)
def test_credentials_are_never_shown(text, shown):
    """`str` and `repr` hide the password."""
    address = parse_address(text)
    assert str(address) == shown
    assert "secret" not in repr(address)
