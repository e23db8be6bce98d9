"""When nothing needs any more what the nodes of a plan hold."""

import threading
from collections.abc import Callable
from types import TracebackType


class Lease:
    """Counts the runs under way on one version of a chain whose nodes hold something; any thread may use it.

    Args:
        earlier: Of a version that shares nodes with this one: its runs need them too.
    """

    def __init__(self, earlier: "Lease | None" = None) -> None:
        self._earlier = None if earlier is None or earlier.is_free else earlier
        self._lock = threading.Lock()
        self._runs = 0
        self._waiting: list[Callable[[], None]] = []

    @property
    def is_free(self) -> bool:
        """Whether no run is under way, here or on an earlier version."""
        return self._runs == 0 and (self._earlier is None or self._earlier.is_free)

    def when_free(self, call: Callable[[], None]) -> None:
        """Have something called once no run is under way, at once if that is so; runs that begin later do not count."""
        if self._earlier is not None:
            self._earlier.when_free(lambda: self._when_free_here(call))
        else:
            self._when_free_here(call)

    def _when_free_here(self, call: Callable[[], None]) -> None:
        with self._lock:
            if self._runs:
                self._waiting.append(call)
                return
        call()

    def __enter__(self) -> None:
        with self._lock:
            self._runs += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        ready: list[Callable[[], None]] = []
        with self._lock:
            self._runs -= 1
            if not self._runs:
                ready, self._waiting = self._waiting, ready
        for call in ready:
            call()
