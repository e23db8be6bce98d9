"""The server on the other side: how it is reached, and what it is and can do, asked once for each session."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from rulechain.connections.errors import ReplyError

if TYPE_CHECKING:
    from rulechain.connections.link import Link
    from rulechain.connections.shared import Client


class Server(NamedTuple):
    """What is known of a server before it is asked: how to make a client of it, and whether it is a cluster."""

    open_client: "Callable[[], Client]"
    is_cluster: bool


class ServerFacts(NamedTuple):
    """A server's name and version, empty where it does not say, and what of it we use if it is there."""

    name: str
    version: str
    # XPENDING can leave out entries that are not idle, since Redis 6.2.
    filters_by_idle: bool
    # XDELEX deletes what every group has acknowledged, since Redis 8.2.
    deletes_acked: bool

    def __str__(self) -> str:
        name = f"{self.name or 'unknown server'} {self.version}".rstrip()
        claims = "" if self.filters_by_idle else "; before 6.2, so claims look at every pending entry"
        return name + claims + ("; deletes by XDELEX" if self.deletes_acked else "")


async def ask_server(link: "Link") -> ServerFacts:
    """Find out what a server is."""
    facts = await _info(link)
    name = "valkey" if "valkey_version" in facts else "redis" if facts else ""
    version = facts.get("valkey_version") or facts.get("redis_version", "")
    # One that forbids to ask is new enough to claim by idle time, and what it may lack is not used.
    filters_by_idle = await _has_command(link, "XAUTOCLAIM", if_forbidden=True)
    return ServerFacts(name, version, filters_by_idle, await _has_command(link, "XDELEX", if_forbidden=False))


async def _info(link: "Link") -> dict[str, str]:
    try:
        text: bytes = await link.call("INFO", "server")
    except ReplyError:
        return {}
    pairs = (line.partition(":") for line in text.decode("utf-8", "replace").splitlines())
    return {key: value for key, colon, value in pairs if colon}


async def _has_command(link: "Link", name: str, *, if_forbidden: bool) -> bool:
    """Whether the server knows a command."""
    try:
        return (await link.call("COMMAND", "INFO", name))[0] is not None
    except ReplyError:
        return if_forbidden
