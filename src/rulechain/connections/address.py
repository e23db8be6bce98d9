"""Where a server is and how to be let in: the `server` setting read, credentials never shown."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

DEFAULT_PORT = 6379
_SENTINEL_PORT = 26379
_SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster")
_SCHEME_HINT = "expected redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://"
_URL_HINT = "the port is a number up to 65535, and in a password / ? # @ are written %2F %3F %23 %40"
_URL_KEYS = ("db", "username", "password", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs")
_SENTINEL_KEYS = ("sentinel_username", "sentinel_password")

# A host and a port.
Node = tuple[str, int]


class AddressError(ValueError):
    """The `server` setting cannot be read; `hint` says what is possible."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class Topology(StrEnum):
    """What stands behind an address."""

    SERVER = ""
    # Whichever server the sentinels call the master.
    SENTINEL = "sentinel"
    # Servers that have a part of the keys each.
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class Tls:
    """How the server proves itself, and how we do."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user's name and password, empty where none is needed."""

    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A TCP host and port, the path of a unix socket, or the nodes that know where the servers are."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    # Path of the unix socket; then host and port mean nothing.
    path: str = ""
    db: int = 0
    username: str = ""
    password: str = field(default="", repr=False)
    tls: Tls | None = None
    topology: Topology = Topology.SERVER
    # The sentinels, or nodes of the cluster to begin with; the first of them is host and port.
    nodes: tuple[Node, ...] = ()
    # What the sentinels call the master and its replicas.
    service: str = ""
    sentinel: Credentials = Credentials()

    @property
    def is_cluster(self) -> bool:
        """Whether keys are on several servers."""
        return self.topology is Topology.CLUSTER

    def at(self, node: Node) -> "ServerAddress":
        """Return the address of one of the servers behind this one."""
        return replace(
            self, host=node[0], port=node[1], topology=Topology.SERVER, nodes=(), service="", sentinel=Credentials()
        )

    def sentinel_at(self, node: Node) -> "ServerAddress":
        """Return the address of one of the sentinels, which has users and databases of its own."""
        return replace(self.at(node), db=0, username=self.sentinel.username, password=self.sentinel.password)

    def __str__(self) -> str:
        """Return the address as a URL that shows no password."""
        user = quote(self.username) if self.username else ""
        who = f"{user}:***@" if self.password else f"{user}@" if user else ""
        if self.path:
            return f"unix://{who}{self.path}{f'?db={self.db}' if self.db else ''}"
        scheme = f"{'rediss' if self.tls else 'redis'}{f'+{self.topology}' if self.topology else ''}"
        hosts = ",".join(map(node_text, self.nodes or ((self.host, self.port),)))
        service = f"/{quote(self.service)}" if self.service else ""
        return f"{scheme}://{who}{hosts}{service}{f'/{self.db}' if self.db else ''}"


def node_text(node: Node) -> str:
    """Return a host and port as text."""
    host, port = node
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse_address(
    server: str,
    *,
    username: str | None = None,
    password: str | None = None,
    db: int | None = None,
    tls: Tls | None = None,
) -> ServerAddress:
    """Read a `server` setting: `host:port`, or a URL.

    `redis://`, `rediss://` and `unix://` are as redis-py reads them; `redis+sentinel://host:port,host:port/service/db`
    names sentinels and `redis+cluster://host:port,host:port` nodes of a cluster, with `rediss+` over TLS. The explicit
    settings override the URL's parts.

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
    if scheme not in _SCHEMES:
        raise AddressError(f'"{scheme}://" is no scheme of a server address', _SCHEME_HINT)
    topology = Topology(scheme.partition("+")[2])
    try:
        parts = urlsplit(text)
        who, _, hosts = parts.netloc.rpartition("@")
        user = urlsplit(f"//{who}@")
        nodes = tuple(_node(host, topology) for host in (hosts.split(",") if topology else [hosts]))
    except ValueError:
        # The reason is not told: it quotes what stands at the place of the port, and that may be part of a password.
        raise AddressError(f'"{_masked(text)}" is no server address', _URL_HINT) from None
    query = _query(parts.query, topology)
    address = ServerAddress(
        host=nodes[0][0],
        port=nodes[0][1],
        username=unquote(user.username or "") or query.get("username", ""),
        password=unquote(user.password or "") or query.get("password", ""),
        tls=_tls(query) if scheme.startswith("rediss") else None,
        topology=topology,
        nodes=nodes if topology else (),
    )
    if scheme == "unix":
        if not parts.path:
            raise AddressError("the server URL names no socket", "unix:///path/of/the.sock")
        return replace(address, path=unquote(parts.path), db=_db(query.get("db", "")))
    place = parts.path.strip("/")
    if topology is Topology.SENTINEL:
        service, _, place = place.partition("/")
        if not service:
            hint = "redis+sentinel://host:26379,host:26379/service/0"
            raise AddressError("the server URL does not say what the sentinels call the master", hint)
        sentinel = Credentials(query.get("sentinel_username", ""), query.get("sentinel_password", ""))
        address = replace(address, service=unquote(service), sentinel=sentinel)
    return replace(address, db=_db(query.get("db") or place))


def _node(text: str, topology: Topology) -> Node:
    """Read one host and port.

    Raises:
        ValueError: The text is something else.
    """
    parts = urlsplit(f"//{text}")
    host, port = parts.hostname, parts.port
    if topology and not host:
        raise ValueError(text)
    default = _SENTINEL_PORT if topology is Topology.SENTINEL else DEFAULT_PORT
    return host or "127.0.0.1", port or default


def _query(text: str, topology: Topology) -> dict[str, str]:
    query = dict(parse_qsl(text))
    known = (*_URL_KEYS, *_SENTINEL_KEYS) if topology is Topology.SENTINEL else _URL_KEYS
    for key in query:
        if key not in known:
            raise AddressError(f'the server URL has the unknown parameter "{key}"', f"known here: {', '.join(known)}")
    return query


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
