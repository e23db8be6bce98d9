"""Connections shared by id, and everything that knows redis-py: addresses, the embedded server, the mapping of errors.

Importing this loads no redis-py, which takes longer than everything else; `connect` does, when it is called.
"""

from rulechain.connections.address import AddressError, ServerAddress, Tls, parse_address
from rulechain.connections.cache import RedisCache
from rulechain.connections.connect import connect
from rulechain.connections.embedded import EmbeddedServer
from rulechain.connections.nodes import ChainNodes, Share, SharedNode, SharedNodes
from rulechain.connections.shared import SharedConnections

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
