"""Gives back what the nodes of retired chains hold, whether or not an event loop runs where they are retired."""

import asyncio
import contextlib
import functools
from collections.abc import Iterable

from rulechain.plan import ChainPlan


class Closing:
    """The plans of an engine that are being closed."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def retire(self, plan: ChainPlan | None, successor: ChainPlan | None = None) -> None:
        """Close a plan that was replaced or removed, once the last run that is under way on it has ended.

        Args:
            plan: What is closed.
            successor: Keeps the nodes that it shares with the plan.
        """
        if plan is not None and plan.lease is not None:
            plan.lease.when_free(lambda: self._close(plan, successor))

    async def wait(self, plans: Iterable[ChainPlan], drain_s: float) -> None:
        """Wait until no run is under way on some plans any more, for at most so many seconds, and close them."""
        leases = [plan.lease for plan in plans if plan.lease is not None]
        loop = asyncio.get_running_loop()
        free: list[asyncio.Future[None]] = [loop.create_future() for _ in leases]
        for lease, future in zip(leases, free, strict=True):
            lease.when_free(functools.partial(_set_from_anywhere, loop, future))
        if free:
            await asyncio.wait(free, timeout=drain_s)
        await asyncio.gather(*(plan.close() for plan in plans))
        await self.settled()

    async def settled(self) -> None:
        """Wait until what was retired in this event loop is closed."""
        here = asyncio.get_running_loop()
        tasks = [task for task in self._tasks if task.get_loop() is here]
        if tasks:
            await asyncio.wait(tasks)

    def _close(self, plan: ChainPlan, successor: ChainPlan | None) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            asyncio.run(plan.close(successor))
            return
        task = loop.create_task(plan.close(successor))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _set_from_anywhere(loop: asyncio.AbstractEventLoop, future: "asyncio.Future[None]") -> None:
    # The one who waited may have lost patience, and ended its loop.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(_set, future)


def _set(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
