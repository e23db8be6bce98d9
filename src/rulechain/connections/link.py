"""One connection, held by one user and driven without redis-py's command layer, which would cost half of the speed.

Commands are packed by hiredis and may be sent several at a time; replies come in the order of the commands, as bytes,
lists and ints. Takes a `Connection` from the pool in `client.py`; used by whoever knows the commands and their replies.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.exceptions import RedisError

from rulechain.connections.errors import RedirectedError
from rulechain.connections.mapping import map_error
from rulechain.connections.wire import Argument, pack
from rulechain.diagnostics.errors import EndpointUnavailableError

_REPLY_TIMEOUT_S = 10.0
_ASKING = pack(("ASKING",))


class Link:
    """A connection of one's own. After any EndpointUnavailableError it is dead: open another."""

    __slots__ = ("_connection", "_lock", "_pool", "server")

    def __init__(self, connection: AbstractConnection, pool: ConnectionPool, server: str) -> None:
        self._connection = connection
        self._pool = pool
        self._lock = asyncio.Lock()
        self.server = server

    async def send(self, *packed: bytes) -> None:
        """Send packed commands in one write.

        Raises:
            EndpointUnavailableError: The connection is gone.
        """
        try:
            async with asyncio.timeout(_REPLY_TIMEOUT_S):
                self._check_open()
                await self._connection.send_packed_command(packed, check_health=False)
        except (RedisError, OSError) as error:
            raise map_error(error, self.server) from error

    async def receive(self, timeout_s: float = _REPLY_TIMEOUT_S) -> Any:
        """Return the reply to the earliest command that has none yet.

        Raises:
            EndpointUnavailableError: The connection is gone, or silent for longer than `timeout_s`.
            ReplyError: The reply is an error; the link goes on.
        """
        try:
            async with asyncio.timeout(timeout_s):
                self._check_open()
                return await self._connection.read_response(disable_decoding=True)
        except (RedisError, OSError) as error:
            raise map_error(error, self.server) from error

    async def call(self, *command: Argument, timeout_s: float = _REPLY_TIMEOUT_S) -> Any:
        """Send one command and return its reply; callers take turns."""
        return (await self.call_all([command], timeout_s=timeout_s))[0]

    async def call_all(
        self, commands: Sequence[tuple[Argument, ...]], *, timeout_s: float = _REPLY_TIMEOUT_S
    ) -> list[Any]:
        """Send commands in one write and return their replies; callers take turns.

        Raises:
            ReplyError: The first error among the replies, after all were read.
        """
        return all_good(await self.replies(commands, timeout_s=timeout_s))

    async def replies(
        self, commands: Sequence[tuple[Argument, ...]], *, timeout_s: float = _REPLY_TIMEOUT_S
    ) -> list[Any]:
        """Send commands in one write and return their replies, errors of single commands among them."""
        async with self._lock:
            await self.send(*map(pack, commands))
            return [await self._receive_or_error(timeout_s) for _ in commands]

    async def nodes(self) -> "list[Link]":
        """Return a link to each server that has keys: there is one."""
        return [self]

    async def release(self) -> None:
        """Give the connection back for the next user of the client; no reply may be outstanding."""
        await self._pool.release(self._connection)

    async def close(self) -> None:
        """Give the connection up."""
        await self._connection.disconnect(nowait=True)
        await self._pool.release(self._connection)

    async def _receive_or_error(self, timeout_s: float) -> Any:
        try:
            return await self.receive(timeout_s)
        except RedirectedError as error:
            return error
        except EndpointUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - the other replies must be read before it is raised
            return error

    def _check_open(self) -> None:
        # redis-py would connect again by itself, and what was sent before would be forgotten.
        if not self._connection.is_connected:
            raise ConnectionResetError("the connection is closed")


class AskingLink(Link):
    """A link to a node that takes over a slot and answers for its keys only if it is asked to, command by command."""

    __slots__ = ()

    async def send(self, *packed: bytes) -> None:
        """Send packed commands in one write, each with its ASKING."""
        await super().send(*(part for command in packed for part in (_ASKING, command)))

    async def receive(self, timeout_s: float = _REPLY_TIMEOUT_S) -> Any:
        """Return the reply to the earliest command that has none yet."""
        await super().receive(timeout_s)
        return await super().receive(timeout_s)


def all_good(replies: list[Any]) -> list[Any]:
    """Return replies; raise the first error among them."""
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    return replies
