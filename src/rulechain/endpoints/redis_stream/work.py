"""What a consumer has in its hands: entries that wait, run, are finished, are tried again; within fixed bounds.

Nothing here talks to a server. Entries come in by `take`, `take_pending` and `take_again`; `run` starts them; what is
to be settled goes out by `run` (finished at once) or by `late` (finished after waiting); the replies to commits come
back by `settled`.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence

from rulechain.api import Settlement
from rulechain.diagnostics import Code, Diagnostic
from rulechain.endpoints.redis_stream.changes import Changes
from rulechain.endpoints.redis_stream.commands import Delivery, Row, Unsettled
from rulechain.endpoints.redis_stream.held import Entry, Source
from rulechain.endpoints.redis_stream.lanes import Lanes
from rulechain.endpoints.redis_stream.late import Late
from rulechain.endpoints.redis_stream.retries import Backoff, Retries
from rulechain.endpoints.redis_stream.tally import Tally
from rulechain.endpoints.respond import Response
from rulechain.endpoints.routing import Routed
from rulechain.endpoints.settle import Result, SettlePolicy, settle

# How long `run` may keep the event loop, and finished entries, waiting.
_BUDGET_S = 0.02
# Failed entries that wait for their next try, without their fields; beyond this nothing new is read.
_MOST_RETRYING = 10_000
# Entries queueing in lanes, as a multiple of those that may be in flight.
_QUEUED_PER_SLOT = 4

_DELETED = "the entry was deleted while it was pending"

_DONE = Result.DONE


class Workload:
    """Everything that is held at one consumer."""

    def __init__(
        self,
        policy: SettlePolicy,
        concurrency: int,
        backoff: Backoff,
        bury: Callable[[Entry], Response],
        tally: Tally,
    ) -> None:
        self.tally = tally
        self.retries = Retries(backoff)
        self._lanes = Lanes()
        self.late = Late()
        self.waiting: deque[Entry] = deque()
        self.changes = Changes()
        # Says that there are entries to start which the reader may not notice soon.
        self.has_work = asyncio.Event()
        # When the server last answered a read or a commit, or let us in; by the monotonic clock.
        self.heard_s: float | None = None
        self._policy = policy
        self._concurrency = concurrency
        self._bury = bury
        self._running: set[asyncio.Task[None]] = set()
        # An entry over the delivery limit, which is started when nothing else is, and whether it was.
        self._alone: Entry | None = None
        self._alone_begun = False
        # Those that wait, run, or are finished and not let go yet.
        self._in_hand = 0
        self._is_closed = False
        # Mean seconds that starting an entry takes; a moving average.
        self._mean_s = 0.0

    def room(self, most: int, streams: int = 1) -> int:
        """Return how many entries of each of some streams may be taken now; a slow chain gets smaller batches."""
        return 0 if self._is_full() else self._free(most, streams)

    def room_again(self, most: int) -> int:
        """Return how many of the entries that wait for their next try may have it now.

        They are held already, so they do not make it fuller: where it is full, others wait for them.
        """
        return 0 if self._is_making_way else self._free(most, 1)

    @property
    def takes_alone(self) -> bool:
        """Whether an entry over the delivery limit may be taken."""
        return self._alone is None

    @property
    def can_start(self) -> bool:
        """Whether `run` would start an entry."""
        if self._is_closed:
            return False
        return self._is_alone_next() if not self.waiting else len(self._running) < self._concurrency

    @property
    def is_started(self) -> bool:
        """Whether nothing waits for its start any more, save in a lane or for its next try."""
        return self._is_closed or not (self.waiting or self._is_making_way)

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs, and nothing will."""
        return not self._running and (self._is_closed or self._in_hand == 0)

    def take(self, source: Source, rows: Iterable[Row]) -> None:
        """Hold and queue new entries; those that are held already are left alone."""
        held, waiting = source.held, self.waiting
        before = len(held)
        for id_, fields in rows:
            if id_ not in held:
                held[id_] = entry = Entry(source, id_, fields)
                waiting.append(entry)
        taken = len(held) - before
        self._in_hand += taken
        self.tally.counts.read += taken
        self.tally.measures.deliveries.add(1, taken)

    def take_pending(self, source: Source, deliveries: Iterable[Delivery]) -> int:
        """Hold and queue entries that were pending; return how many."""
        counts, measures = self.tally.counts, self.tally.measures
        taken = 0
        for delivery in deliveries:
            if delivery.id not in source.held:
                taken += 1
                entry = Entry(source, delivery.id, delivery.fields, delivery.delivery_count)
                source.held[entry.id] = entry
                counts.retried += delivery.delivery_count > 1
                measures.deliveries.add(delivery.delivery_count)
                self._queue(entry)
        counts.read += taken
        return taken

    def take_again(self, entry: Entry, delivery: Delivery | None) -> None:
        """Queue a failed entry for its next try; without a delivery it is no longer pending for this consumer."""
        if delivery is None:
            self._in_hand += 1
            if entry.is_lost:
                self.late.add([entry])
            else:
                self._drop(entry)
            return
        entry.fields, entry.delivery_count = delivery.fields, delivery.delivery_count
        self.tally.counts.retried += 1
        self.tally.measures.deliveries.add(entry.delivery_count)
        self._queue(entry, is_retry=True)

    def vanish(self, entries: Iterable[Entry]) -> None:
        """End entries that were deleted while they were pending, and that will not be worked on here."""
        for entry in entries:
            self._end(entry, Result.VANISHED, Code.ENTRY_DELETED, _DELETED)

    def run(self) -> list[Entry]:
        """Start waiting entries until none, no slot or no time is left; return those to be settled at once."""
        finished: list[Entry] = []
        if self._is_closed:
            return finished
        waiting, running = self.waiting, self._running
        began = now = time.perf_counter()
        started = 0
        while waiting and len(running) < self._concurrency and now - began < _BUDGET_S:
            entry = waiting.popleft()
            routed = self._route(entry)
            if isinstance(routed, Routed) and routed.result is _DONE:
                entry.routed, entry.writes = routed, routed.responses
                finished.append(entry)
            else:
                self._follow(entry, routed, finished)
            started += 1
            now = time.perf_counter()
        if started:
            self._mean_s += ((now - began) / started - self._mean_s) / 4
        elif self._alone is not None and self.can_start:
            self._alone_begun = True
            self._follow(self._alone, self._route(self._alone), finished)
        return finished

    def settled(self, batch: Sequence[Entry], problems: Sequence[Unsettled] = (), sent_s: float | None = None) -> None:
        """Take note of the reply to a commit, sent at a time of the monotonic clock: let its entries go."""
        self.heard_s = time.monotonic()
        if sent_s is not None:
            self.tally.measures.commit_s.add(self.heard_s - sent_s)
        if problems:
            for problem in problems:
                self._not_settled(batch[problem.position], problem)
            unsettled = {problem.position for problem in problems}
            batch = [entry for position, entry in enumerate(batch) if position not in unsettled]
        for entry in batch:
            if entry.lane is None and entry is not self._alone:
                entry.source.held.pop(entry.id, None)
                self._in_hand -= 1
            else:
                self._let_go(entry)
        self.tally.note_all(batch)
        self.changes.note()

    def close(self) -> None:
        """Start nothing more, and end what still runs; its entries stay pending."""
        self._is_closed = True
        for task in self._running:
            task.cancel()
        self.changes.note()

    async def give_up(self) -> None:
        """`close`, and wait until nothing runs."""
        self.close()
        await asyncio.gather(*self._running, return_exceptions=True)

    def unstarted(self) -> set[int]:
        """Return the identities of the entries that no run has begun for since they were last taken."""
        alone = () if self._alone is None or self._alone_begun else (self._alone,)
        return {id(entry) for entry in (*self.waiting, *self._lanes.waiting(), *alone)}

    def _free(self, most: int, streams: int) -> int:
        free = self._concurrency - len(self.waiting) - len(self._running)
        if free <= 0:
            return 0
        if self._mean_s * most > _BUDGET_S:
            most = max(1, int(_BUDGET_S / self._mean_s))
        return max(1, min(most, free // streams))

    def _is_full(self) -> bool:
        is_crowded = self._lanes.queued >= _QUEUED_PER_SLOT * self._concurrency
        return self._is_making_way or is_crowded or len(self.retries) >= _MOST_RETRYING

    @property
    def _is_making_way(self) -> bool:
        """Whether nothing is taken so that an entry over the limit can be started alone."""
        return self._alone is not None and not self._alone_begun

    def _is_alone_next(self) -> bool:
        """Whether there is an entry over the limit and nothing else that would be lost with the process."""
        if self._alone is None or self._alone_begun:
            return False
        return self._in_hand - len(self._running) == 1

    def _queue(self, entry: Entry, *, is_retry: bool = False) -> None:
        """Have an entry wait for its start, or for its dead letter if there is nothing to start."""
        self._in_hand += 1
        entry.settlement = Settlement.ACK
        limit = self._policy.max_deliveries
        if entry.fields is None:
            self._end(entry, Result.VANISHED, Code.ENTRY_DELETED, _DELETED)
        elif is_retry or entry.delivery_count <= limit:
            self.waiting.append(entry)
        elif entry.delivery_count == limit + 1:
            self._alone, self._alone_begun = entry, False
        else:
            entry.delivery_count -= 1
            reason = f"delivered {entry.delivery_count} times, and no consumer lived to settle it"
            self._end(entry, Result.SPENT, Code.NEVER_SETTLED, reason)
        self.has_work.set()
        self.changes.note()

    def _end(self, entry: Entry, result: Result, code: Code, reason: str) -> None:
        """End an entry's way before it began."""
        message = f"{reason} (entry {entry.id.decode()})"
        entry.routed = Routed(result, (), Diagnostic(code, message, entry.source.location))
        if self._conclude(entry):
            self.late.add([entry])

    def _follow(self, entry: Entry, routed: Routed | Awaitable[Routed] | None, finished: list[Entry]) -> None:
        """Take note of how an entry's way ended, or wait for its end; None when it waits in its lane."""
        if isinstance(routed, Routed):
            entry.routed = routed
            if self._conclude(entry):
                finished.append(entry)
        elif routed is not None:
            task = asyncio.ensure_future(self._finish(entry, routed))
            self._running.add(task)
            task.add_done_callback(self._release)

    def _route(self, entry: Entry) -> Routed | Awaitable[Routed] | None:
        """Send an entry on its way, from where it waited; None when it must wait in its lane."""
        inbound, router = entry.inbound, entry.router
        if inbound is None or router is None:
            opened = entry.open()
            if isinstance(opened, Routed):
                return opened
            inbound, router, lane = opened
            if lane is not None and not self._lanes.enter(entry, lane):
                self._in_hand -= 1
                return None
        return router.route(inbound)

    def _conclude(self, entry: Entry) -> bool:
        """Decide what becomes of an entry that has ended; False when it is tried again."""
        routed = entry.routed
        entry.settlement = settle(routed.result, self._policy, entry.delivery_count)
        if entry.settlement is Settlement.RETRY:
            self._retry(entry)
            return False
        if entry.settlement is Settlement.DEAD_LETTER:
            entry.writes = (self._bury(entry), *routed.error_responses)
        else:
            entry.writes = routed.responses
        return True

    def _retry(self, entry: Entry) -> None:
        """Have an entry wait for its next try; its fields come back with it, and its lane stays its own."""
        entry.settlement = Settlement.RETRY
        self.tally.note(entry)
        entry.fields, entry.inbound, entry.router, entry.writes = [], None, None, ()
        self._in_hand -= 1
        self._clear_alone(entry)
        self.retries.add(entry)

    def _not_settled(self, entry: Entry, problem: Unsettled) -> None:
        reason = problem.reason
        if not reason:
            self._drop(entry)
        elif problem.is_lost:
            self._save(entry, reason)
        elif entry.settlement is Settlement.DEAD_LETTER and len(entry.writes) > 1:
            # It may be the error response that cannot be written: the dead letter counts for more.
            entry.writes = entry.writes[:1]
            self.late.add([entry])
        else:
            was_dead = entry.settlement is Settlement.DEAD_LETTER
            message = f"the {'dead letter' if was_dead else 'response'} could not be written: {reason}"
            diagnostic = Diagnostic(Code.UNWRITTEN_RESPONSE, message, entry.source.location)
            entry.routed = Routed(Result.UNWRITTEN, (), diagnostic)
            if was_dead:
                self._retry(entry)
            elif self._conclude(entry):
                self.late.add([entry])

    def _save(self, entry: Entry, reason: str) -> None:
        """Have a lost entry's dead letter written, now or after a pause: it is pending nowhere but here."""
        if entry.is_lost:
            self._in_hand -= 1
            self.retries.add(entry)
            return
        entry.is_lost = True
        message = f"the entry could not be answered, nor be made pending again as it was deleted: {reason}"
        self._end(entry, Result.VANISHED, Code.ENTRY_DELETED, message)

    def _drop(self, entry: Entry) -> None:
        """Let an entry go that another consumer has settled or taken over, or an earlier commit of ours."""
        self._let_go(entry)
        self.tally.counts.superseded += 1

    def _let_go(self, entry: Entry) -> None:
        entry.source.held.pop(entry.id, None)
        self._in_hand -= 1
        if entry.lane is not None and (heir := self._lanes.leave(entry)) is not None:
            self._in_hand += 1
            if heir is self._alone:
                # It was over the limit when it came to queue, and is so still.
                self._alone_begun = False
            else:
                self.waiting.append(heir)
            self.has_work.set()
        self._clear_alone(entry)

    def _clear_alone(self, entry: Entry) -> None:
        if entry is self._alone:
            self._alone = None
            self.changes.note()

    async def _finish(self, entry: Entry, pending: Awaitable[Routed]) -> None:
        entry.routed = await pending
        if self._conclude(entry):
            self.late.add([entry])

    def _release(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self.changes.note()
