"""Wait for something to become true, without sleeping for a guessed time."""

import asyncio
import inspect
import threading
import time

_PAUSE_S = 0.005
_never = threading.Event()


async def eventually(condition, *, within_s=10.0):
    """Return the first true value of `condition()`, which may be async; fail with its last value after `within_s`."""
    deadline = time.monotonic() + within_s
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        _fail_after(deadline, within_s, value)
        await asyncio.to_thread(_never.wait, _PAUSE_S)


def eventually_blocking(condition, *, within_s=10.0):
    """`eventually` for tests without an event loop."""
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        _fail_after(deadline, within_s, value)
        _never.wait(_PAUSE_S)
    return value


def _fail_after(deadline, within_s, value):
    assert time.monotonic() < deadline, f"not true within {within_s:g} s; the last value was {value!r}"
