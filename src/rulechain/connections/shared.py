"""Connections that several endpoints and components share by id: `server: "ref://id"`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from rulechain.connections.address import AddressError, ServerAddress, parse_address
from rulechain.connections.nodes import SharedNode, SharedNodes
from rulechain.diagnostics.errors import UnknownTypeError

_PREFIX = "ref://"


class Client(Protocol):
    """What is shared: what `connect` returns, named here by its shape because importing it would load redis-py."""

    @property
    def address(self) -> ServerAddress:
        """Where the server is, or the servers are."""

    async def link(self, key: str = "") -> Any:
        """Open a link of one's own; in a cluster, for a key and those of its slot, or without one for any keys."""

    async def close(self) -> None:
        """Close every link."""


def referred_id(server: object) -> str | None:
    """Return the id that a `server` setting of the form `ref://id` names, None of any other."""
    text = server.strip() if isinstance(server, str) else ""
    return text.removeprefix(_PREFIX).strip() if text.startswith(_PREFIX) else None


@dataclass(slots=True)
class _Shared:
    address: ServerAddress
    client: Client | None = None
    users: int = 0


class SharedConnections:
    """Redis servers by id, and one client for all users of each; `nodes` has what other components share.

    The client is made when the first user comes and closed when the last one has gone.
    """

    def __init__(self) -> None:
        self._shared: dict[str, _Shared] = {}
        self.nodes = SharedNodes()

    def define(self, id_: str, server: ServerAddress | str | Mapping[str, Any]) -> None:
        """Name a Redis server, or a node: `{"type": "dbClient", "configuration": {…}}`.

        Users that hold an earlier one of this id keep it until they let go.

        Raises:
            AddressError: The server is a text that cannot be read as an address, or an object that is no node.
        """
        if isinstance(server, Mapping):
            type_, configuration = server.get("type"), server.get("configuration", {})
            if not isinstance(type_, str) or not isinstance(configuration, Mapping):
                raise AddressError("a shared node needs a type and a configuration")
            self.remove(id_)
            self.nodes.define(id_, SharedNode(type_, configuration))
            return
        address = parse_address(server) if isinstance(server, str) else server
        self.nodes.remove(id_)
        self._shared[id_] = _Shared(address)

    def remove(self, id_: str) -> None:
        """Forget a name; its users go on. An unknown id is no mistake."""
        self._shared.pop(id_, None)
        self.nodes.remove(id_)

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of the Redis servers, in the order they were defined."""
        return tuple(self._shared)

    def address(self, id_: str) -> ServerAddress:
        """Return where a named server is.

        Raises:
            UnknownTypeError: There is none of this id.
        """
        return self._find(id_).address

    def borrow(self, id_: str, connect: Callable[[ServerAddress], Client]) -> "Borrowed":
        """Return a share of a named server's client, which the first borrower's `connect` makes.

        Raises:
            UnknownTypeError: There is none of this id.
        """
        shared = self._find(id_)
        shared.client = shared.client or connect(shared.address)
        shared.users += 1
        return Borrowed(shared, shared.client)

    def _find(self, id_: str) -> _Shared:
        shared = self._shared.get(id_)
        if shared is None:
            raise UnknownTypeError(f'there is no shared connection "{id_}"', name=id_, known=self.ids)
        return shared


class Borrowed:
    """One user's share of a client: behaves as the client, but closing it only lets go."""

    def __init__(self, shared: _Shared, client: Client) -> None:
        self._shared = shared
        self._client = client
        self._open = True

    @property
    def address(self) -> ServerAddress:
        """Where the server is."""
        return self._shared.address

    async def link(self, key: str = "") -> Any:
        """Open a link of one's own."""
        return await self._client.link(key)

    async def close(self) -> None:
        """Let go; the last user closes the client."""
        if not self._open:
            return
        self._open = False
        self._shared.users -= 1
        if self._shared.users == 0:
            self._shared.client = None
            await self._client.close()
