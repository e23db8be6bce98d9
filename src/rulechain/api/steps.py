"""Work that suspends only where it must, written once.

A generator yields what has to be awaited and is handed the result. While it yields nothing it runs as plain function
calls, without an event loop; from its first `yield` on it is a coroutine.
"""

import asyncio
from collections.abc import Awaitable, Generator
from typing import Any, TypeVar

from rulechain.diagnostics.errors import RunError

T = TypeVar("T")

Steps = Generator[Awaitable[Any], Any, T]


def take_steps(steps: Steps[T]) -> "T | PendingSteps[T]":
    """Run a generator to its first wait: its result if it never waits, else an awaitable of that."""
    try:
        awaitable = next(steps)
    except StopIteration as stop:
        result: T = stop.value
        return result
    return PendingSteps(steps, awaitable)


class PendingSteps(Awaitable[T]):
    """The rest of some steps that suspended: await it once, or close it."""

    __slots__ = ("_awaitable", "_steps")

    def __init__(self, steps: Steps[T], awaitable: Awaitable[Any]) -> None:
        self._steps = steps
        self._awaitable = awaitable

    def __await__(self) -> Generator[Any, None, T]:
        return self._drive().__await__()

    def close(self) -> None:
        """Give the rest up."""
        if (close := getattr(self._awaitable, "close", None)) is not None:
            close()
        self._steps.close()

    async def _drive(self) -> T:
        awaitable = self._awaitable
        while True:
            try:
                try:
                    result = await awaitable
                except asyncio.CancelledError:
                    if (task := asyncio.current_task()) is None or task.cancelling():
                        raise
                    awaitable = self._steps.throw(RunError("what was waited for was cancelled"))
                except Exception as error:  # noqa: BLE001 - raised again where the steps wait for it
                    awaitable = self._steps.throw(error)
                else:
                    awaitable = self._steps.send(result)
            except StopIteration as stop:
                finished: T = stop.value
                return finished
