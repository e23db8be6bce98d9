"""Connections to one server, made by redis-py so that TLS, authentication and SELECT stay the library's."""

import asyncio
from typing import Any

from redis.asyncio.connection import Connection, ConnectionPool, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import RedisError

from rulechain.connections.address import ServerAddress
from rulechain.connections.link import AskingLink, Link
from rulechain.connections.mapping import map_error

_CONNECT_TIMEOUT_S = 5.0
# A link is pinned for the life of its user, so a limit would only let links starve each other.
_UNLIMITED = 2**31


class RedisClient:
    """Makes links to one server and closes them all in the end."""

    def __init__(self, address: ServerAddress) -> None:
        self.address = address
        self._pool = ConnectionPool(max_connections=_UNLIMITED, **_connection_settings(address))

    async def link(self, key: str = "", *, asks: bool = False) -> Link:  # noqa: ARG002 - one server has every key
        """Open a link of one's own.

        Raises:
            EndpointUnavailableError: The server cannot be reached, or does not let us in.
        """
        try:
            async with asyncio.timeout(2 * _CONNECT_TIMEOUT_S):
                connection = await self._pool.get_connection()  # type: ignore[no-untyped-call]
        except (RedisError, OSError) as error:
            raise map_error(error, str(self.address)) from error
        return (AskingLink if asks else Link)(connection, self._pool, str(self.address))

    async def close(self) -> None:
        """Close every link."""
        await self._pool.disconnect()

    def __repr__(self) -> str:
        return f"RedisClient({self.address})"


def _connection_settings(address: ServerAddress) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "db": address.db,
        "username": address.username or None,
        "password": address.password or None,
        # RESP3 begins with HELLO, which Redis 5 lacks, and changes the shape of replies.
        "protocol": 2,
        # redis-py's default of five seconds would cut blocking reads; a link sets a limit for each reply instead, and
        # while the connection is made this one counts. No retry: a read that is sent twice loses the first reply.
        "socket_timeout": None,
        "socket_connect_timeout": _CONNECT_TIMEOUT_S,
        "retry_on_timeout": False,
        # CLIENT SETINFO is two further commands that Redis before 7.2 answers with errors.
        "driver_info": None,
    }
    if address.path:
        return {**settings, "connection_class": UnixDomainSocketConnection, "path": address.path}
    settings |= {"host": address.host, "port": address.port, "socket_keepalive": True}
    if address.tls is None:
        return {**settings, "connection_class": Connection}
    return {
        **settings,
        "connection_class": SSLConnection,
        "ssl_ca_certs": address.tls.ca or None,
        "ssl_certfile": address.tls.cert or None,
        "ssl_keyfile": address.tls.key or None,
        "ssl_cert_reqs": "required" if address.tls.verify else "none",
        "ssl_check_hostname": address.tls.verify,
    }
