"""The cache of an engine that is given none."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

CAPACITY = 100_000
_FOREVER = float("inf")


class MemoryCache:
    """Implements `api.CacheStore` in this process: beyond its capacity, what was not used for longest is forgotten."""

    def __init__(self, capacity: int = CAPACITY, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity = capacity
        self._clock = clock
        self._lock = threading.Lock()
        # Values with the time they expire, the one used last at the end.
        self._entries: OrderedDict[str, tuple[Any, float]] = OrderedDict()

    def get(self, key: str) -> Any:
        """Return the value under a key, None when there is none."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            value, expires = entry
            if expires <= self._clock():
                del self._entries[key]
                return None
            self._entries.move_to_end(key)
            return value

    def set(self, key: str, value: Any, ttl_s: float | None = None) -> None:
        """Keep a value, for ever or for that many seconds."""
        expires = _FOREVER if ttl_s is None else self._clock() + ttl_s
        with self._lock:
            self._entries[key] = (value, expires)
            self._entries.move_to_end(key)
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)

    def delete(self, key: str) -> None:
        """Forget a value; an unknown key is no mistake."""
        with self._lock:
            self._entries.pop(key, None)

    def find(self, prefix: str) -> dict[str, Any]:
        """Return all values whose keys begin with a text."""
        now = self._clock()
        with self._lock:
            return {
                key: value
                for key, (value, expires) in self._entries.items()
                if key.startswith(prefix) and expires > now
            }

    def delete_prefix(self, prefix: str) -> None:
        """Forget all values whose keys begin with a text."""
        with self._lock:
            for key in [key for key in self._entries if key.startswith(prefix)]:
                del self._entries[key]
