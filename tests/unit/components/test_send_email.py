"""`sendEmail` against a local mail server."""

import asyncio
import ssl

import pytest
import trustme

from rulechain import Engine
from support.component_build import findings, json_message, outcome_of
from support.documents import chain_document
from support.mail_server import Mailbox, mail_server

MAIL = {"from": "Alarms <a@example.com>", "to": "b@example.com", "subject": "Hot", "body": "<p>40</p>"}


@pytest.fixture
def mailbox():
    return Mailbox()


@pytest.fixture
def server(mailbox):
    with mail_server(mailbox) as server:
        yield server


@pytest.fixture
def tls(tmp_path, monkeypatch):
    """A server's TLS context, whose authority the system does not know; `trust()` makes it known."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context.trust = lambda: monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return context


def send(server, message=None, *, mail=None, **configuration):
    """The outcome of sending one mail."""
    return outcome_of("sendEmail", {**server, **configuration, "email": {**MAIL, **(mail or {})}}, message)


def test_a_mail_is_sent(server, mailbox):
    """Each part is a template, and the message goes on unchanged."""
    message = json_message({"t": 41}, metadata={"who": "ops@example.com", "id": "dé"})
    outcome = send(
        server,
        message,
        mail={"to": "${who}, Bea <b@example.com>", "subject": "Device ${metadata.id}", "body": "<b>${msg.t}</b> é"},
    )
    assert (outcome.relation, outcome.message) == ("Success", message)
    ((mail, sender, recipients, _),) = mailbox.mails
    assert (sender, recipients) == ("a@example.com", ["ops@example.com", "b@example.com"])
    assert (mail["From"], mail["To"]) == ("Alarms <a@example.com>", "ops@example.com, Bea <b@example.com>")
    assert (mail["Subject"], mail.get_content_type()) == ("Device dé", "text/html")
    assert mail.get_content() == "<b>41</b> é\r\n"
    assert mail["Date"]


def test_blind_copies_stay_blind(server, mailbox):
    """They are delivered and appear in no header."""
    send(server, mail={"cc": "c@example.com", "bcc": "d@example.com"})
    ((mail, _, recipients, _),) = mailbox.mails
    assert recipients == ["b@example.com", "c@example.com", "d@example.com"]
    assert mail["Cc"] == "c@example.com"
    assert "d@example.com" not in mail.as_string()


def test_a_message_sent_again_is_the_same_mail(server, mailbox):
    """Its Message-ID is that of the first time, another message's is another."""
    for message in (json_message({}, id="1"), json_message({}, id="1"), json_message({}, id="2")):
        send(server, message)
    first, again, other = (mail["Message-ID"] for mail, *_ in mailbox.mails)
    assert first == again != other


@pytest.mark.parametrize("part", ["from", "to", "cc", "bcc", "subject"])
def test_a_value_cannot_add_headers(server, mailbox, part):
    """A line break in what becomes a header or an address is refused."""
    message = json_message({}, metadata={"x": "x@example.com\r\nBcc: evil@example.com"})
    outcome = send(server, message, mail={part: "${x}"})
    assert outcome.relation == "Failure"
    assert mailbox.mails == []


@pytest.mark.parametrize(
    "mail, reason",
    [
        ({"to": "${metadata.none}"}, "the mail has no recipient"),
        ({"to": "no address <"}, '"no address <" is no list of mail addresses'),
        ({"from": "${metadata.none}"}, "the mail has no sender"),
    ],
)
def test_a_mail_needs_addresses(server, mail, reason):
    """Without sender or recipient there is no mail."""
    assert send(server, mail=mail).error.startswith(reason)


def test_who_is_refused_is_told(server, mailbox):
    """A mail that not all recipients get is a failure that names them."""
    mailbox.refused = ("d@example.com",)
    outcome = send(server, mail={"cc": "d@example.com"})
    assert outcome.error == "not delivered to all: d@example.com: 550 no such user"
    assert len(mailbox.mails) == 1
    assert send(server, mail={"to": "d@example.com"}).error.endswith(": d@example.com: 550 no such user")


def test_a_server_that_is_away_is_a_failure():
    """The error names it."""
    outcome = send({"smtpHost": "127.0.0.1", "smtpPort": 1})
    assert outcome.relation == "Failure"
    assert outcome.error.startswith("127.0.0.1:1: ")


async def test_a_server_that_says_nothing_is_a_failure():
    """After the time that the settings give it; a run that times out before does not wait for that."""

    async def take(reader, writer):
        try:
            await reader.read()
        finally:
            writer.transport.abort()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server, Engine() as engine:
        place = {"smtpHost": "127.0.0.1", "smtpPort": server.sockets[0].getsockname()[1]}
        chain = engine.load(chain_document(("mail", "sendEmail", {**place, "connectTimeout": 1, "email": MAIL})))
        given_up = await chain.arun(json_message({}), timeout_s=0.1)
        assert given_up.ends[0].error == "processing cancelled: context deadline exceeded"
        end = (await chain.arun(json_message({}))).ends[0]
        assert end.error.startswith(f"127.0.0.1:{place['smtpPort']}: Timed out")


async def test_a_server_that_hangs_up_meanwhile_is_a_failure():
    """Whatever it had said before."""

    async def take(reader, writer):
        writer.write(b"220 hello\r\n")
        await reader.readline()
        writer.transport.abort()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        place = {"smtpHost": "127.0.0.1", "smtpPort": server.sockets[0].getsockname()[1]}
        async with Engine() as engine:
            chain = engine.load(chain_document(("mail", "sendEmail", {**place, "email": MAIL})))
            end = (await chain.arun(json_message({}))).ends[0]
    assert end.relation == "Failure"
    assert end.error.startswith(f"127.0.0.1:{place['smtpPort']}: ")


@pytest.mark.parametrize("password, relation", [("right", "Success"), ("wrong", "Failure")])
def test_users_log_in(mailbox, tls, password, relation):
    """STARTTLS is used where it is offered, and the login happens behind it."""
    tls.trust()
    with mail_server(mailbox, tls_context=tls, auth_required=True) as server:
        outcome = send(server, username="me", password=password)
    assert outcome.relation == relation
    assert mailbox.logins[0][1:] == (b"me", password.encode())
    assert [encrypted for *_, encrypted in mailbox.mails] == [True] * (relation == "Success")


def test_a_password_is_not_sent_in_the_open(mailbox, monkeypatch):
    """Unless the server is this machine."""
    monkeypatch.setattr("rulechain.components.external.mail._LOCAL_HOSTS", frozenset())
    with mail_server(mailbox, auth_require_tls=False) as server:
        outcome = send(server, username="me", password="right")
    assert outcome.error.endswith("the server offers no encryption, and without it no password is sent")
    assert (mailbox.logins, mailbox.mails) == ([], [])


def test_certificates_are_checked(mailbox, tls):
    """An unknown authority is refused, unless it is named to the system or checking is turned off."""
    with mail_server(mailbox, tls_context=tls, require_starttls=True) as server:
        assert "certificate verify failed" in send(server).error
        assert send(server, insecureSkipVerify=True).relation == "Success"
        tls.trust()
        assert send(server).relation == "Success"


def test_wrong_settings_are_told():
    """A mail without recipients does not load."""
    found = findings("sendEmail", {"smtpHost": "h", "email": {"from": "a@b", "subject": "s", "body": "b"}})
    assert "P302 10 to address can not empty" in found
