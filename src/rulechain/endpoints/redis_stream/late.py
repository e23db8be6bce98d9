"""Entries that have finished after waiting, or whose commit must be repeated: for whoever settles next."""

import asyncio
from collections.abc import Sequence

from rulechain.endpoints.redis_stream.held import Entry


class Late:
    """Entries to be settled that are no longer part of a batch."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._has_some = asyncio.Event()

    def add(self, entries: Sequence[Entry]) -> None:
        """Leave entries to be settled."""
        self._entries += entries
        self._has_some.set()

    def take(self, most: int) -> list[Entry]:
        """Return some, up to a number of entries; none if there are none."""
        taken, self._entries = self._entries[:most], self._entries[most:]
        if not self._entries:
            self._has_some.clear()
        return taken

    async def wait(self) -> None:
        """Wait until there are some."""
        await self._has_some.wait()
