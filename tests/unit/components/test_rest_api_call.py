"""`restApiCall` against a local server."""

import asyncio
import contextlib
import gzip
import threading

import pytest

from rulechain import Engine, Message
from rulechain.components import extras
from support.component_build import findings, json_message, outcome_of, run_node, text_message
from support.documents import chain_document
from support.eventually import eventually
from support.http_server import Answer, HttpServer, tls_server

EVENTS = {"Accept": "text/event-stream"}


@pytest.fixture
def server():
    with HttpServer() as server:
        yield server


def call(server, path="/x", message=None, **configuration):
    """The single outcome of a call."""
    return outcome_of("restApiCall", {"restEndpointUrlPattern": server.url + path, **configuration}, message)


def test_the_payload_is_posted_and_the_answer_becomes_the_payload(server):
    """By default the payload goes out as JSON with POST; status and code stand in the metadata."""
    server.answers["/x"] = Answer(b'{"ok":1}')
    outcome = call(server, message=json_message({"a": 1}))
    (asked,) = server.asked
    assert (asked.method, asked.body, asked.headers["Content-Type"]) == ("POST", b'{"a":1}', "application/json")
    assert (outcome.relation, outcome.message.data, outcome.message.data_type) == ("Success", '{"ok":1}', "JSON")
    assert dict(outcome.message.metadata) == {"k": "v", "status": "200 OK", "statusCode": "200"}


def test_url_headers_and_body_are_templates(server):
    """Each is rendered from the message; metadata keys are names of their own."""
    call(
        server,
        "/devices/${id}?v=${msg.v}",
        json_message({"v": 2}, metadata={"id": "d1", "name": "X-Site"}),
        requestMethod="put",
        headers={"${name}": "n-${metadata.id}é", "Accept": "text/plain"},
        body='{"v":${msg.v}}',
    )
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.body) == ("PUT", "/devices/d1?v=2", b'{"v":2}')
    assert asked.headers["X-Site"].encode("latin-1").decode() == "n-d1é"
    assert asked.headers["Accept"] == "text/plain"
    assert "Content-Type" not in asked.headers


@pytest.mark.parametrize(
    "configuration, method, body",
    [({"requestMethod": ""}, "GET", b"{}"), ({"requestMethod": "DELETE", "withoutRequestBody": True}, "DELETE", b"")],
)
def test_method_and_missing_body(server, configuration, method, body):
    """A blank method is GET, which sends the payload too unless nothing is to be sent."""
    call(server, **configuration)
    assert (server.asked[0].method, server.asked[0].body) == (method, body)


def test_bytes_go_out_and_come_in_unchanged(server):
    """A binary payload is sent as it is, and an answer that is not UTF-8 is kept as bytes."""
    server.answers["/x"] = Answer(b"\xff\x00")
    outcome = call(server, message=text_message(b"\xfe\x01", data_type="BINARY"))
    assert (server.asked[0].body, outcome.message.data) == (b"\xfe\x01", b"\xff\x00")


@pytest.mark.parametrize(
    "status, setting, relation",
    [(201, "2xx", "Success"), (204, "2xx", "Success"), (200, "200", "Success"), (201, "200", "Failure")],
)
def test_which_statuses_succeed(server, status, setting, relation):
    """Any 2xx does, unless only 200 may."""
    server.answers["/x"] = Answer(b"" if status == 204 else b"made", status)
    outcome = call(server, successStatus=setting)
    assert (outcome.relation, outcome.message.metadata["statusCode"]) == (relation, str(status))


@pytest.mark.parametrize("body, error", [(b"no such device", "no such device"), (b"", "404 Not Found")])
def test_another_status_fails_with_the_body(server, body, error):
    """The body is the error and stands in errorBody; the payload stays."""
    server.answers["/x"] = Answer(body, 404)
    outcome = call(server, message=json_message({"a": 1}))
    assert (outcome.relation, outcome.error, outcome.message.data) == ("Failure", error, '{"a":1}')
    facts = {"status": "404 Not Found", "statusCode": "404", "errorBody": body.decode()}
    assert dict(outcome.message.metadata) == {"k": "v", **facts}


def test_redirects_are_followed(server):
    """The answer is that of the place where the redirects end."""
    server.answers["/x"] = Answer(b"", 307, {"Location": "/there"})
    server.answers["/there"] = Answer(b"found")
    outcome = call(server, message=json_message({"a": 1}))
    assert (outcome.message.data, server.asked[1].body) == ("found", b'{"a":1}')


def test_compressed_answers_are_read(server):
    """What the server compressed is the text it compressed."""
    server.answers["/x"] = Answer(gzip.compress(b"plain"), headers={"Content-Encoding": "gzip"})
    assert call(server).message.data == "plain"


@pytest.mark.parametrize("body", [b"x" * 11, gzip.compress(b"x" * 100_000)])
def test_an_answer_that_is_too_long_fails(server, body):
    """The limit counts what comes out, so that a small compressed answer cannot fill the memory."""
    encoding = {"Content-Encoding": "gzip"} if body[:2] == b"\x1f\x8b" else {}
    server.answers["/x"] = Answer(body, headers=encoding)
    outcome = call(server, maxResponseBytes=10)
    assert (outcome.relation, outcome.error) == ("Failure", "the response is larger than 10 bytes")
    assert outcome.message.data == "{}"


def test_a_server_that_is_away_fails():
    """The error says who was asked, without query and password."""
    with HttpServer() as gone:
        pass
    url = gone.url.replace("http://", "http://user:secret@") + "/x?token=t"
    outcome = outcome_of("restApiCall", {"restEndpointUrlPattern": url})
    assert outcome.relation == "Failure"
    assert outcome.error.startswith(f"POST {gone.url}/x: ")
    assert "onnect" in outcome.error
    assert outcome.message.metadata["errorBody"] == outcome.error


@pytest.mark.parametrize("url", ["", "no url", "ftp://127.0.0.1/x", "http://[::1", "http://127.0.0.1:99999/"])
def test_what_is_no_url_fails(url):
    """A URL that nothing can be asked at is a Failure with a reason."""
    outcome = outcome_of(
        "restApiCall", {"restEndpointUrlPattern": "${metadata.url}"}, json_message({}, metadata={"url": url})
    )
    assert (outcome.relation, outcome.error[:5]) == ("Failure", "POST ")


def test_a_header_cannot_be_smuggled_in(server):
    """A line break in a value is refused, not sent."""
    message = json_message({}, metadata={"site": "a\r\nX-Admin: yes"})
    assert call(server, message=message, headers={"X-Site": "${site}"}).relation == "Failure"
    assert server.asked == []


def test_a_slow_answer_fails_in_time(server):
    """The limit is for the whole exchange."""
    gate = threading.Event()
    server.answers["/x"] = Answer(b"slow", gate=gate)
    outcome = call(server, readTimeoutMs=200)
    gate.set()
    assert (outcome.relation, outcome.error) == ("Failure", "no answer within 200 ms")


def test_an_answer_that_breaks_off_fails(server):
    """Half an answer is none."""
    server.answers["/x"] = Answer(b"half", length=100)
    assert call(server).relation == "Failure"


def test_an_event_stream_gives_one_emission_for_each_line(server):
    """Each `name: value` is a message of its own; blank lines and comments are passed over."""
    server.answers["/x"] = Answer(b': hello\r\nevent: tick\r\ndata: {"n": 1}\r\n\r\nnonsense\ndata:2\n')
    outcomes = run_node("restApiCall", {"restEndpointUrlPattern": server.url + "/x", "headers": EVENTS})
    assert [(each.relation, each.message.metadata["eventType"], each.message.data) for each in outcomes] == [
        ("Success", "event", "tick"),
        ("Success", "data", '{"n": 1}'),
        ("Success", "data", "2"),
    ]


def test_an_event_stream_without_events_emits_nothing(server):
    """The branch just ends."""
    server.answers["/x"] = Answer(b"")
    assert run_node("restApiCall", {"restEndpointUrlPattern": server.url + "/x", "headers": EVENTS}) == []


def test_an_event_stream_that_breaks_off_gives_what_came_and_a_failure(server):
    """Events that arrived are not lost, and the last, half one is not made up."""
    server.answers["/x"] = Answer(b"data: 1\ndata: 2", length=100)
    outcomes = run_node("restApiCall", {"restEndpointUrlPattern": server.url + "/x", "headers": EVENTS})
    assert [(each.relation, each.message.data) for each in outcomes] == [("Success", "1"), ("Failure", "{}")]


def test_a_refused_event_stream_fails(server):
    """A status that is no success is a Failure with the body."""
    server.answers["/x"] = Answer(b"go away", 403)
    assert call(server, headers=EVENTS).error == "go away"


def test_certificates_are_checked(tmp_path, monkeypatch):
    """An unknown authority is refused, unless it is named to the system or checking is turned off."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with tls_server(tmp_path) as (server, authority):
        refused = call(server)
        assert (refused.relation, "certificate verify failed" in refused.error) == ("Failure", True)
        assert call(server, insecureSkipVerify=True).relation == "Success"
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        assert call(server).relation == "Success"


def test_requests_can_go_through_a_proxy(server):
    """A proxy is asked for the whole URL, with its own credentials."""
    proxy = {"enableProxy": True, "proxyHost": "127.0.0.1", "proxyPort": server.port}
    credentials = {"proxyUser": "me", "proxyPassword": "pw"}
    url = {"restEndpointUrlPattern": "http://nowhere.invalid/x"}
    assert outcome_of("restApiCall", {**url, **proxy, **credentials}).relation == "Success"
    assert server.asked[0].path == "http://nowhere.invalid/x"
    assert server.asked[0].headers["Proxy-Authorization"] == "Basic bWU6cHc="


async def test_encrypted_requests_go_through_a_proxy(tmp_path, monkeypatch):
    """The proxy is asked for a tunnel, and learns nothing but where it leads; certificates are checked all the same."""
    tunnels = []

    async def copy(reader, writer):
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(1000):
                writer.write(chunk)
        writer.close()

    async def take(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        tunnels.append(head)
        there = await asyncio.open_connection(*head.split()[1].split(":"))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(copy(reader, there[1]), copy(there[0], writer))

    with tls_server(tmp_path) as (server, authority):
        async with await asyncio.start_server(take, "127.0.0.1", 0) as proxy, Engine() as engine:
            port = proxy.sockets[0].getsockname()[1]
            facts = {"enableProxy": True, "proxyHost": "127.0.0.1", "proxyPort": port, "proxyUser": "me"}
            document = chain_document(
                ("call", "restApiCall", {"restEndpointUrlPattern": server.url + "/x?k=secret", **facts})
            )
            unknown = await engine.load(document).arun(Message("{}"))
            monkeypatch.setenv("SSL_CERT_FILE", str(authority))
            assert not (await engine.load(document).arun(Message("{}"))).failed
    assert "certificate verify failed" in unknown.ends[0].error
    assert [head.split("\r\n")[0] for head in tunnels] == [f"CONNECT 127.0.0.1:{server.port} HTTP/1.1"] * 2
    assert "Proxy-Authorization: Basic " in tunnels[0]
    assert "secret" not in "".join(tunnels)


async def test_a_connection_that_the_server_closed_is_not_used_again(server):
    """The next message gets another one."""
    # The server closes behind an answer whose length it was told.
    server.answers["/x"] = Answer(b"{}", length=2)
    document = chain_document(("call", "restApiCall", {"restEndpointUrlPattern": server.url + "/x"}))
    async with Engine() as engine:
        chain = engine.load(document)
        for count in (1, 2, 3):
            assert not (await chain.arun(Message("{}"))).failed
            await eventually(lambda expected=count: len(server.closed) == expected)
    assert len({asked.client for asked in server.asked}) == 3


def test_the_environment_names_a_proxy_only_if_asked(server, monkeypatch):
    """HTTP_PROXY counts when the settings say so, and never otherwise."""
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    url = {"restEndpointUrlPattern": "http://nowhere.invalid/x"}
    system = {"enableProxy": True, "useSystemProxyProperties": True}
    assert outcome_of("restApiCall", {**url, **system}).relation == "Success"
    assert outcome_of("restApiCall", url).relation == "Failure"


def test_wrong_proxy_settings_are_told():
    """An unknown scheme is an error, a proxy without a host a warning."""
    url = {"restEndpointUrlPattern": "http://x", "enableProxy": True}
    (scheme,) = findings("restApiCall", {**url, "proxyScheme": "socks4", "proxyHost": "h"})
    assert '"proxyScheme" is "socks4", expected one of http, https, socks5' in scheme
    (host,) = findings("restApiCall", url)
    assert host.startswith("P304 ")


def test_without_its_library_the_chain_does_not_load(monkeypatch):
    """The finding names the command that installs it."""
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda _: None)
    (finding,) = findings("restApiCall", {"restEndpointUrlPattern": "http://x"})
    assert finding.endswith('restApiCall needs the library "httpx", which is not installed')


async def test_messages_share_connections_but_no_cookies(server):
    """One client serves all messages of a node, and closing the engine closes its connections."""
    server.answers["/x"] = Answer(headers={"Set-Cookie": "session=1"})
    document = chain_document(("call", "restApiCall", {"restEndpointUrlPattern": server.url + "/x"}))
    async with Engine() as engine:
        chain = engine.load(document)
        for _ in range(2):
            assert (await chain.arun(Message("{}"))).ends[0].relation == "Success"
        engine.load(document)
        await engine._closing.settled()
        assert (await chain.arun(Message("{}"))).ends[0].relation == "Success"
    first, second, late = server.asked
    assert first.client == second.client != late.client
    assert "Cookie" not in second.headers


async def test_at_most_so_many_requests_at_a_time(server):
    """The others wait for their turn."""
    gate = threading.Event()
    server.answers["/x"] = Answer(gate=gate)
    document = chain_document(
        ("call", "restApiCall", {"restEndpointUrlPattern": server.url + "/x", "maxParallelRequestsCount": 2})
    )
    async with Engine() as engine:
        chain = engine.load(document)
        runs = [asyncio.create_task(chain.arun(Message("{}"))) for _ in range(3)]
        await eventually(lambda: len(server.asked) == 2)
        await asyncio.wait(runs, timeout=0.1)
        assert len(server.asked) == 2
        gate.set()
        assert [run.ends[0].relation for run in await asyncio.gather(*runs)] == ["Success"] * 3


async def test_a_run_that_times_out_gives_its_request_up(server):
    """The call does not outlive the run."""
    gate = threading.Event()
    server.answers["/x"] = Answer(gate=gate)
    url = {"restEndpointUrlPattern": server.url + "/x", "readTimeoutMs": 0}
    async with Engine() as engine:
        run = await engine.load(chain_document(("call", "restApiCall", url))).arun(Message("{}"), timeout_s=0.1)
        gate.set()
    assert run.ends[0].error == "processing cancelled: context deadline exceeded"
