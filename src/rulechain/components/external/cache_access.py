"""Access to a cache that may be somewhere else, without holding up an event loop."""

import asyncio
from collections.abc import Awaitable, Callable

from rulechain.api import Cache, NodeFunction, Outcome
from rulechain.model import Message


def off_the_loop(run: Callable[[Message], Outcome], cache: Cache) -> NodeFunction:
    """Return the function of a node that uses the cache: where that blocks, it does so in another thread."""
    if not cache.blocks:
        return run

    def run_where_it_may_block(message: Message) -> Outcome | Awaitable[Outcome]:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return run(message)
        return asyncio.to_thread(run, message)

    return run_where_it_may_block
