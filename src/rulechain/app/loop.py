"""The event loop of an engine, for callers that have none of their own."""

import asyncio
import concurrent.futures
import threading
import weakref
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from rulechain.diagnostics.errors import RunError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Thread:
    """A thread that does nothing but run an event loop."""

    loop: asyncio.AbstractEventLoop
    thread: threading.Thread

    @property
    def is_running(self) -> bool:
        # Not in the child of a fork, which has this object but not the thread.
        return self.thread.is_alive()

    def stop(self) -> None:
        """End the loop, which cancels what is left in it and closes what it holds."""
        if not self.is_running:
            return
        self.loop.call_soon_threadsafe(self.loop.stop)
        if self.thread is not threading.current_thread():
            self.thread.join()


class EngineLoop:
    """An event loop in a thread of its own, begun when it is first needed, so that connections last between messages.

    It ends with `stop`, and at the latest with this object or the process. After a fork, the child begins another.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._current: _Thread | None = None
        self._waited_for: set[concurrent.futures.Future[Any]] = set()

    @property
    def waited_for(self) -> "tuple[concurrent.futures.Future[Any], ...]":
        """What callers wait for; other tasks of the loop, such as those of a client that is kept open, never end."""
        with self._lock:
            return tuple(self._waited_for)

    @property
    def is_running(self) -> bool:
        """Whether the thread is there."""
        return self._current is not None and self._current.is_running

    def run(self, awaitable: Awaitable[T]) -> T:
        """Wait, in a thread without an event loop, for something that happens in this one.

        Raises:
            RunError: The loop was stopped meanwhile.
        """
        future = self._submit(_finished(awaitable))
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            raise RunError("the engine was closed while the run was waiting") from None
        except BaseException:
            future.cancel()
            raise
        finally:
            self._waited_for.discard(future)

    def stop(self) -> None:
        """End the loop; whoever needs it later begins another."""
        with self._lock:
            current, self._current = self._current, None
        if current is not None:
            current.stop()

    def _submit(self, work: Coroutine[Any, Any, T]) -> "concurrent.futures.Future[T]":
        # Under one lock: the work may begin at once, and whoever closes the engine must then find it.
        with self._lock:
            current = self._current
            if current is None or not current.is_running:
                current = self._current = self._begin()
            future = asyncio.run_coroutine_threadsafe(work, current.loop)
            self._waited_for.add(future)
            return future

    def _begin(self) -> _Thread:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=_serve, args=(loop,), name="rulechain-engine", daemon=True)
        begun = _Thread(loop, thread)
        weakref.finalize(self, begun.stop)
        thread.start()
        return begun


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.get_loop().run_forever()


async def _finished(awaitable: Awaitable[T]) -> T:
    return await awaitable
