"""What goes wrong between us and a server; `mapping.py` makes these of redis-py's exceptions.

EndpointError
├─ EndpointUnavailableError   the server is away, busy or refuses everyone for now: try again later
│  └─ AccessRefusedError      it refuses us: wrong password, unknown user
└─ ReplyError                 it refused this command
   ├─ NoGroupError            NOGROUP: the stream or its consumer group is gone
   ├─ GroupExistsError        BUSYGROUP
   ├─ UnknownScriptError      NOSCRIPT
   └─ NoPermissionError       NOPERM
"""

from rulechain.diagnostics.errors import EndpointError, EndpointUnavailableError


class AccessRefusedError(EndpointUnavailableError):
    """The server does not let us in; raised on connecting, mended by its or our credentials."""


class ReplyError(EndpointError):
    """The server refused a command. `word` is the reply's first word, such as `WRONGTYPE`."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.word = text.partition(" ")[0]


class NoGroupError(ReplyError):
    """The stream or its consumer group does not exist."""


class GroupExistsError(ReplyError):
    """The consumer group exists already."""


class UnknownScriptError(ReplyError):
    """The server does not hold the script, as after a restart: send its text."""


class NoPermissionError(ReplyError):
    """The user may not run the command, or not on this key."""
