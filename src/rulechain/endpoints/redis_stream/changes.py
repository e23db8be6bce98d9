"""Waiting until something about the held entries is so, without asking all the time."""

import asyncio
from collections.abc import Callable


class Changes:
    """Lets tasks wait for conditions that others bring about."""

    def __init__(self) -> None:
        self._noted = asyncio.Event()

    def note(self) -> None:
        """Have those that wait look again."""
        self._noted.set()

    async def until(self, ready: Callable[[], object]) -> None:
        """Wait until something is true, and let other tasks have their turn."""
        await asyncio.sleep(0)
        while not ready():
            self._noted.clear()
            await self._noted.wait()
