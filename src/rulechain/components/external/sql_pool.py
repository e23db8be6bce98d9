"""Connections of drivers that block, each used by one thread at a time."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from rulechain.components.external.databases import Database
from rulechain.diagnostics.errors import NodeError

T = TypeVar("T")

_STOP_TRIES = 20
_STOP_PAUSE_S = 0.1


class ConnectionPool:
    """Runs work on connections, at most `size` at a time; those that are free wait for the next work."""

    def __init__(self, database: Database, size: int) -> None:
        self._database = database
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="rulechain-sql")
        self._free: list[Any] = []
        self._is_closed = False

    async def run(self, work: Callable[[Any], T]) -> T:
        """Return what the work returns for a connection; given up, what the database is doing for it is stopped."""
        turn = _Turn()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._work, work, turn)
        except asyncio.CancelledError:
            # Stopping may take a round trip to the database.
            threading.Thread(target=turn.stop, args=[self._database], daemon=True).start()
            raise

    async def close(self) -> None:
        """Close the connections; one that is in use is closed by its user."""
        self._is_closed = True
        await asyncio.to_thread(self._close_free)
        self._threads.shutdown(wait=False)

    def _work(self, work: Callable[[Any], T], turn: "_Turn") -> T:
        connection = self._take()
        try:
            turn.begin(connection)
            return work(connection)
        finally:
            turn.end()
            self._give_back(connection)

    def _take(self) -> Any:
        while self._free:
            with contextlib.suppress(IndexError):
                connection = self._free.pop()
                if not self._database.has_ended(connection):
                    return connection
                self._database.close(connection)
        return self._database.connect()

    def _give_back(self, connection: Any) -> None:
        if self._database.has_ended(connection):
            self._database.close(connection)
            return
        self._free.append(connection)
        if self._is_closed:
            self._close_free()

    def _close_free(self) -> None:
        while self._free:
            with contextlib.suppress(IndexError):
                self._database.close(self._free.pop())


class _Turn:
    """One use of a connection, which another thread may stop while it lasts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: Any = None
        self._is_stopped = False
        self._ended = threading.Event()

    def begin(self, connection: Any) -> None:
        with self._lock:
            if self._is_stopped:
                raise NodeError("nobody waits for it any more")
            self._connection = connection

    def end(self) -> None:
        with self._lock:
            self._connection = None
            self._ended.set()

    def stop(self, database: Database) -> None:
        # A database ignores to be stopped just before it begins, hence several tries.
        for _ in range(_STOP_TRIES):
            with self._lock:
                self._is_stopped = True
                if self._connection is not None:
                    database.stop(self._connection)
            if self._ended.wait(_STOP_PAUSE_S):
                return
