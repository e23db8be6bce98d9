"""What the components `cacheSet`, `cacheGet` and `cacheDelete` keep their values in."""

from dataclasses import dataclass
from typing import Any, Protocol


class CacheStore(Protocol):
    """Keeps values by key. Any thread may call it; whoever gets a value must not change it.

    A store that waits for something outside the process has an attribute `blocks` that is true: components then call it
    in a thread of its own where there is an event loop.
    """

    def get(self, key: str) -> Any:
        """Return the value under a key, None when there is none."""

    def set(self, key: str, value: Any, ttl_s: float | None = None) -> None:
        """Keep a value, for ever or for that many seconds."""

    def delete(self, key: str) -> None:
        """Forget a value; an unknown key is no mistake."""

    def find(self, prefix: str) -> dict[str, Any]:
        """Return all values whose keys begin with a text."""

    def delete_prefix(self, prefix: str) -> None:
        """Forget all values whose keys begin with a text."""


@dataclass(frozen=True, slots=True)
class Cache:
    """The engine's cache, as components require it: one store, in which a chain's own keys begin with `<chain id>:`."""

    store: CacheStore

    @property
    def blocks(self) -> bool:
        """Whether an access waits for something outside the process."""
        return bool(getattr(self.store, "blocks", False))
