"""Being let in, and noticing that nobody is there any more."""

import ssl

import pytest
import trustme

from rulechain.api import ConnectionState
from rulechain.connections import Tls, connect, parse_address
from rulechain.diagnostics.errors import EndpointUnavailableError
from support.chains import Gate, echo
from support.eventually import eventually
from support.proxy import Proxy
from support.redis_server import RedisStreams, needs_server

pytestmark = pytest.mark.redis


@pytest.fixture(scope="module")
def authority():
    """Who signs certificates here."""
    return trustme.CA()


@pytest.fixture
def ca(authority, tmp_path):
    """The file with its certificate."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def context(authority):
    """TLS as the server does it, under the name `localhost`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context


async def test_an_endpoint_over_tls(own_server, stream_names, context, ca):
    """A `rediss://` URL and the certificates that the server's descends from; the URL's database counts."""
    async with Proxy(own_server.url, context) as proxy, RedisStreams(f"{own_server.url}?db=2", stream_names) as streams:
        server = f"rediss://localhost:{proxy.port}/2"
        async with streams.endpoint(echo, server=server, tls={"ca": ca}) as endpoint:
            assert endpoint.status().state is ConnectionState.CONNECTED
            await streams.send({"n": "1"})
            await eventually(lambda: _answered(streams, 1))


@pytest.mark.parametrize(
    "host,tls",
    [("localhost", Tls()), ("127.0.0.1", None)],
    ids=["unknown authority", "another name"],
)
async def test_a_server_that_cannot_prove_itself_is_refused(own_server, context, ca, host, tls):
    """A certificate of an authority we do not know, or for another name, ends the attempt."""
    async with Proxy(own_server.url, context) as proxy:
        client = connect(parse_address(f"{host}:{proxy.port}", tls=tls or Tls(ca=ca)))
        with pytest.raises(EndpointUnavailableError, match=r"(?i)certificate"):
            await client.link()
        await client.close()
        unchecked = connect(parse_address(f"{host}:{proxy.port}", tls=Tls(verify=False)))
        link = await unchecked.link()
        assert await link.call("PING") == b"PONG"
        await link.close()
        await unchecked.close()


async def test_our_own_certificate_is_shown(own_server, authority, context, ca, tmp_path):
    """A server that asks for a certificate gets ours."""
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    ours = authority.issue_cert("client")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    ours.cert_chain_pems[0].write_to_path(cert)
    ours.private_key_pem.write_to_path(key)
    async with Proxy(own_server.url, context) as proxy:
        client = connect(parse_address(f"localhost:{proxy.port}", tls=Tls(ca=ca, cert=str(cert), key=str(key))))
        link = await client.link()
        assert await link.call("PING") == b"PONG"
        await link.close()
        await client.close()


@needs_server(6)
async def test_an_acl_user_is_let_in_and_a_wrong_password_is_not_shown(own_server, stream_names):
    """Name and password beside the address; when they are wrong, the endpoint waits, and its status hides them."""
    async with RedisStreams(own_server.url, stream_names) as streams:
        await streams.link.call("ACL", "SETUSER", "worker", "on", ">s3cret", "~*", "+@all")
        async with streams.endpoint(echo, username="worker", password="s3cret"):
            await streams.send({"n": "1"})
            await eventually(lambda: _answered(streams, 1))
        async with streams.endpoint(echo, username="worker", password="wr0ng") as endpoint:
            status = endpoint.status()
            assert status.state is ConnectionState.RECONNECTING
            assert "invalid username-password" in status.message
            assert "wr0ng" not in status.message
        client = connect(parse_address(own_server.url, username="worker", password="wr0ng"))
        with pytest.raises(EndpointUnavailableError, match="invalid username-password") as caught:
            await client.link()
        assert "wr0ng" not in str(caught.value)
        await client.close()


@pytest.mark.slow
async def test_a_network_that_swallows_everything_is_noticed(own_server, stream_names):
    """No reset, no end of file: the read's time runs out, the endpoint says so, and goes on when it can."""
    streams = RedisStreams(own_server.url, stream_names)
    async with Proxy(own_server.url) as proxy, streams:
        endpoint = streams.endpoint(echo, server=f"127.0.0.1:{proxy.port}", block="50ms")
        async with endpoint:
            await streams.send_numbers(10)
            await eventually(lambda: _answered(streams, 10))
            proxy.lose_network()
            await streams.send_numbers(10)
            await eventually(lambda: endpoint.status().state is ConnectionState.RECONNECTING, within_s=20)
            assert "no reply in time" in endpoint.status().message
            proxy.find_network()
            await eventually(lambda: _answered(streams, 20), within_s=30)
            assert await streams.pending() == []


async def _answered(streams, count):
    return await streams.answered() == count


@pytest.mark.parametrize(
    "before,after",
    [
        (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
        (("CONFIG", "SET", "min-replicas-to-write", "1"), ("CONFIG", "SET", "min-replicas-to-write", "0")),
    ],
    ids=["demoted", "without its replicas"],
)
async def test_a_server_that_takes_no_writes_for_a_while_fails_no_entry(own_server, stream_names, before, after):
    """What was in work meanwhile is settled when the server takes writes again, and counts as no failure."""
    gate = Gate()
    streams = RedisStreams(own_server.url, stream_names)
    endpoint = streams.endpoint(gate.chain, onFailure="deadLetter", block="50ms")
    async with streams, endpoint:
        await streams.send_numbers(5)
        await eventually(lambda: gate.waiting == 5)
        await streams.link.call(*before)
        gate.opened.set()
        await eventually(lambda: endpoint.status().state is ConnectionState.RECONNECTING)
        await streams.reconnect()
        await streams.link.call(*after)
        await eventually(lambda: _answered(streams, 5))
        await streams.send_numbers(5)
        await eventually(lambda: _answered(streams, 10))
        assert (endpoint.status().counts.failed, await streams.dead_letters()) == (0, [])
        assert await streams.pending() == []
