"""Writes to streams of other slots of a cluster: no commit can carry them, so they go before it.

That makes them at-least-once: if a consumer dies between the two, the entry is worked on and answered again.
"""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rulechain.connections.slots import key_slot
from rulechain.connections.wire import Argument
from rulechain.diagnostics.errors import EndpointUnavailableError
from rulechain.endpoints.redis_stream.commands import Command, GroupCommands, Settling, Unsettled
from rulechain.endpoints.redis_stream.held import Entry
from rulechain.endpoints.respond import Response

if TYPE_CHECKING:
    from rulechain.connections.cluster import RoutedLink
    from rulechain.connections.link import Link

_log = logging.getLogger("rulechain.endpoint")


class Elsewhere:
    """Settles the entries of one slot of which some are answered in others."""

    def __init__(self, slot: int, group: GroupCommands, max_len: int | None) -> None:
        # Reaches every node, as long as the session lasts.
        self.link: RoutedLink | None = None
        # The routers that have written to other slots.
        self.routers: set[str] = set()
        self._slot = slot
        self._group = group
        self._cap: Command = () if max_len is None else ("MAXLEN", "~", max_len)
        # Entries whose writes are done, and whose commit has had no reply yet.
        self._written: set[tuple[str, bytes]] = set()

    def concerns(self, entry: Entry) -> bool:
        """Whether something is written for an entry that its commit cannot carry."""
        return any(map(self._is_away, entry.writes))

    async def settle(self, side: "Link", batch: Sequence[Entry]) -> list[Unsettled]:
        """Write what goes to other slots, then commit with the rest those entries for which that went well.

        Raises:
            EndpointUnavailableError: A node cannot be reached. Nothing is committed; settle the batch again.
        """
        away = {place: entry for place, entry in enumerate(batch) if self.concerns(entry)}
        unwritten = await self._write(side, away)
        problems = [Unsettled(place, reason) for place, reason in unwritten.items()]
        places = [place for place in range(len(batch)) if place not in unwritten]
        if places:
            settlings = [self._here(batch[place]) for place in places]
            found = await self._group.commit_now(side, settlings)
            problems += [problem._replace(position=places[problem.position]) for problem in found]
        self._written.difference_update(map(_key, batch))
        return problems

    async def _write(self, side: "Link", batch: dict[int, Entry]) -> dict[int, str]:
        """Write for entries, given by their places; return why some were not written for."""
        batch = {place: entry for place, entry in batch.items() if _key(entry) not in self._written}
        problems = await self._taken_over(side, batch)
        writes = [
            (place, write)
            for place, entry in batch.items()
            if place not in problems
            for write in entry.writes
            if self._is_away(write)
        ]
        if not writes:
            return problems
        if self.link is None:
            raise EndpointUnavailableError("there is no connection to the other slots")
        replies = await self.link.replies([self._add(write) for _, write in writes])
        for (place, write), reply in zip(writes, replies, strict=True):
            if isinstance(reply, Exception):
                problems[place] = str(reply)
            else:
                self._note(batch[place], write)
        self._written.update(_key(entry) for place, entry in batch.items() if place not in problems)
        return problems

    async def _taken_over(self, side: "Link", batch: dict[int, Entry]) -> dict[int, str]:
        """Return which entries are another consumer's by now; nobody takes over the others for `claimIdle`."""
        by_stream: dict[str, dict[bytes, int]] = {}
        for place, entry in batch.items():
            if not entry.is_lost:
                by_stream.setdefault(entry.source.stream, {})[entry.id] = place
        gone: dict[int, str] = {}
        for stream, places in by_stream.items():
            gone |= {places[id_]: "" for id_ in await self._group.renew(side, stream, list(places))}
        return gone

    def _here(self, entry: Entry) -> Settling:
        stream, id_, deliveries, writes = entry.settling()
        return stream, id_, deliveries, [write for write in writes if not self._is_away(write)]

    def _is_away(self, write: Response) -> bool:
        return key_slot(write.stream) != self._slot

    def _add(self, write: Response) -> tuple[Argument, ...]:
        return ("XADD", write.stream, *(self._cap if write.is_capped else ()), "*", *write.fields)

    def _note(self, entry: Entry, write: Response) -> None:
        router = "" if entry.router is None else entry.router.id
        if router not in self.routers:
            self.routers.add(router)
            _log.warning(
                'router "%s": "%s" is in another slot of the cluster than "%s", so what is written there may be '
                "written twice; a name with the same {tag} is in the same slot",
                router,
                write.stream,
                entry.source.stream,
            )


def _key(entry: Entry) -> tuple[str, bytes]:
    return entry.source.stream, entry.id
