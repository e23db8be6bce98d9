"""What the Redis components have in common: where the server is, and calling it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rulechain.api import NodeBuild, Resource, setting
from rulechain.connections import AddressError, SharedConnections, connect, parse_address
from rulechain.connections.errors import ReplyError
from rulechain.connections.shared import Client, referred_id
from rulechain.diagnostics import Code, Diagnostic, did_you_mean

_DEFAULT_POOL_SIZE = 10


@dataclass(frozen=True, slots=True)
class RedisSettings:
    """The settings of all Redis components."""

    server: str = setting(
        "127.0.0.1:6379",
        required=True,
        description="Address of the server: host:port, a redis://, rediss:// or unix:// URL, or ref://id for a shared "
        "connection.",
    )
    username: str = setting("", description="ACL user; overrides the URL's.")
    password: str = setting("", format="secret", description="Password; overrides the URL's.")
    pool_size: int = setting(
        0, minimum=0, description=f"The most connections at the same time; 0 means {_DEFAULT_POOL_SIZE}."
    )
    db: int | None = setting(None, minimum=0, description="Number of the database; overrides the URL's.")


class RedisCalls:
    """Calls commands on a server, over as many connections as there are calls at a time, up to a limit."""

    def __init__(self, client: Client, limit: int) -> None:
        self._client = client
        self._turns = asyncio.Semaphore(limit)

    async def call(self, *command: bytes) -> Any:
        """Return the reply to a command: bytes, a number, None, or a list of these.

        Raises:
            EndpointError: The server cannot be reached, or refuses the command.
        """
        async with self._turns:
            link = await self._client.link()
            try:
                reply = await link.call(*command)
            except ReplyError:
                await link.release()
                raise
            except BaseException:
                await link.close()
                raise
            await link.release()
            return reply

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()


def redis_calls(settings: RedisSettings, node: NodeBuild) -> Resource[RedisCalls]:
    """Return what a node calls its server through; an address that cannot be read is reported."""
    open_client = _client_opener(settings, node)

    async def open_calls() -> RedisCalls:
        return RedisCalls(open_client(), settings.pool_size or _DEFAULT_POOL_SIZE)

    calls = Resource(open_calls, RedisCalls.close)
    node.on_close(calls.close)
    return calls


def _client_opener(settings: RedisSettings, node: NodeBuild) -> Callable[[], Client]:
    place = node.location("server")
    if (id_ := referred_id(settings.server)) is not None:
        shared = node.require(SharedConnections)
        if id_ not in shared.ids:
            message = f'there is no shared connection "{id_}"'
            node.report(Diagnostic(Code.UNKNOWN_CONNECTION, message, place, hint=did_you_mean(id_, shared.ids)))
        return lambda: shared.borrow(id_, connect)
    try:
        address = parse_address(settings.server, username=settings.username, password=settings.password, db=settings.db)
    except AddressError as error:
        node.report(Diagnostic(Code.BAD_SERVER, str(error), place, hint=error.hint))
        return lambda: connect(parse_address(settings.server))
    return lambda: connect(address)
