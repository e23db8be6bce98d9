"""What a component opens and keeps, such as a client or a connection: opened late, shared, and closed in the end."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Resource(Generic[T]):
    """One opened thing for all messages of a node, or rather one for each event loop they run in.

    The first user opens it. After `close` it goes when its last user has let go, and at the latest it goes with its
    event loop. A message that comes even later, because it still runs on a chain that was replaced, opens one for
    itself.

        client = Resource(open_client, httpx.AsyncClient.aclose)
        node.on_close(client.close)
        ...
        async with client.use() as http:
            await http.get(url)

    Args:
        open_: Opens the thing.
        close: Closes it.
        broken_by: Exceptions that make it useless: raised inside `use`, they have the next user open another.
    """

    def __init__(
        self,
        open_: Callable[[], Awaitable[T]],
        close: Callable[[T], Awaitable[None]],
        *,
        broken_by: tuple[type[Exception], ...] = (),
    ) -> None:
        self._open = open_
        self._close = close
        self._broken_by = broken_by
        self._opened: dict[asyncio.AbstractEventLoop, _Opened[T]] = {}
        self._is_closed = False

    @contextlib.asynccontextmanager
    async def use(self) -> AsyncIterator[T]:
        """Have the thing open while the block runs; others may use it at the same time."""
        loop = asyncio.get_running_loop()
        opened = self._opened.get(loop)
        if opened is None:
            opened = self._opened[loop] = _Opened(self._hold)
        opened.users += 1
        try:
            yield await opened.thing()
        except self._broken_by:
            self._forget(loop, opened)
            raise
        finally:
            opened.users -= 1
            if self._is_closed:
                self._forget(loop, opened)
            if self._opened.get(loop) is not opened:
                await opened.close_if_idle()

    async def close(self) -> None:
        """Close what is open; what is in use is closed by its last user."""
        self._is_closed = True
        for loop, opened in list(self._opened.items()):
            self._forget(loop, opened)
            if loop is asyncio.get_running_loop():
                await opened.close_if_idle()
            elif loop.is_running():
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(opened.close_if_idle(), loop))
            # Any other loop closes it when it ends itself.

    def _forget(self, loop: asyncio.AbstractEventLoop, opened: "_Opened[T]") -> None:
        if self._opened.get(loop) is opened:
            del self._opened[loop]

    async def _hold(self, opened: "_Opened[T]") -> AsyncGenerator[T, None]:
        # An event loop closes its generators when it ends, so what one holds open goes with its loop. It closes all of
        # them at the same time, which is why the thing must not be held by a second one.
        thing = await self._open()
        try:
            yield thing
        finally:
            self._forget(asyncio.get_running_loop(), opened)
            await self._close(thing)


class _Opened(Generic[T]):
    """The thing of one event loop, opened or not yet."""

    def __init__(self, hold: "Callable[[_Opened[T]], AsyncGenerator[T, None]]") -> None:
        self._hold = hold
        self._holder: AsyncGenerator[T, None] | None = None
        self._thing: T
        self._lock = asyncio.Lock()
        # Why the last attempt to open it failed, as long as others have waited for it; and how many attempts failed.
        self._fault: Exception | None = None
        self._failed = 0
        self._waiting = 0
        self.users = 0

    async def thing(self) -> T:
        failed = self._failed
        self._waiting += 1
        try:
            async with self._lock:
                if self._holder is None:
                    if self._fault is not None and self._failed > failed:
                        # The attempt may have taken long: those who wait together fail together.
                        raise self._fault.with_traceback(None)
                    await self._try()
                return self._thing
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._fault = None

    async def _try(self) -> None:
        holder = self._hold(self)
        try:
            self._thing = await anext(holder)
        except Exception as error:
            self._fault = error
            self._failed += 1
            raise
        self._holder = holder

    async def close_if_idle(self) -> None:
        if self.users == 0 and self._holder is not None:
            await self._holder.aclose()
