"""Where a server is and how to be let in: the `server` setting read, credentials never shown."""

from dataclasses import dataclass, field, replace
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

DEFAULT_PORT = 6379
_SCHEMES = ("redis", "rediss", "unix")
_LATER = ("redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster")
_URL_HINT = "the port is a number up to 65535, and in a password / ? # @ are written %2F %3F %23 %40"
_URL_KEYS = ("db", "username", "password", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs")


class AddressError(ValueError):
    """The `server` setting cannot be read; `hint` says what is possible."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Tls:
    """How the server proves itself, and how we do."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    verify: bool = True


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """One server: a TCP host and port, or the path of a unix socket."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    # Path of the unix socket; then host and port mean nothing.
    path: str = ""
    db: int = 0
    username: str = ""
    password: str = field(default="", repr=False)
    tls: Tls | None = None

    def __str__(self) -> str:
        """Return the address as a URL that shows no password."""
        user = quote(self.username) if self.username else ""
        who = f"{user}:***@" if self.password else f"{user}@" if user else ""
        if self.path:
            return f"unix://{who}{self.path}{f'?db={self.db}' if self.db else ''}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'rediss' if self.tls else 'redis'}://{who}{host}:{self.port}{f'/{self.db}' if self.db else ''}"


def parse_address(
    server: str,
    *,
    username: str | None = None,
    password: str | None = None,
    db: int | None = None,
    tls: Tls | None = None,
) -> ServerAddress:
    """Read a `server` setting: `host:port`, or a `redis://`, `rediss://` or `unix://` URL as redis-py reads it.

    The explicit settings override the URL's parts.

    Raises:
        AddressError: The text is none of these.
    """
    text = server.strip()
    if not text:
        raise AddressError("the server address is empty", 'give "host:port" or a URL such as "redis://host:6379/0"')
    address = _parse_url(text) if "://" in text else _parse_host(text)
    if username:
        address = replace(address, username=username)
    if password:
        address = replace(address, password=password)
    if db is not None:
        address = replace(address, db=db)
    if tls is not None:
        address = replace(address, tls=tls)
    return address


def _parse_host(text: str) -> ServerAddress:
    try:
        parts = urlsplit(f"redis://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, SplitResult("", "", "", "", "")
    if not host or parts.path or parts.query or "@" in text:
        raise AddressError(f'"{_masked(text)}" is no server address', 'expected "host:port" or a URL')
    return ServerAddress(host=host, port=port or DEFAULT_PORT)


def _parse_url(text: str) -> ServerAddress:
    scheme = text.partition("://")[0].lower()
    if scheme in _LATER:
        raise AddressError(f"{scheme} is not supported yet", "name one server: redis://, rediss:// or unix://")
    if scheme not in _SCHEMES:
        raise AddressError(f'"{scheme}://" is no scheme of a server address', "expected redis://, rediss:// or unix://")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        # The reason is not told: it quotes what stands at the place of the port, and that may be part of a password.
        raise AddressError(f'"{_masked(text)}" is no server address', _URL_HINT) from None
    query = dict(parse_qsl(parts.query))
    for key in query:
        if key not in _URL_KEYS:
            raise AddressError(
                f'the server URL has the unknown parameter "{key}"', f"known here: {', '.join(_URL_KEYS)}"
            )
    address = ServerAddress(
        host=parts.hostname or "127.0.0.1",
        port=port or DEFAULT_PORT,
        username=unquote(parts.username or "") or query.get("username", ""),
        password=unquote(parts.password or "") or query.get("password", ""),
        tls=_tls(query) if scheme == "rediss" else None,
    )
    if scheme != "unix":
        return replace(address, db=_db(query.get("db") or parts.path.strip("/")))
    if not parts.path:
        raise AddressError("the server URL names no socket", "unix:///path/of/the.sock")
    return replace(address, path=unquote(parts.path), db=_db(query.get("db", "")))


def _db(text: str) -> int:
    if text and not text.isdecimal():
        raise AddressError(f'"{_masked(text)}" is no database number')
    return int(text or 0)


def _tls(query: dict[str, str]) -> Tls:
    return Tls(
        ca=query.get("ssl_ca_certs", ""),
        cert=query.get("ssl_certfile", ""),
        key=query.get("ssl_keyfile", ""),
        verify=query.get("ssl_cert_reqs", "required") != "none",
    )


def _masked(text: str) -> str:
    """Return the text without what may be a password."""
    head, at, tail = text.rpartition("@")
    place, question, _ = tail.partition("?")
    return f"{'***' if head else ''}{at}{place}{'?***' if question else ''}"
