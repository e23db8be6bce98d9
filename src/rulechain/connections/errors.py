"""What goes wrong between us and a server; `mapping.py` makes these of redis-py's exceptions.

EndpointError
├─ EndpointUnavailableError   the server is away, busy or refuses everyone for now: try again later
│  ├─ AccessRefusedError      it refuses us: wrong password, unknown user
│  └─ RedirectedError         MOVED, ASK: another node of the cluster has the key
└─ ReplyError                 it refused this command
   ├─ NoGroupError            NOGROUP: the stream or its consumer group is gone
   ├─ GroupExistsError        BUSYGROUP
   ├─ UnknownScriptError      NOSCRIPT
   └─ NoPermissionError       NOPERM
"""

from rulechain.diagnostics.errors import EndpointError, EndpointUnavailableError


class AccessRefusedError(EndpointUnavailableError):
    """The server does not let us in; raised on connecting, mended by its or our credentials."""


class RedirectedError(EndpointUnavailableError):
    """Another node of the cluster has the key: for good, or for this one command if it `asks`.

    The host is empty where the server does not know its own name: then it is that of the server that said so.
    """

    def __init__(self, text: str, host: str, port: int, *, asks: bool) -> None:
        super().__init__(text)
        self.host = host
        self.port = port
        self.asks = asks


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
