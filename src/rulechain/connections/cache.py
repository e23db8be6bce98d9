"""A cache in Redis, shared by the engines of many processes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
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
        server: `host:port`, or a URL as in `parse_address`.
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
                for key, data in zip(keys, self._values(keys), strict=True):
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
        from rulechain.connections.blocking import open_blocking  # noqa: PLC0415

        return open_blocking(self.address, self._timeout_s)

    def _values(self, keys: list[bytes]) -> list[Any]:
        # A cluster has a command for the keys of one slot only.
        read: Any = getattr(self._redis, "mget_nonatomic", self._redis.mget)
        return list(read(keys))

    def _batches(self, prefix: str) -> Iterator[list[bytes]]:
        """Yield the keys that begin with a text, some at a time."""
        pattern = _GLOB.sub(r"\\\g<0>", self._prefix + prefix) + "*"
        found = self._redis.scan_iter(match=pattern, count=_BATCH)
        while keys := list(islice(found, _BATCH)):
            yield keys

    @contextmanager
    def _mapped_errors(self) -> Iterator[None]:
        from redis.exceptions import RedisError  # noqa: PLC0415

        from rulechain.connections.mapping import map_error  # noqa: PLC0415

        try:
            yield
        except (RedisError, OSError) as error:
            raise map_error(error, str(self.address)) from error
