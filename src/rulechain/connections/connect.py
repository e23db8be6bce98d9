"""The door to redis-py, which is loaded when somebody first goes through it."""

from rulechain.connections.address import ServerAddress, Topology
from rulechain.connections.shared import Client


def connect(address: ServerAddress) -> Client:
    """Return a client of a server, of the master among several, or of a cluster; its first link connects."""
    if address.topology is Topology.SENTINEL:
        from rulechain.connections.sentinel import SentinelClient  # noqa: PLC0415 - the point of this module

        return SentinelClient(address)
    if address.topology is Topology.CLUSTER:
        from rulechain.connections.cluster import ClusterClient  # noqa: PLC0415 - same

        return ClusterClient(address)
    from rulechain.connections.client import RedisClient  # noqa: PLC0415 - same

    return RedisClient(address)
