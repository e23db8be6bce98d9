"""Every command the endpoint sends, and the only place that knows the shapes of their replies.

Reading and settling are built here and sent by the consumer, several in one write; the others are coroutines on a link.
"""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rulechain.connections.errors import GroupExistsError, ReplyError
from rulechain.connections.ids import next_id
from rulechain.connections.standing import Lag, lag_of
from rulechain.connections.wire import Argument, pack_for_script
from rulechain.diagnostics.errors import EndpointUnavailableError
from rulechain.endpoints.redis_stream.scripts import CLAIM, COMMIT, HAND_BACK, LEAVE, RENEW, SWEEP, Scripts
from rulechain.endpoints.respond import Response

if TYPE_CHECKING:
    from rulechain.connections.link import Link

Command = tuple[Argument, ...]
FIRST_CURSOR = b"0-0"
_NO_LIMIT = 2**53
# The least that a server's `proto-max-bulk-len` can be: a longer argument may close the connection.
_LONGEST_ARGUMENT = 1 << 20
# A server that was replaced, has lost its replicas, or cannot save; before Redis 7 more words stand before these.
_TAKES_NO_WRITES = re.compile(r"\b(READONLY|NOREPLICAS|MISCONF)\b")

# A new entry: its ID, and its names and values in turn.
Row = tuple[bytes, list[bytes]]
# An entry to be settled: its stream, its ID, how often it was delivered, what is written for it. Without a number of
# deliveries it was acknowledged before.
Settling = tuple[str, str, int | None, Sequence[Response]]


class Unsettled(NamedTuple):
    """An entry of a commit that was not settled by it; without a reason another consumer was first."""

    position: int
    reason: str
    # Whether it is acknowledged all the same, because it was deleted and cannot be pending again.
    is_lost: bool = False


class Delivery(NamedTuple):
    """An entry that was pending; `fields` are names and values in turn, None when it was deleted meanwhile."""

    id: bytes
    delivery_count: int
    fields: list[bytes] | None


class Wanted(NamedTuple):
    """What a claim is to take."""

    # Where to begin, and how many pending entries to look at.
    cursor: bytes
    most: int
    # How long they must have been idle; None for this consumer's own entries.
    idle_ms: int | None
    # Whether one that has reached the delivery limit may be among them.
    alone: bool
    # The ids of those that this consumer has in its hands.
    held: Iterable[bytes] = ()


class Claimed(NamedTuple):
    """What one step of a claim gives: where to go on, and the entries."""

    cursor: bytes
    deliveries: list[Delivery]
    # Whether an entry that must be taken alone was left where it is.
    has_left_one: bool


class HandedBack(NamedTuple):
    """How many entries were handed back, and the IDs of those that could not be, because they were deleted."""

    given: int
    deleted: list[bytes]


class Swept(NamedTuple):
    """What a sweep found: the first ID that some group is not done with, and how many entries it deleted."""

    next: bytes
    deleted: int


class GroupFacts(NamedTuple):
    """How far a stream and a group on it are: the last ID given out, the last one delivered, the first one pending."""

    last_generated: str
    last_delivered: str
    first_pending: str | None
    pending: int
    # What the group was not given yet: how much it is, and the ID of the oldest.
    lag: Lag
    next_id: bytes | None


class GroupCommands:
    """The commands of one consumer of one group."""

    def __init__(
        self, group: str, consumer: str, *, deletes: bool, response_max_len: int | None, max_deliveries: int
    ) -> None:
        self.group = group
        self.consumer = consumer
        self.scripts = Scripts()
        # Whether XPENDING can leave out entries that are not idle; what connects to a server finds out.
        self.filters_by_idle = False
        # Whether it can delete what every group has acknowledged, and leave the rest; found out likewise.
        self.deletes_acked = False
        self._deletes = deletes
        self._max_len: Argument = "" if response_max_len is None else response_max_len
        self._max_deliveries = max_deliveries
        self._reader = ("XREADGROUP", "GROUP", group, consumer)

    def read(self, streams: Sequence[str], count: int, block_ms: int | None = None) -> Command:
        """Return the command that reads up to `count` new entries of each stream, waiting if told to."""
        wait: Command = () if block_ms is None else ("BLOCK", block_ms)
        return (*self._reader, "COUNT", count, *wait, "STREAMS", *streams, *[">"] * len(streams))

    def commit(self, batch: Sequence[Settling]) -> Command:
        """Return the command that settles a batch."""
        return self.scripts.call(COMMIT, *self._commit_arguments(batch))

    async def commit_now(self, link: "Link", batch: Sequence[Settling]) -> list[Unsettled]:
        """Settle a batch, and give the server the script if it lost it."""
        return unsettled(await self.scripts.run(link, COMMIT, *self._commit_arguments(batch)))

    def _commit_arguments(self, batch: Sequence[Settling]) -> tuple[Sequence[str], tuple[Argument, ...]]:
        # A cluster must know every key; the script finds them in the batch.
        keys = {stream for stream, _, _, _ in batch}
        keys |= {write.stream for _, _, _, writes in batch for write in writes}
        deletes = "0" if not self._deletes else "2" if self.deletes_acked else "1"
        return tuple(keys), (self.group, self.consumer, deletes, self._max_len, *_packed(batch))

    async def create_group(self, link: "Link", stream: str, start: str) -> bool:
        """Create the group, and the stream if need be; False if it exists already."""
        try:
            await link.call("XGROUP", "CREATE", stream, self.group, start, "MKSTREAM")
        except GroupExistsError:
            return False
        return True

    async def check_permissions(self, link: "Link", stream: str) -> None:
        """Run, to no effect, what a commit needs when it must take itself back, and what a claim needs.

        Raises:
            ReplyError: The server forbids a command without which entries could be lost.
        """
        await link.call_all(
            [
                ("XCLAIM", stream, self.group, self.consumer, 0, "0-1", "JUSTID"),
                ("XPENDING", stream, self.group),
                ("XRANGE", stream, "0-1", "0-1"),
                ("XINFO", "GROUPS", stream),
            ]
        )

    async def facts(self, link: "Link", stream: str) -> GroupFacts:
        """Return how far the stream and the group are."""
        info, groups, pending = await link.call_all(
            [("XINFO", "STREAM", stream), ("XINFO", "GROUPS", stream), ("XPENDING", stream, self.group)]
        )
        name = self.group.encode()
        ours = next((facts for facts in map(_pairs, groups) if facts[b"name"] == name), {})
        last_delivered = ours.get(b"last-delivered-id", FIRST_CURSOR)
        ahead = await link.call("XRANGE", stream, next_id(last_delivered), "+", "COUNT", 1)
        theirs = _pairs(info)
        oldest, upcoming = theirs[b"first-entry"], ahead[0][0] if ahead else None
        return GroupFacts(
            theirs[b"last-generated-id"].decode(),
            last_delivered.decode(),
            pending[1].decode() if pending[0] else None,
            pending[0],
            lag_of(theirs[b"length"], ours.get(b"lag"), oldest[0] if oldest else None, upcoming),
            upcoming,
        )

    async def last_generated(self, link: "Link", stream: str) -> str | None:
        """Return the last ID a stream has given out, None if there is no such stream."""
        if not await link.call("EXISTS", stream):
            return None
        last: bytes = _pairs(await link.call("XINFO", "STREAM", stream))[b"last-generated-id"]
        return last.decode()

    async def claim(self, link: "Link", stream: str, wanted: Wanted) -> Claimed:
        """Take entries that are pending: those idle for long, whoever has them, or this consumer's own."""
        cursor, most, idle_ms, alone, held = wanted
        owner = self.consumer if idle_ms is None else ""
        arguments = self._claim_arguments(owner, idle_ms or 0, (cursor, "+"), most, self._max_deliveries, alone=alone)
        return _claimed(await self.scripts.run(link, CLAIM, [stream], [*arguments, *held]))

    async def claim_again(self, link: "Link", entries: Sequence[tuple[str, bytes]]) -> list[Delivery | None]:
        """Take entries of this consumer once more, each counted as a delivery; None for what is no longer its own."""
        # What is tried again after a failure is known to do no harm: its count is judged when it has failed.
        calls = [
            ([stream], self._claim_arguments(self.consumer, 0, (id_, id_), 1, _NO_LIMIT, alone=False))
            for stream, id_ in entries
        ]
        replies = await self.scripts.run_all(link, CLAIM, calls)
        return [next(iter(_claimed(reply).deliveries), None) for reply in replies]

    def _claim_arguments(
        self, owner: str, idle_ms: int, between: tuple[Argument, Argument], count: int, limit: int, *, alone: bool
    ) -> tuple[Argument, ...]:
        filters, takes_last = ("1" if flag else "0" for flag in (self.filters_by_idle, alone))
        return (self.group, self.consumer, owner, idle_ms, *between, count, filters, limit, takes_last)

    async def renew(self, link: "Link", stream: str, ids: Sequence[bytes]) -> list[bytes]:
        """Keep entries alive; return those that are no longer this consumer's."""
        gone: list[bytes] = await self.scripts.run(link, RENEW, [stream], [self.group, self.consumer, *ids])
        return gone

    async def hand_back(
        self, link: "Link", stream: str, idle_ms: int, entries: Sequence[tuple[bytes, int]]
    ) -> HandedBack:
        """Leave entries, given with their delivery counts, to whoever claims next, as far as they are still ours."""
        arguments: list[Argument] = [self.group, self.consumer, idle_ms]
        for id_, count in entries:
            arguments += (id_, count)
        given, *deleted = await self.scripts.run(link, HAND_BACK, [stream], arguments)
        return HandedBack(given, deleted)

    async def leave(self, link: "Link", stream: str) -> None:
        """Remove this consumer from the group if it holds nothing."""
        await self.scripts.run(link, LEAVE, [stream], [self.group, self.consumer, ""])

    async def remove_silent(self, link: "Link", stream: str, silence_ms: int) -> int:
        """Remove the other consumers that hold nothing and have long been silent; return how many these were."""
        removed: int = await self.scripts.run(link, LEAVE, [stream], [self.group, self.consumer, silence_ms])
        return removed

    async def sweep(self, link: "Link", stream: str, first: bytes, most: int, kept: int) -> Swept:
        """Delete the oldest entries that every group is done with, from an ID on, down to the number to be kept."""
        cursor, deleted = await self.scripts.run(link, SWEEP, [stream], [first, most, kept])
        return Swept(_next(cursor), deleted)


def entries(reply: Any) -> Iterable[tuple[bytes, list[Row]]]:
    """Return what a read gave, by stream."""
    return reply or ()


def unsettled(reply: Any) -> list[Unsettled]:
    """Return what a commit did not settle.

    Raises:
        EndpointUnavailableError: The server takes no writes for now, which no entry is to blame for.
    """
    if len(reply) == 1:
        return []
    problems = [
        Unsettled(position, reason.decode("utf-8", "replace"), state == b"lost")
        for position, reason, state in zip(reply[1::3], reply[2::3], reply[3::3], strict=True)
    ]
    for problem in problems:
        if _TAKES_NO_WRITES.search(problem.reason):
            raise EndpointUnavailableError(problem.reason)
    return problems


async def client_id(link: "Link") -> int | None:
    """Return the number of a connection, by which another one can end its waiting; None where that is forbidden."""
    try:
        number: int = await link.call("CLIENT", "ID")
    except ReplyError:
        return None
    return number


async def unblock(link: "Link", number: int) -> None:
    """End a blocked read of another connection; it gives nothing, as if its time were up."""
    await link.call("CLIENT", "UNBLOCK", number)


def _packed(batch: Sequence[Settling]) -> Sequence[bytes]:
    """Return a batch as a script takes it: in one argument, or in one for each entry where that would be long."""
    packed = pack_for_script(batch)
    return [packed] if len(packed) <= _LONGEST_ARGUMENT else [pack_for_script([settling]) for settling in batch]


def _claimed(reply: Any) -> Claimed:
    cursor, has_left_one, *rows = reply
    return Claimed(_next(cursor) or FIRST_CURSOR, [Delivery(*row) for row in rows], has_left_one == b"1")


def _next(cursor: bytes) -> bytes:
    """Return the ID that a script would go on with: the one it gave, or the one behind that."""
    return next_id(cursor[1:]) if cursor[:1] == b"(" else cursor


def _pairs(flat: Sequence[Any]) -> dict[bytes, Any]:
    return dict(zip(flat[::2], flat[1::2], strict=True))
