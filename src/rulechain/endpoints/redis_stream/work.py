"""The entries a consumer holds: waiting, running, finished; and what became of those it has let go.

Nothing here talks to a server. Entries come in by `take`, `run` starts them, and what is to be settled goes out by
`run` (finished at once) or `take_late` (finished after waiting); the replies to commits come back by `settled`.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import msgspec

from rulechain.api import EndpointCounts, Inbound, SettledEntry, Settlement
from rulechain.diagnostics import Code, Diagnostic, Location
from rulechain.endpoints.redis_stream.commands import FIRST_CURSOR, RawEntry, Settling, Unsettled
from rulechain.endpoints.redis_stream.entry import EntryError, EntryReader
from rulechain.endpoints.redis_stream.failures import FailureLog
from rulechain.endpoints.routing import DONE, Routed, RouteSwitch
from rulechain.endpoints.settle import Result, SettlePolicy, settle

_log = logging.getLogger("rulechain.endpoint")

# How long `run` may keep the event loop, and finished entries, waiting.
_BUDGET_S = 0.02


_DONE = Result.DONE


class Source:
    """One stream: who its entries go to, which of them are held, and how far claiming has come."""

    def __init__(self, stream: str, switch: RouteSwitch, reader: EntryReader, location: Location) -> None:
        self.stream = stream
        self.switch = switch
        self.reader = reader
        self.location = location
        self.held: dict[bytes, Entry] = {}
        self.claim_cursor = FIRST_CURSOR
        # Everything up to this ID is settled, by whichever consumer; None until the server was asked.
        self.floor: str | None = None


class Entry(msgspec.Struct):
    """An entry this consumer holds, and how its way ended once it has."""

    source: Source
    raw: RawEntry
    delivery_count: int
    router_id: str = ""
    routed: Routed = DONE

    def settling(self) -> Settling:
        """Return what a commit needs to know."""
        return self.source.stream, self.raw.id, self.delivery_count, self.routed.responses


class Workload:
    """Everything in flight at one consumer, within a fixed bound."""

    def __init__(
        self,
        endpoint_id: str,
        policy: SettlePolicy,
        concurrency: int,
        counts: EndpointCounts,
        watchers: Sequence[Callable[[SettledEntry], None]] = (),
    ) -> None:
        self.counts = counts
        self.failures = FailureLog(endpoint_id)
        self.waiting: deque[Entry] = deque()
        # Finished after waiting: to be settled by whoever looks next; `has_late` says that there are some.
        self.late: list[Entry] = []
        self.has_late = asyncio.Event()
        self._endpoint_id = endpoint_id
        self._policy = policy
        self._concurrency = concurrency
        self._watchers = watchers
        self._running: set[asyncio.Task[None]] = set()
        self._slot_free = asyncio.Event()
        # Mean seconds that starting an entry takes; a moving average.
        self._mean_s = 0.0

    def room(self, most: int, streams: int) -> int:
        """Return how many entries of each of some streams may be read now; a slow chain gets smaller batches."""
        free = self._concurrency - len(self.waiting) - len(self._running)
        if free <= 0:
            return 0
        if self._mean_s * most > _BUDGET_S:
            most = max(1, int(_BUDGET_S / self._mean_s))
        return max(1, min(most, free // streams))

    def take(self, source: Source, raw: Iterable[RawEntry], delivery_counts: Mapping[bytes, int] | None = None) -> int:
        """Hold entries and queue them; return how many.

        Those that are held already are left alone. New entries need no counts; of others, one without a count is no
        longer pending and is passed over.
        """
        held = source.held
        taken = 0
        for entry in raw:
            count = 1 if delivery_counts is None else delivery_counts.get(entry.id, 0)
            if count and entry.id not in held:
                held[entry.id] = queued = Entry(source, entry, count)
                self.waiting.append(queued)
                taken += 1
                self.counts.retried += count > 1
        self.counts.read += taken
        return taken

    def run(self) -> list[Entry]:
        """Start waiting entries until none, no slot or no time is left; return those that ended at once, well."""
        waiting, running, finished = self.waiting, self._running, []
        began = now = time.perf_counter()
        started = 0
        while waiting and len(running) < self._concurrency and now - began < _BUDGET_S:
            entry = waiting.popleft()
            routed = self._route(entry)
            if isinstance(routed, Routed):
                entry.routed = routed
                if routed.result is _DONE or self._is_ack(entry):
                    finished.append(entry)
            else:
                self._follow(entry, routed)
            started += 1
            now = time.perf_counter()
        if started:
            self._mean_s += ((now - began) / started - self._mean_s) / 4
        return finished

    async def slot(self) -> None:
        """Wait until an entry may be started, and let other tasks have their turn."""
        if len(self._running) < self._concurrency:
            await asyncio.sleep(0)
            return
        self._slot_free.clear()
        await self._slot_free.wait()

    def take_late(self, most: int) -> list[Entry]:
        """Return what is to be settled and no longer part of a batch, up to a number of entries."""
        taken, self.late = self.late[:most], self.late[most:]
        if not self.late:
            self.has_late.clear()
        return taken

    def settle_later(self, batch: Sequence[Entry]) -> None:
        """Leave entries to be settled by whoever next takes what is late."""
        self.late += batch
        self.has_late.set()

    async def idle(self) -> None:
        """Wait until nothing runs."""
        while self._running:
            await asyncio.wait(self._running)

    def settled(self, batch: Sequence[Entry], problems: Sequence[Unsettled] = ()) -> None:
        """Take note of a commit: let its entries go, and count them."""
        if problems:
            reasons = {problem.position: problem.reason for problem in problems}
            for position, reason in reasons.items():
                self._not_settled(batch[position], reason)
            batch = [entry for position, entry in enumerate(batch) if position not in reasons]
        counts = self.counts
        for entry in batch:
            routed = entry.routed
            entry.source.held.pop(entry.raw.id, None)
            if routed.result is _DONE:
                counts.answered += 1
            elif routed.result is Result.FILTERED:
                counts.filtered += 1
            elif routed.result is Result.VANISHED:
                counts.vanished += 1
            else:
                counts.failed += 1
            counts.responses += len(routed.responses)
            if routed.diagnostic is not None:
                self.failures.report(entry.source.stream, routed.diagnostic)
            if self._watchers:
                self._tell(entry, Settlement.ACK)

    async def give_up(self) -> None:
        """End what still runs; its entries stay pending."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _route(self, entry: Entry) -> Routed | Awaitable[Routed]:
        source = entry.source
        try:
            inbound: Inbound = source.reader.read(entry.raw, entry.delivery_count)
        except EntryError as error:
            diagnostic = Diagnostic(Code.BAD_ENTRY, f"{error} (entry {entry.raw.id.decode()})", source.location)
            return Routed(Result.REFUSED if entry.raw.fields else Result.VANISHED, (), diagnostic)
        router = source.switch.choose(inbound)
        if isinstance(router, Routed):
            return router
        entry.router_id = router.id
        return router.route(inbound)

    def _is_ack(self, entry: Entry) -> bool:
        """Whether an entry is to be acknowledged; if not, let it go as it is."""
        if settle(entry.routed.result, self._policy, entry.delivery_count) is Settlement.ACK:
            return True
        self._retry(entry)
        return False

    def _retry(self, entry: Entry) -> None:
        entry.source.held.pop(entry.raw.id, None)
        self.counts.failed += 1
        if entry.routed.diagnostic is not None:
            self.failures.report(entry.source.stream, entry.routed.diagnostic)
        if self._watchers:
            self._tell(entry, Settlement.RETRY)

    def _not_settled(self, entry: Entry, reason: str) -> None:
        if reason:
            message = f"the response could not be written: {reason}"
            diagnostic = Diagnostic(Code.UNWRITTEN_RESPONSE, message, entry.source.location)
            entry.routed = Routed(Result.FAILED, (), diagnostic)
            self._retry(entry)
        else:
            entry.source.held.pop(entry.raw.id, None)
            self.counts.superseded += 1

    def _follow(self, entry: Entry, pending: Awaitable[Routed]) -> None:
        task = asyncio.ensure_future(self._finish(entry, pending))
        self._running.add(task)
        task.add_done_callback(self._release)

    async def _finish(self, entry: Entry, pending: Awaitable[Routed]) -> None:
        entry.routed = await pending
        if self._is_ack(entry):
            self.settle_later([entry])

    def _release(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._slot_free.set()

    def _tell(self, entry: Entry, settlement: Settlement) -> None:
        event = SettledEntry(
            self._endpoint_id,
            entry.router_id,
            entry.source.stream,
            entry.raw.id.decode(),
            entry.delivery_count,
            settlement,
            len(entry.routed.responses) if settlement is Settlement.ACK else 0,
            entry.routed.diagnostic,
        )
        for watcher in self._watchers:
            try:
                watcher(event)
            except Exception:  # noqa: BLE001 - one who watches must not stop the work
                _log.exception("endpoint %s: a watcher failed", self._endpoint_id)
