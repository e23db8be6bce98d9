"""`sendEmail`: sends a message by SMTP."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome, setting
from rulechain.components.extras import has_extra
from rulechain.components.templates import compile_template_setting
from rulechain.diagnostics import Code, Diagnostic
from rulechain.model import SUCCESS, Message

if TYPE_CHECKING:
    from rulechain.components.external.mail import MailServer

_TLS_PORT, _PLAIN_PORT = 465, 25
# Makes the Message-ID of a message and a node, which stays the same when the message is sent again.
_IDS = uuid.UUID("2f2c9be4-7a0e-4e2f-9a55-8d3f1d5c0b6e")


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """Who gets what."""

    from_: str = setting("", key="from", required=True, format="template", description="The sender's address.")
    to: str = setting("", required=True, format="template", description="The recipients, separated by commas.")
    cc: str = setting("", format="template", description="Further recipients.")
    bcc: str = setting("", format="template", description="Further recipients, of whom the others do not learn.")
    subject: str = setting("", required=True, format="template", description="The subject.")
    body: str = setting("", required=True, format="template", description="The text, which is HTML.")


@dataclass(frozen=True, slots=True)
class SendEmailSettings:
    """Settings of `sendEmail`."""

    smtp_host: str = setting("", required=True, description="The mail server.")
    smtp_port: int = setting(
        0, minimum=0, description=f"Its port; 0 means {_TLS_PORT} with enableTls and {_PLAIN_PORT} without."
    )
    username: str = setting("", description="The user there; blank means none.")
    password: str = setting("", format="secret", description="The user's password.")
    enable_tls: bool = setting(
        False,  # noqa: FBT003
        description="Whether the connection is encrypted from its beginning; without it, it is as soon as the server "
        "offers it.",
    )
    insecure_skip_verify: bool = setting(
        False,  # noqa: FBT003
        description="Whether the server's certificate and name are left unchecked.",
    )
    connect_timeout: int = setting(10, minimum=1, description="The longest wait for the server, in seconds.")
    email: EmailSettings = setting(factory=EmailSettings, item=EmailSettings, description="What is sent.")


def _build(settings: SendEmailSettings, node: NodeBuild) -> NodeFunction:
    has_extra(node, "aiosmtplib", extra="mail", needed_for="sendEmail")
    email = settings.email
    if not email.to.strip():
        node.report(Diagnostic(Code.BAD_SETTING, "to address can not empty", node.location("email", "to")))
    written = {
        "from": email.from_,
        "to": email.to,
        "cc": email.cc,
        "bcc": email.bcc,
        "subject": email.subject,
        "body": email.body,
    }
    parts = [compile_template_setting(text, node, "email", key).text for key, text in written.items()]

    async def run(message: Message) -> Outcome:
        from rulechain.components.external.mail import Mail, send  # noqa: PLC0415 - optional

        id_ = uuid.uuid5(_IDS, f"{node.chain_id}/{node.node_id}/{message.id}")
        await send(_server(settings), Mail(f"<{id_}@rulechain>", *(part(message) for part in parts)))
        return Outcome(SUCCESS, message)

    return run


def _server(settings: SendEmailSettings) -> "MailServer":
    from rulechain.components.external.mail import MailServer  # noqa: PLC0415 - optional

    return MailServer(
        host=settings.smtp_host.strip(),
        port=settings.smtp_port or (_TLS_PORT if settings.enable_tls else _PLAIN_PORT),
        username=settings.username,
        password=settings.password,
        tls=settings.enable_tls,
        verify=not settings.insecure_skip_verify,
        timeout_s=settings.connect_timeout,
    )


SPEC = ComponentSpec(
    type="sendEmail",
    category="external",
    summary="Sends a mail",
    description=(
        "Each message makes one mail, over a connection of its own; the message goes on unchanged. Sent again, it "
        "makes a mail with the same Message-ID. Recipients are addresses separated by commas; those of bcc stand in "
        "no header. Failure when the server does not take the mail for all of them, when a part that becomes a header "
        "has a line break, and when a password would have to be sent unencrypted."
    ),
    build=_build,
    settings=SendEmailSettings,
    suspends=True,
    example={
        "smtpHost": "127.0.0.1",
        "smtpPort": 2525,
        "email": {
            "from": "alarms@example.com",
            "to": "${metadata.owner}",
            "subject": "Device ${metadata.deviceId} is hot",
            "body": "<p>${msg.temperature} degrees</p>",
        },
    },
)
