"""What became of the entries: counted, told to watchers, and what went wrong to the log."""

import logging
import time
from collections.abc import Callable, Sequence

from rulechain.api import EndpointCounts, EndpointMeasures, SettledEntry, Settlement
from rulechain.connections.standing import age_s
from rulechain.endpoints.redis_stream.failures import FailureLog
from rulechain.endpoints.redis_stream.held import Entry
from rulechain.endpoints.settle import Result

_log = logging.getLogger("rulechain.endpoint")

_DONE = Result.DONE
_TIMED_OF_A_BATCH = 4


class Tally:
    """Takes note of every entry that is let go, or tried again."""

    def __init__(
        self,
        endpoint_id: str,
        counts: EndpointCounts,
        watchers: Sequence[Callable[[SettledEntry], None]] = (),
        measures: EndpointMeasures | None = None,
    ) -> None:
        self.counts = counts
        self.measures = measures or EndpointMeasures()
        self.failures = FailureLog(endpoint_id)
        self._endpoint_id = endpoint_id
        self._watchers = watchers

    def note(self, entry: Entry) -> None:
        """Take note of an entry and its settlement."""
        counts, routed, settlement = self.counts, entry.routed, entry.settlement
        measures = self.measures
        responses = 0
        if settlement is Settlement.ACK:
            responses = len(entry.writes)
        elif settlement is Settlement.DEAD_LETTER:
            counts.dead += 1
            measures.refused += routed.result is Result.REFUSED
            # The first is the dead letter itself.
            responses = len(entry.writes) - 1
        else:
            measures.retries += 1
        if routed.node_id:
            node = routed.chain_id, routed.node_id
            measures.node_failures[node] = measures.node_failures.get(node, 0) + 1
        counts.responses += responses
        match routed.result:
            case Result.DONE:
                counts.answered += 1
            case Result.FILTERED:
                counts.filtered += 1
            case Result.FAILED | Result.UNWRITTEN:
                counts.failed += 1
            case Result.VANISHED:
                counts.vanished += 1
        if routed.diagnostic is not None:
            self.failures.report(entry.source.stream, routed.diagnostic)
        if self._watchers:
            self._tell(entry, responses)

    def note_all(self, entries: Sequence[Entry]) -> None:
        """Take note of settled entries: of those that ended well, where nobody watches, at a fraction of the cost."""
        self.measures.committed += len(entries)
        self._time(entries)
        answered = responses = 0
        for entry in entries:
            if entry.routed.result is not _DONE or self._watchers:
                self.note(entry)
            else:
                answered += 1
                responses += len(entry.writes)
        self.counts.answered += answered
        self.counts.responses += responses

    def _time(self, entries: Sequence[Entry]) -> None:
        """Take note of how long entries took; in a large batch each of some stands for its neighbours as well."""
        now_s, end_to_end = time.time(), self.measures.end_to_end_s
        step = len(entries) // _TIMED_OF_A_BATCH + 1
        for start in range(0, len(entries), step):
            seconds = age_s(entries[start].id, now_s)
            if seconds is not None:
                end_to_end.add(seconds, min(step, len(entries) - start))

    def _tell(self, entry: Entry, responses: int) -> None:
        event = SettledEntry(
            self._endpoint_id,
            "" if entry.router is None else entry.router.id,
            entry.source.stream,
            entry.id.decode(),
            entry.delivery_count,
            entry.settlement,
            responses,
            entry.routed.diagnostic,
        )
        for watcher in self._watchers:
            try:
                watcher(event)
            except Exception:  # noqa: BLE001 - one who watches must not stop the work
                _log.exception("endpoint %s: a watcher failed", self._endpoint_id)
