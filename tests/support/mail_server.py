"""A local mail server that keeps what it is sent."""

import contextlib
import email
import email.policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Mailbox:
    """Takes mails, and refuses some recipients."""

    def __init__(self):
        self.mails = []
        self.refused = ()
        self.logins = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - the library's name
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((mail, envelope.mail_from, envelope.rcpt_tos, session.ssl is not None))
        return "250 taken"

    def log_in(self, _server, _session, _envelope, mechanism, data):
        self.logins.append((mechanism, data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)


class _Server(Controller):
    """Takes a free port, and leaves no connection open when it stops, as the library does."""

    def __init__(self, *args, **facts):
        super().__init__(*args, **facts)
        self._connections = []

    def factory(self):
        connection = super().factory()
        self._connections.append(connection)
        return connection

    def cancel_tasks(self, stop_loop=True):  # noqa: FBT002 - the library's signature
        for connection in self._connections:
            if connection.transport is not None:
                connection.transport.abort()
        # They are gone in the loop's next round.
        self.loop.call_soon(super().cancel_tasks, stop_loop)

    def _trigger_server(self):
        # It connects once to see whether the server is up, to the port that was asked for.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextlib.contextmanager
def mail_server(mailbox, **options):
    """A server on a free port; gives the settings that lead there."""
    controller = _Server(mailbox, hostname="127.0.0.1", port=0, authenticator=mailbox.log_in, **options)
    controller.start()
    try:
        yield {"smtpHost": "127.0.0.1", "smtpPort": controller.port}
    finally:
        controller.stop()
