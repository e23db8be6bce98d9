"""Whichever server is the master now, found by asking sentinels."""

import asyncio

from rulechain.connections.address import Node, ServerAddress, node_text
from rulechain.connections.client import RedisClient
from rulechain.connections.errors import ReplyError
from rulechain.connections.link import Link
from rulechain.diagnostics.errors import EndpointError, EndpointUnavailableError

# For so long a master is not asked for again: links that are taken and given back at once would all ask.
_TRUST_S = 1.0


class SentinelClient:
    """Makes links to the master, each to the one that the sentinels name when it is opened.

    A link to a master that is replaced breaks, or its next write is refused: its user opens another.
    """

    def __init__(self, address: ServerAddress) -> None:
        self.address = address
        self._sentinels = [RedisClient(address.sentinel_at(node)) for node in address.nodes]
        self._servers: dict[Node, RedisClient] = {}
        self._finding = asyncio.Lock()
        self._master: Node | None = None
        self._found_at = 0.0

    async def link(self, key: str = "") -> Link:  # noqa: ARG002 - the master has every key
        """Open a link of one's own.

        Raises:
            EndpointUnavailableError: No sentinel can be reached or knows a master, or the master cannot be reached.
        """
        async with self._finding:
            now = asyncio.get_running_loop().time()
            if self._master is None or now - self._found_at > _TRUST_S:
                self._master = None
                self._master, self._found_at = await self._find_master(), now
        return await self._server(self._master).link()

    async def close(self) -> None:
        """Close every link."""
        for client in (*self._sentinels, *self._servers.values()):
            await client.close()

    def __repr__(self) -> str:
        return f"SentinelClient({self.address})"

    def _server(self, node: Node) -> RedisClient:
        return self._servers.get(node) or self._servers.setdefault(node, RedisClient(self.address.at(node)))

    async def _find_master(self) -> Node:
        """Return the master that a sentinel names and that takes itself for one."""
        reasons = []
        for sentinel in tuple(self._sentinels):
            try:
                master = await self._ask(sentinel)
                await self._check_role(master)
            except EndpointError as error:
                reasons.append(str(error))
            else:
                # The one that knew is asked first the next time.
                self._sentinels.remove(sentinel)
                self._sentinels.insert(0, sentinel)
                return master
        raise EndpointUnavailableError(f"{self.address}: no master is known ({'; '.join(dict.fromkeys(reasons))})")

    async def _ask(self, sentinel: RedisClient) -> Node:
        link = await sentinel.link()
        try:
            found = await link.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.address.service)
        finally:
            await link.close()
        if found is None:
            raise EndpointUnavailableError(f'{sentinel.address} knows no master "{self.address.service}"')
        host, port = found
        return host.decode(), int(port)

    async def _check_role(self, node: Node) -> None:
        """See to it that a server is a master: one that came back may not know yet that it was replaced.

        Raises:
            EndpointUnavailableError: It cannot be reached, or is no master.
        """
        link = await self._server(node).link()
        try:
            role = (await link.call("ROLE"))[0]
        except ReplyError:
            # A server that forbids the question is taken at the sentinel's word.
            return
        finally:
            await link.close()
        if role != b"master":
            raise EndpointUnavailableError(f"{node_text(node)} is named as the master and is a {role.decode()}")
