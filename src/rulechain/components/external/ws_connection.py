"""One WebSocket connection that only sends. Imported when a first message needs it."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import NamedTuple

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.typing import Subprotocol

from rulechain.components.external.tls import client_context
from rulechain.diagnostics.errors import EndpointUnavailableError, NodeError

_SEND_TIMEOUT_S = 10.0
_CLOSE_TIMEOUT_S = 2.0


class SocketGoneError(EndpointUnavailableError):
    """The connection has ended: try another one."""


class SocketServer(NamedTuple):
    """Where a server is, and how it is spoken to."""

    url: str
    headers: Mapping[str, str]
    subprotocol: str
    verify: bool
    timeout_s: float
    heartbeat_s: float


class Socket:
    """A connection that is open."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        # What comes in has to be read, or pings would not be answered.
        self._reading = asyncio.create_task(_read(connection))

    async def send(self, frame: str | bytes) -> None:
        """Send one frame: text as a text frame, bytes as a binary one.

        Raises:
            SocketGoneError: The connection has ended.
            EndpointUnavailableError: It is of no use any more.
        """
        try:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self._connection.send(frame)
        except TimeoutError:
            raise EndpointUnavailableError(f"the server has taken nothing for {_SEND_TIMEOUT_S:g} s") from None
        except ConnectionClosed as error:
            raise SocketGoneError(f"the connection has ended: {error}") from error

    async def close(self) -> None:
        """Say goodbye, if the server is still there."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await self._connection.close()
        self._connection.transport.abort()
        # It ends with the connection.
        await self._reading


async def open_socket(server: SocketServer) -> Socket:
    """Connect to a server.

    Raises:
        NodeError: It cannot be reached, or does not want to.
    """
    try:
        connection = await connect(
            server.url,
            additional_headers=server.headers,
            subprotocols=[Subprotocol(server.subprotocol)] if server.subprotocol else None,
            ssl=client_context(verify=server.verify) if server.url.startswith("wss:") else None,
            open_timeout=server.timeout_s,
            ping_interval=server.heartbeat_s or None,
            # Not the one of the environment: RuleGo uses none.
            proxy=None,
        )
    except (OSError, InvalidHandshake, InvalidURI, ValueError) as error:
        reason = f"no connection within {server.timeout_s:g} s" if isinstance(error, TimeoutError) else str(error)
        raise NodeError(f"{_shown(server.url)}: {reason}") from error
    return Socket(connection)


async def _read(connection: ClientConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        while True:
            await connection.recv()


def _shown(url: str) -> str:
    """Return a URL without credentials and query, which may hold secrets."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"
