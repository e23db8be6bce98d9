"""Every command the endpoint sends, and the only place that knows the shapes of their replies.

Reading and settling are built here and sent by the consumer, several in one write; the others are coroutines on a link.
"""

from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from rulechain.connections.errors import GroupExistsError, ReplyError, UnknownScriptError
from rulechain.connections.wire import Argument
from rulechain.endpoints.respond import Response

if TYPE_CHECKING:
    from rulechain.connections.link import Link

Command = tuple[Argument, ...]
FIRST_CURSOR = b"0-0"

COMMIT, RENEW, LEAVE = ((files(__package__) / f"{name}.lua").read_bytes() for name in ("commit", "renew", "leave"))


# An entry to be acknowledged: its stream, its ID, how often it was delivered, its responses.
Settling = tuple[str, bytes, int, Sequence[Response]]


class RawEntry(msgspec.Struct, frozen=True):
    """An entry as the server gives it: `fields` are names and values in turn, None when the entry was deleted."""

    id: bytes
    fields: list[bytes] | None


class Unsettled(NamedTuple):
    """An entry of a commit that was not settled by it; without a reason another consumer was first."""

    position: int
    reason: str


class Claimed(NamedTuple):
    """What one step of a claim gives: where to go on, the entries, and the ids of those that were deleted meanwhile."""

    cursor: bytes
    entries: list[RawEntry]
    deleted: list[bytes]


class GroupFacts(NamedTuple):
    """How far a stream and a group on it are: the last ID given out, the last one delivered, the first one pending."""

    last_generated: str
    last_delivered: str
    first_pending: str | None


class Scripts:
    """The digests of our scripts on one server; they outlive a connection, not a restart of the server."""

    def __init__(self) -> None:
        self._digests: dict[bytes, bytes] = {}

    async def load(self, link: "Link") -> None:
        """Give the server the scripts."""
        scripts = (COMMIT, RENEW, LEAVE)
        digests = await link.call_all([("SCRIPT", "LOAD", script) for script in scripts])
        self._digests = dict(zip(scripts, digests, strict=True))

    def call(self, script: bytes, keys: Sequence[str], arguments: Iterable[Argument]) -> Command:
        """Return the command that runs a script."""
        return ("EVALSHA", self._digests[script], len(keys), *keys, *arguments)

    async def run(self, link: "Link", script: bytes, keys: Sequence[str], arguments: Iterable[Argument]) -> Any:
        """Run a script and return its reply; a server that lost it gets it again."""
        command = self.call(script, keys, arguments)
        try:
            return await link.call(*command)
        except UnknownScriptError:
            await self.load(link)
            return await link.call(*command)


class GroupCommands:
    """The commands of one consumer of one group."""

    def __init__(self, group: str, consumer: str, *, deletes: bool, response_max_len: int | None) -> None:
        self.group = group
        self.consumer = consumer
        self.scripts = Scripts()
        self._deletes = "1" if deletes else "0"
        self._max_len: Argument = "" if response_max_len is None else response_max_len
        self._reader = ("XREADGROUP", "GROUP", group, consumer)

    def read(self, streams: Sequence[str], count: int, block_ms: int | None = None) -> Command:
        """Return the command that reads up to `count` new entries of each stream, waiting if told to."""
        wait: Command = () if block_ms is None else ("BLOCK", block_ms)
        return (*self._reader, "COUNT", count, *wait, "STREAMS", *streams, *[">"] * len(streams))

    def read_own(self, stream: str, after: bytes, count: int) -> Command:
        """Return the command that reads this consumer's own pending entries after an ID."""
        return (*self._reader, "COUNT", count, "STREAMS", stream, after)

    def commit(self, batch: Sequence[Settling]) -> Command:
        """Return the command that settles a batch."""
        return self.scripts.call(COMMIT, *self._commit_arguments(batch))

    async def commit_now(self, link: "Link", batch: Sequence[Settling]) -> list[Unsettled]:
        """Settle a batch, and give the server the script if it lost it."""
        return unsettled(await self.scripts.run(link, COMMIT, *self._commit_arguments(batch)))

    def _commit_arguments(self, batch: Sequence[Settling]) -> tuple[list[str], list[Argument]]:
        keys: dict[str, str] = {}
        arguments: list[Argument] = [self.group, self.consumer, self._deletes]
        for stream, id_, delivery_count, responses in batch:
            arguments += (_index(keys, stream), id_, delivery_count, len(responses))
            for response in responses:
                fields = response.fields
                arguments += (_index(keys, response.stream), self._max_len, len(fields))
                arguments += fields
        return list(keys), arguments

    async def create_group(self, link: "Link", stream: str, start: str) -> bool:
        """Create the group, and the stream if need be; False if it exists already."""
        try:
            await link.call("XGROUP", "CREATE", stream, self.group, start, "MKSTREAM")
        except GroupExistsError:
            return False
        return True

    async def check_permissions(self, link: "Link", stream: str) -> None:
        """Run, to no effect, what a commit needs when it must take itself back.

        Raises:
            ReplyError: The server forbids a command without which entries could be lost.
        """
        await link.call_all(
            [
                ("XCLAIM", stream, self.group, self.consumer, 0, "0-1", "JUSTID"),
                ("XPENDING", stream, self.group),
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
        return GroupFacts(
            _pairs(info)[b"last-generated-id"].decode(),
            ours.get(b"last-delivered-id", FIRST_CURSOR).decode(),
            pending[1].decode() if pending[0] else None,
        )

    async def last_generated(self, link: "Link", stream: str) -> str | None:
        """Return the last ID a stream has given out, None if there is no such stream."""
        if not await link.call("EXISTS", stream):
            return None
        last: bytes = _pairs(await link.call("XINFO", "STREAM", stream))[b"last-generated-id"]
        return last.decode()

    async def delivery_counts(self, link: "Link", stream: str, ids: Sequence[bytes]) -> dict[bytes, int]:
        """Return how often each of some pending entries has been delivered."""
        commands: list[Command] = [("XPENDING", stream, self.group, id_, id_, 1) for id_ in ids]
        replies = await link.call_all(commands)
        return {rows[0][0]: rows[0][3] for rows in replies if rows}

    async def claim(self, link: "Link", stream: str, idle_ms: int, cursor: bytes, count: int) -> Claimed:
        """Take over entries that have been idle for long; needs Redis 6.2."""
        reply = await link.call("XAUTOCLAIM", stream, self.group, self.consumer, idle_ms, cursor, "COUNT", count)
        # Redis 6.2 gives nil for a deleted entry and keeps it pending; later ones name it third and forget it.
        entries = [RawEntry(*row) for row in reply[1] if row is not None]
        return Claimed(reply[0], entries, reply[2] if len(reply) > 2 else [])

    async def claim_by_hand(self, link: "Link", stream: str, idle_ms: int, cursor: bytes, count: int) -> Claimed:
        """Do as `claim` on servers before 6.2."""
        rows = await link.call("XPENDING", stream, self.group, cursor, "+", count)
        ids = [row[0] for row in rows if row[2] >= idle_ms]
        entries: list[RawEntry] = []
        if ids:
            reply = await link.call("XCLAIM", stream, self.group, self.consumer, idle_ms, *ids)
            entries = [RawEntry(*row) for row in reply if row is not None]
        return Claimed(after(rows[-1][0]) if len(rows) == count else FIRST_CURSOR, entries, [])

    async def renew(self, link: "Link", stream: str, ids: Sequence[bytes]) -> list[bytes]:
        """Keep entries alive; return those that are no longer this consumer's."""
        gone: list[bytes] = await self.scripts.run(link, RENEW, [stream], [self.group, self.consumer, *ids])
        return gone

    async def idle_consumers(self, link: "Link", stream: str, idle_ms: int) -> list[bytes]:
        """Return the other consumers of the group that hold nothing and have long been silent."""
        rows = [_pairs(row) for row in await link.call("XINFO", "CONSUMERS", stream, self.group)]
        name = self.consumer.encode()
        return [
            row[b"name"] for row in rows if row[b"name"] != name and not row[b"pending"] and row[b"idle"] >= idle_ms
        ]

    async def leave(self, link: "Link", stream: str, consumers: Sequence[Argument]) -> int:
        """Remove those of some consumers that hold nothing; return how many these were."""
        removed: int = await self.scripts.run(link, LEAVE, [stream], [self.group, *consumers])
        return removed


def entries(reply: Any) -> list[tuple[bytes, list[RawEntry]]]:
    """Return what a read gave, by stream."""
    return [(stream, [RawEntry(id_, fields) for id_, fields in rows]) for stream, rows in reply or ()]


def unsettled(reply: Any) -> list[Unsettled]:
    """Return what a commit did not settle."""
    if len(reply) == 1:
        return []
    return [Unsettled(reply[i], reply[i + 1].decode("utf-8", "replace")) for i in range(1, len(reply), 2)]


def after(id_: bytes) -> bytes:
    """Return the entry ID that follows one immediately."""
    ms, _, seq = id_.partition(b"-")
    return b"%s-%d" % (ms, int(seq) + 1)


def before(id_: str) -> str:
    """Return an entry ID so that reading after it gives the entry of this ID first."""
    ms, _, seq = id_.partition("-")
    if int(seq):
        return f"{ms}-{int(seq) - 1}"
    return f"{int(ms) - 1}-{2**64 - 1}" if int(ms) else "0-0"


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


async def has_command(link: "Link", name: str) -> bool:
    """Whether the server knows a command; one that forbids to ask is new enough to know those we may ask for."""
    try:
        return (await link.call("COMMAND", "INFO", name))[0] is not None
    except ReplyError:
        return True


def _index(keys: dict[str, str], key: str) -> str:
    """Return the place of a key among a script's keys, as text: numbers are slower to pack."""
    return keys.get(key) or keys.setdefault(key, str(len(keys) + 1))


def _pairs(flat: Sequence[Any]) -> dict[bytes, Any]:
    return dict(zip(flat[::2], flat[1::2], strict=True))
