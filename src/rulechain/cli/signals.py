"""SIGINT and SIGTERM: the first asks to stop, a second one leaves at once. SIGUSR1 asks how things are."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """Whether, and by which signal, the process was asked to stop."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.signal: signal.Signals | None = None

    def make(self, number: signal.Signals | None = None) -> None:
        """Ask to stop; without a signal, for a reason of our own."""
        self.signal = number
        self._event.set()

    @property
    def is_made(self) -> bool:
        """Whether somebody asked."""
        return self._event.is_set()

    async def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the request, at most so long; return whether it was made."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        except TimeoutError:
            return False
        return True


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Turn the first SIGINT or SIGTERM into a stop request while the block runs; needs a running event loop."""
    loop = asyncio.get_running_loop()
    request = StopRequest()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def first(number: signal.Signals) -> None:
        for each in _SIGNALS:
            loop.remove_signal_handler(each)
            # No callback of the event loop: it has to work while something keeps the loop busy.
            signal.signal(each, _leave_at_once)
        request.make(number)

    for number in _SIGNALS:
        loop.add_signal_handler(number, first, number)
    try:
        yield request
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])


@contextmanager
def on_request(tell: Callable[[], None]) -> Iterator[None]:
    """Have a function called at each SIGUSR1 while the block runs; needs a running event loop."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, tell)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGUSR1)


def _leave_at_once(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)
