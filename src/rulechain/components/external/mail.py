"""One mail, from its parts to the server. Imported when a first message needs it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, getaddresses
from typing import NamedTuple

import aiosmtplib

from rulechain.components.external.tls import client_context
from rulechain.diagnostics.errors import NodeError

_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class Mail(NamedTuple):
    """What is sent, as texts; recipients are separated by commas."""

    id: str
    sender: str
    to: str
    cc: str
    bcc: str
    subject: str
    body: str


class MailServer(NamedTuple):
    """Who takes it."""

    host: str
    port: int
    username: str
    password: str
    tls: bool
    verify: bool
    timeout_s: float


async def send(server: MailServer, mail: Mail) -> None:
    """Hand a mail to its server.

    Raises:
        NodeError: The mail cannot be written, or the server does not take it for all recipients.
    """
    message, recipients = compose(mail)
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.tls,
        timeout=server.timeout_s,
        tls_context=client_context(verify=server.verify),
    )
    try:
        async with _session(client):
            if server.username:
                _check_privacy(client, server)
                await client.login(server.username, server.password)
            refused, _ = await client.send_message(message, recipients=recipients)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise NodeError(f"{server.host}:{server.port}: {_reason(error)}") from error
    if refused:
        raise NodeError(f"not delivered to all: {_refusals(refused)}")


@contextlib.asynccontextmanager
async def _session(client: aiosmtplib.SMTP) -> AsyncIterator[None]:
    await client.connect()
    transport = client.transport
    try:
        yield
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await client.quit()
    finally:
        client.close()
        if isinstance(transport, asyncio.WriteTransport):
            # Under TLS closing waits for the server, perhaps for longer than the event loop lives.
            transport.abort()


def compose(mail: Mail) -> tuple[EmailMessage, list[str]]:
    """Return the mail with its headers, which do not tell of the blind copies, and the addresses of all recipients.

    Raises:
        NodeError: A part is no address, or has a line break where none may be.
    """
    message = EmailMessage(policy=SMTP)
    sender, to, cc, bcc = (_addresses(text) for text in (mail.sender, mail.to, mail.cc, mail.bcc))
    if not sender:
        raise NodeError("the mail has no sender")
    if not (to or cc or bcc):
        raise NodeError("the mail has no recipient")
    try:
        message["From"] = sender
        message["To"] = to
        if cc:
            message["Cc"] = cc
        message["Subject"] = mail.subject
        message["Date"] = formatdate()
        message["Message-ID"] = mail.id
        message.set_content(mail.body, subtype="html")
    except (ValueError, MessageError) as error:
        raise NodeError(f"the mail cannot be written: {error}") from error
    return message, [address.addr_spec for address in (*to, *cc, *bcc)]


def _addresses(text: str) -> list[Address]:
    """Return the addresses in a list of them."""
    if not text.strip():
        return []
    if "\n" in text or "\r" in text:
        raise NodeError("a list of mail addresses has a line break")
    try:
        return [Address(name, addr_spec=address) for name, address in getaddresses([text]) if name or address]
    except (ValueError, MessageError, IndexError) as error:
        raise NodeError(f'"{text}" is no list of mail addresses: {error}') from error


def _check_privacy(client: aiosmtplib.SMTP, server: MailServer) -> None:
    is_encrypted = client.transport is not None and client.transport.get_extra_info("sslcontext") is not None
    if not is_encrypted and server.host not in _LOCAL_HOSTS:
        raise ValueError("the server offers no encryption, and without it no password is sent")


def _reason(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return "; ".join(f"{each.recipient}: {each.code} {each.message}" for each in error.recipients)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    return str(error) or type(error).__name__


def _refusals(refused: dict[str, aiosmtplib.SMTPResponse]) -> str:
    return "; ".join(f"{address}: {response.code} {response.message}" for address, response in refused.items())
