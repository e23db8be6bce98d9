"""Connections shared by id, and everything that knows redis-py: addresses, the embedded server, the mapping of errors.

Importing this loads no redis-py, which takes longer than everything else; `connect` does, when it is called. Nor does
it load what starts a server, and what keeps a cache, before they are asked for.
"""

from typing import TYPE_CHECKING

from rulechain._lazy import lazy_names
from rulechain.connections.address import AddressError, ServerAddress, Tls, parse_address
from rulechain.connections.connect import connect
from rulechain.connections.nodes import ChainNodes, Share, SharedNode, SharedNodes
from rulechain.connections.shared import SharedConnections

if TYPE_CHECKING:
    from rulechain.connections.cache import RedisCache
    from rulechain.connections.embedded import EmbeddedServer

__all__ = [
    "AddressError",
    "ChainNodes",
    "EmbeddedServer",
    "RedisCache",
    "ServerAddress",
    "Share",
    "SharedConnections",
    "SharedNode",
    "SharedNodes",
    "Tls",
    "connect",
    "parse_address",
]

__getattr__ = lazy_names(__name__, {"cache": ("RedisCache",), "embedded": ("EmbeddedServer",)})
