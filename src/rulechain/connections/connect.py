"""The door to redis-py, which is loaded when somebody first goes through it."""

from typing import TYPE_CHECKING

from rulechain.connections.address import ServerAddress

if TYPE_CHECKING:
    from rulechain.connections.client import RedisClient


def connect(address: ServerAddress) -> "RedisClient":
    """Return a client of a server; nothing is sent before its first link opens."""
    from rulechain.connections.client import RedisClient  # noqa: PLC0415 - the point of this module

    return RedisClient(address)
