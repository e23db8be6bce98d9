"""Runs that a node starts inside its own: through other nodes, or through another chain."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar

from rulechain.api import End, NodeBuild, NodeContext, PendingSteps, Run, Steps, take_steps
from rulechain.diagnostics import Code, Diagnostic, Severity, did_you_mean
from rulechain.model import Message

K = TypeVar("K")
T = TypeVar("T")


def in_steps(
    steps: Callable[[Message, NodeContext], Steps[T]],
) -> Callable[[Message, NodeContext], T | PendingSteps[T]]:
    """Return the node function of work that is written as steps."""

    def run(message: Message, context: NodeContext) -> T | PendingSteps[T]:
        return take_steps(steps(message, context))

    return run


def finished(started: Run | Awaitable[Run]) -> Steps[Run]:
    """Wait for a run that was just started, as one of the steps."""
    if isinstance(started, Run):
        return started
    run: Run = yield started
    return run


def finished_together(
    pending: Mapping[K, Awaitable[Run]], context: NodeContext, take: Callable[[K, Run], bool], timeout_s: float | None
) -> Steps[bool]:
    """Wait for several runs at once, until there is enough or time has run out.

    What still runs when there is enough is left to end by itself; when time has run out it is given up.

    Args:
        pending: The runs that suspended, by whatever tells them apart.
        context: The context they were started in.
        take: Gets each run as it ends; true when no more is wanted.
        timeout_s: The longest wait.

    Returns:
        False when time ran out.
    """
    try:
        in_time: bool = yield _finish(pending, context, take, timeout_s)
    finally:
        for run in pending.values():
            # Gives up what has not begun; any other run is left alone by this.
            if (close := getattr(run, "close", None)) is not None:
                close()
    return in_time


def all_ends(run: Run) -> list[End]:
    """Return the ends of a run, and the unhandled failures that are no ends there (see `Run`)."""
    if not run.failures:
        return run.ends
    known = {id(end) for end in run.ends}
    return [*run.ends, *(failure for failure in run.failures if id(failure) not in known)]


def error_of(ends: Iterable[End]) -> str | None:
    """Return the first error among ends, None where there is none; a Failure may come without."""
    return next((end.error for end in ends if end.error is not None), None)


def check_node_id(node_id: str, node: NodeBuild, *path: str | int) -> None:
    """Warn of a setting that names a node which the chain does not have; as in RuleGo, the chain loads."""
    if node_id not in node.node_ids:
        message = f'"{node_id}" is not a node of this chain'
        hint = did_you_mean(node_id, node.node_ids)
        node.report(Diagnostic(Code.UNKNOWN_NODE, message, node.location(*path), Severity.WARNING, hint=hint))


async def _finish(
    pending: Mapping[K, Awaitable[Run]], context: NodeContext, take: Callable[[K, Run], bool], timeout_s: float | None
) -> bool:
    loop = asyncio.get_running_loop()
    deadline = None if timeout_s is None else loop.time() + timeout_s
    tasks = {asyncio.ensure_future(run): key for key, run in pending.items()}
    try:
        while tasks:
            left = None if deadline is None else max(0.0, deadline - loop.time())
            done, _ = await asyncio.wait(tasks, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                return False
            enough = [take(tasks.pop(task), task.result()) for task in [task for task in tasks if task in done]]
            if any(enough):
                for task in tasks:
                    context.leave(task)
                tasks.clear()
        return True
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
