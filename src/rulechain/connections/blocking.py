"""redis-py's blocking clients, for whoever runs without an event loop."""

from typing import Any, cast

from redis import Redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.retry import Retry
from redis.sentinel import Sentinel

from rulechain.connections.address import ServerAddress, Topology


def open_blocking(address: ServerAddress, timeout_s: float) -> Redis:
    """Return a client of a server, of the master that sentinels name, or of a cluster, which does what the others do.

    Args:
        address: The server.
        timeout_s: The longest that one command may take.
    """
    settings = _settings(address, timeout_s)
    if address.topology is Topology.CLUSTER:
        nodes = [ClusterNode(host, port) for host, port in address.nodes]  # type: ignore[no-untyped-call]
        del settings["retry"], settings["db"]
        return cast("Redis", RedisCluster(startup_nodes=nodes, **settings))
    if address.topology is Topology.SENTINEL:
        theirs = _settings(address.sentinel_at(address.nodes[0]), timeout_s)
        sentinels = Sentinel(address.nodes, sentinel_kwargs=theirs, **settings)  # type: ignore[no-untyped-call]
        return cast("Redis", sentinels.master_for(address.service))  # type: ignore[no-untyped-call]
    if address.path:
        return Redis(unix_socket_path=address.path, **settings)
    return Redis(host=address.host, port=address.port, **settings)


def _settings(address: ServerAddress, timeout_s: float) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "db": address.db,
        "username": address.username or None,
        "password": address.password or None,
        "socket_timeout": timeout_s,
        "socket_connect_timeout": timeout_s,
        "socket_keepalive": True,
        # Once, at once: the connection may be one that the server has closed meanwhile.
        "retry": Retry(NoBackoff(), 1),
        "protocol": 2,
    }
    if address.tls is not None:
        settings |= {
            "ssl": True,
            "ssl_ca_certs": address.tls.ca or None,
            "ssl_certfile": address.tls.cert or None,
            "ssl_keyfile": address.tls.key or None,
            "ssl_cert_reqs": "required" if address.tls.verify else "none",
            "ssl_check_hostname": address.tls.verify,
        }
    return settings
