"""A cluster: links to the node that has a key, and links that find the node of each command by themselves."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from typing import Any

from rulechain.connections.address import Node, ServerAddress
from rulechain.connections.client import RedisClient
from rulechain.connections.errors import RedirectedError, ReplyError
from rulechain.connections.link import Link, all_good
from rulechain.connections.slots import key_slot
from rulechain.connections.wire import Argument
from rulechain.diagnostics.errors import EndpointError, EndpointUnavailableError

Command = tuple[Argument, ...]

# A slot that moves on each time it is asked for is on its way; wait, and begin again.
_MOST_REDIRECTS = 5
_REPLY_TIMEOUT_S = 10.0
# Commands without a key, those with their first key further behind, and those that count their keys; a node that is
# asked in error says which one is right.
_KEYLESS = frozenset(
    [
        "CLIENT",
        "CLUSTER",
        "COMMAND",
        "CONFIG",
        "DBSIZE",
        "ECHO",
        "INFO",
        "KEYS",
        "PING",
        "PUBLISH",
        "ROLE",
        "SCAN",
        "TIME",
    ]
)
_SECOND = frozenset(["BITOP", "MEMORY", "OBJECT", "XGROUP", "XINFO"])
_COUNTED = frozenset(["EVAL", "EVALSHA", "EVALSHA_RO", "EVAL_RO", "FCALL", "FCALL_RO"])
_STREAMS = frozenset(["XREAD", "XREADGROUP"])
# What every node must be told.
_EVERYWHERE = frozenset(["SCRIPT"])


class ClusterClient:
    """Makes links into a cluster and closes them all in the end."""

    def __init__(self, address: ServerAddress) -> None:
        self.address = address
        self._servers: dict[Node, RedisClient] = {}
        # The nodes with slots, and the one of each slot as far as it is known.
        self._masters: list[Node] = []
        self._owners: dict[int, Node] = {}
        self._asking = asyncio.Lock()

    async def link(self, key: str = "") -> "Link | RoutedLink":
        """Open a link of one's own: for one key and all others of its slot, or without a key for any.

        A link for a key goes to the node that has it when it is opened. When the slot moves, the link's next command
        fails with a RedirectedError: open another.

        Raises:
            EndpointUnavailableError: The node cannot be reached, does not let us in, or gives the slot away again and
                again.
        """
        if not key:
            await self._learn()
            return RoutedLink(self)
        slot = key_slot(key)
        try:
            node, asks = await self.owner(slot), False
            for _ in range(_MOST_REDIRECTS):
                link = await self.server(node).link(asks=asks)
                redirect = await _redirect(link, key)
                if redirect is None:
                    return link
                await link.close()
                node, asks = self.follow(slot, node, redirect), redirect.asks
        except EndpointUnavailableError:
            # What was known of the cluster may be out of date.
            self.forget()
            raise
        raise EndpointUnavailableError(f"{self.address}: slot {slot} is handed from node to node")

    async def owner(self, slot: int) -> Node:
        """Return the node of a slot, as far as it is known.

        Raises:
            EndpointUnavailableError: No node can be reached, or none has the slot.
        """
        await self._learn()
        node = self._owners.get(slot)
        if node is None:
            self.forget()
            raise EndpointUnavailableError(f"{self.address}: no node has slot {slot}")
        return node

    async def masters(self) -> list[Node]:
        """Return the nodes that have slots.

        Raises:
            EndpointUnavailableError: No node can be reached.
        """
        await self._learn()
        return self._masters

    def server(self, node: Node) -> RedisClient:
        """Return the client of one node."""
        return self._servers.get(node) or self._servers.setdefault(node, RedisClient(self.address.at(node)))

    def follow(self, slot: int, node: Node, redirect: RedirectedError) -> Node:
        """Return where a node sends us for a slot, and remember it if it is for good."""
        target = (redirect.host or node[0], redirect.port)
        if not redirect.asks:
            self._owners[slot] = target
        return target

    def forget(self) -> None:
        """Ask for the nodes and their slots again before the next link."""
        self._owners.clear()

    async def close(self) -> None:
        """Close every link."""
        for server in self._servers.values():
            await server.close()

    def __repr__(self) -> str:
        return f"ClusterClient({self.address})"

    async def _learn(self) -> None:
        """Ask any node which node has which slots, unless that is known."""
        async with self._asking:
            if self._owners:
                return
            nodes = list(dict.fromkeys((*self._masters, *self.address.nodes)))
            # Not always the same one: it may be cut off from the others and know it least of all.
            random.shuffle(nodes)
            reasons = []
            for node in nodes:
                try:
                    self._owners = dict(_by_slot(await self._ask(node), node[0]))
                except EndpointError as error:
                    reasons.append(str(error))
                else:
                    self._masters = list(dict.fromkeys(self._owners.values()))
                    return
        raise EndpointUnavailableError("; ".join(dict.fromkeys(reasons)))

    async def _ask(self, node: Node) -> Any:
        link = await self.server(node).link()
        try:
            # Older than CLUSTER SHARDS, which Redis has since 7.0, and says the same.
            return await link.call("CLUSTER", "SLOTS")
        finally:
            await link.close()


class RoutedLink:
    """A link whose commands each go to the node that has their keys, wherever that is by now."""

    def __init__(self, cluster: ClusterClient) -> None:
        self.server = str(cluster.address)
        self._cluster = cluster
        self._links: dict[tuple[Node, bool], Link] = {}
        self._opening = asyncio.Lock()

    async def call(self, *command: Argument, timeout_s: float = _REPLY_TIMEOUT_S) -> Any:
        """Send one command and return its reply."""
        return (await self.call_all([command], timeout_s=timeout_s))[0]

    async def call_all(self, commands: Sequence[Command], *, timeout_s: float = _REPLY_TIMEOUT_S) -> list[Any]:
        """Send commands in one write per node, and return their replies.

        Raises:
            EndpointUnavailableError: A node cannot be reached, or a slot is on its way.
            ReplyError: The first error among the replies, after all were read.
        """
        return all_good(await self.replies(commands, timeout_s=timeout_s))

    async def replies(self, commands: Sequence[Command], *, timeout_s: float = _REPLY_TIMEOUT_S) -> list[Any]:
        """Send commands in one write per node, and return their replies, errors of single commands among them.

        Raises:
            EndpointUnavailableError: A node cannot be reached, or a slot is on its way.
        """
        replies: list[Any] = [None] * len(commands)
        try:
            for node, places in (await self._by_node(commands)).items():
                link = await self._link(node)
                answers = await link.replies([commands[place] for place in places], timeout_s=timeout_s)
                for place, answer in zip(places, answers, strict=True):
                    is_moved = isinstance(answer, RedirectedError)
                    replies[place] = await self._follow(commands[place], node, answer) if is_moved else answer
        except EndpointUnavailableError:
            self._cluster.forget()
            raise
        return replies

    async def nodes(self) -> list[Link]:
        """Return a link to each node with slots, for what is not about keys; they live as long as this one."""
        return [await self._link(node) for node in await self._cluster.masters()]

    async def release(self) -> None:
        """Give the connections back for the next user of the client."""
        for link in self._links.values():
            await link.release()
        self._links.clear()

    async def close(self) -> None:
        """Give the connections up."""
        for link in self._links.values():
            await link.close()
        self._links.clear()

    async def _by_node(self, commands: Sequence[Command]) -> dict[Node, list[int]]:
        """Return the places of commands, by the node that each goes to."""
        places: dict[Node, list[int]] = {}
        for place, command in enumerate(commands):
            key = first_key(command)
            nodes = [await self._cluster.owner(key_slot(key))] if key is not None else await self._cluster.masters()
            is_for_all = _name(command) in _EVERYWHERE
            # Of what every node is told, the last one to be told gives the reply.
            for node in nodes if is_for_all else nodes[:1]:
                places.setdefault(node, []).append(place)
        return places

    async def _link(self, node: Node, *, asks: bool = False) -> Link:
        async with self._opening:
            link = self._links.get((node, asks))
            if link is None:
                self._links[node, asks] = link = await self._cluster.server(node).link(asks=asks)
        return link

    async def _follow(self, command: Command, node: Node, redirect: RedirectedError) -> Any:
        """Send a command to where a node sends us, and return its reply or its error."""
        for _ in range(_MOST_REDIRECTS):
            node = self._cluster.follow(key_slot(first_key(command) or ""), node, redirect)
            [reply] = await (await self._link(node, asks=redirect.asks)).replies([command])
            if not isinstance(reply, RedirectedError):
                return reply
            redirect = reply
        raise redirect


def first_key(command: Command) -> str | bytes | None:
    """Return the first key of a command, None of one that has none."""
    name = _name(command)
    if name in _KEYLESS or name in _EVERYWHERE:
        return None
    at = 1
    if name in _SECOND:
        at = 2
    elif name in _COUNTED:
        at = 3 if int(command[2]) else len(command)
    elif name in _STREAMS:
        words = [word.upper() if isinstance(word, (str, bytes)) else word for word in command]
        at = 1 + next((place for place, word in enumerate(words) if word in ("STREAMS", b"STREAMS")), len(words))
    key = command[at] if at < len(command) else None
    return key if key is None or isinstance(key, (str, bytes)) else str(key)


def _name(command: Command) -> str:
    name = command[0]
    return (name.decode("ascii", "replace") if isinstance(name, bytes) else str(name)).upper()


async def _redirect(link: Link, key: str) -> RedirectedError | None:
    """Return where a node sends us for a key, None if it answers for it itself."""
    try:
        await link.call("EXISTS", key)
    except RedirectedError as redirect:
        return redirect
    except ReplyError:
        # It forbids the question, which it would not have looked at if the key were elsewhere.
        return None
    except BaseException:
        await link.close()
        raise
    return None


def _by_slot(ranges: Any, host: str) -> Iterator[tuple[int, Node]]:
    """Yield each slot and its node, from the reply to CLUSTER SLOTS of a host."""
    for first, last, master, *_ in ranges:
        # A node that does not know its own name gives none, and is where we asked.
        node = (master[0].decode() if master[0] else host, int(master[1]))
        for slot in range(first, last + 1):
            yield slot, node
