"""What the server on the other side is and can do, asked once for each session."""

from typing import TYPE_CHECKING, NamedTuple

from rulechain.connections.errors import ReplyError

if TYPE_CHECKING:
    from rulechain.connections.link import Link


class ServerFacts(NamedTuple):
    """A server's name and version, empty where it does not say, and what of it we use if it is there."""

    name: str
    version: str
    # XPENDING can leave out entries that are not idle, since Redis 6.2.
    filters_by_idle: bool

    def __str__(self) -> str:
        claims = "" if self.filters_by_idle else "; before 6.2, so claims look at every pending entry"
        return f"{self.name or 'unknown server'} {self.version}".rstrip() + claims


async def ask_server(link: "Link") -> ServerFacts:
    """Find out what a server is."""
    facts = await _info(link)
    name = "valkey" if "valkey_version" in facts else "redis" if facts else ""
    version = facts.get("valkey_version") or facts.get("redis_version", "")
    return ServerFacts(name, version, await _has_command(link, "XAUTOCLAIM"))


async def _info(link: "Link") -> dict[str, str]:
    try:
        text: bytes = await link.call("INFO", "server")
    except ReplyError:
        return {}
    pairs = (line.partition(":") for line in text.decode("utf-8", "replace").splitlines())
    return {key: value for key, colon, value in pairs if colon}


async def _has_command(link: "Link", name: str) -> bool:
    """Whether the server knows a command; one that forbids to ask is new enough to know those we may ask for."""
    try:
        return (await link.call("COMMAND", "INFO", name))[0] is not None
    except ReplyError:
        return True
