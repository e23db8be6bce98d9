"""A cache in Redis, shared by the engines of many processes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rulechain.connections.address import ServerAddress, parse_address
from rulechain.values import decode_json, encode_json

if TYPE_CHECKING:
    from redis import Redis

DEFAULT_PREFIX = "rulechain:cache:"
# Keys per round trip where all with a prefix are meant.
_BATCH = 500
_GLOB = re.compile(r"[\\*?\[\]]")


class RedisCache:
    """Implements `api.CacheStore` on a Redis server, for `Engine(cache=RedisCache("redis://host:6379/0"))`.

    Values are kept as JSON, so a whole number is read as a float, as from any payload, and bytes as their base64 text.
    Each access is one round trip; runs in an event loop wait for it in a thread of its own.

    Args:
        server: `host:port`, or a `redis://`, `rediss://` or `unix://` URL.
        prefix: What every key on the server begins with.
        timeout_s: The longest that one access may take; nodes then fail.

    Raises:
        AddressError: The server's address cannot be read.
    """

    # For components: see `api.CacheStore`.
    blocks = True

    def __init__(self, server: str | ServerAddress, *, prefix: str = DEFAULT_PREFIX, timeout_s: float = 2.0) -> None:
        self.address = parse_address(server) if isinstance(server, str) else server
        self._prefix = prefix
        self._timeout_s = timeout_s

    def get(self, key: str) -> Any:
        """Return the value under a key, None when there is none."""
        with self._mapped_errors():
            data = self._redis.get(self._prefix + key)
        return None if data is None else decode_json(data)

    def set(self, key: str, value: Any, ttl_s: float | None = None) -> None:
        """Keep a value, for ever or for that many seconds."""
        data = encode_json(value)
        with self._mapped_errors():
            self._redis.set(self._prefix + key, data, px=None if ttl_s is None else max(1, round(ttl_s * 1000)))

    def delete(self, key: str) -> None:
        """Forget a value; an unknown key is no mistake."""
        with self._mapped_errors():
            self._redis.delete(self._prefix + key)

    def find(self, prefix: str) -> dict[str, Any]:
        """Return all values whose keys begin with a text."""
        found: dict[str, Any] = {}
        with self._mapped_errors():
            for keys in self._batches(prefix):
                for key, data in zip(keys, self._redis.mget(keys), strict=True):
                    if data is not None:
                        found[key.decode().removeprefix(self._prefix)] = decode_json(data)
        return found

    def delete_prefix(self, prefix: str) -> None:
        """Forget all values whose keys begin with a text."""
        with self._mapped_errors():
            for keys in self._batches(prefix):
                self._redis.delete(*keys)

    def close(self) -> None:
        """Close the connections; the next access opens one again."""
        self._redis.close()

    def __repr__(self) -> str:
        return f"RedisCache({self.address})"

    @cached_property
    def _redis(self) -> "Redis":
        # redis-py takes longer to import than everything else, and most engines need no cache in it.
        from redis import Redis  # noqa: PLC0415
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415

        address, tls = self.address, self.address.tls
        return Redis(
            host=address.host,
            port=address.port,
            unix_socket_path=address.path or None,
            db=address.db,
            username=address.username or None,
            password=address.password or None,
            socket_timeout=self._timeout_s,
            socket_connect_timeout=self._timeout_s,
            socket_keepalive=True,
            # Once, at once: the connection may be one that the server has closed meanwhile.
            retry=Retry(NoBackoff(), 1),
            protocol=2,
            ssl=tls is not None,
            ssl_ca_certs=(tls.ca or None) if tls else None,
            ssl_certfile=(tls.cert or None) if tls else None,
            ssl_keyfile=(tls.key or None) if tls else None,
            ssl_cert_reqs="required" if tls is None or tls.verify else "none",
            ssl_check_hostname=tls is None or tls.verify,
        )

    def _batches(self, prefix: str) -> Iterator[list[Any]]:
        """Yield the server's keys that begin with a text, some at a time."""
        pattern = _GLOB.sub(r"\\\g<0>", self._prefix + prefix) + "*"
        cursor = 0
        while True:
            cursor, keys = self._redis.scan(cursor, match=pattern, count=_BATCH)
            if keys:
                yield keys
            if not cursor:
                return

    @contextmanager
    def _mapped_errors(self) -> Iterator[None]:
        from redis.exceptions import RedisError  # noqa: PLC0415

        from rulechain.connections.mapping import map_error  # noqa: PLC0415

        try:
            yield
        except (RedisError, OSError) as error:
            raise map_error(error, str(self.address)) from error
