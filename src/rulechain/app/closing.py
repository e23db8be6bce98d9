"""Gives back what the nodes of retired chains hold, whether or not an event loop runs where they are retired."""

import asyncio

from rulechain.plan import ChainPlan


class Closing:
    """The plans of an engine that are being closed."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def retire(self, plan: ChainPlan | None) -> None:
        """Close a plan that was replaced or removed: at once, or in the background of a running event loop."""
        if plan is None or not plan.needs_closing:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            asyncio.run(plan.close())
            return
        task = loop.create_task(plan.close())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def wait(self) -> None:
        """Wait until what was retired in this event loop is closed."""
        here = asyncio.get_running_loop()
        tasks = [task for task in self._tasks if task.get_loop() is here]
        if tasks:
            await asyncio.wait(tasks)
