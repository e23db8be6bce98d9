"""Streams from outside an endpoint: put entries on them and read answers off, as `send`, `demo` and benchmarks do."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

from rulechain.connections.address import parse_address
from rulechain.connections.connect import connect
from rulechain.connections.errors import GroupExistsError, NoGroupError
from rulechain.connections.ids import next_id
from rulechain.connections.link import Link

# Entries per write: enough to hide the round trip, little enough to keep the server answering others.
_BATCH = 500
_REPLY_MARGIN_S = 10.0

Entry = tuple[str, dict[str, str]]
# An ID, and the names and values in turn.
RawEntry = tuple[bytes, list[bytes]]


class StreamClient:
    """A connection to one server, as an async context manager.

    Args:
        url: `host:port` or a `redis://`, `rediss://` or `unix://` URL.

    Raises:
        AddressError: The address cannot be read.
    """

    def __init__(self, url: str) -> None:
        self._client = connect(parse_address(url))
        self._link: Link | None = None

    async def __aenter__(self) -> Self:
        """Connect.

        Raises:
            EndpointUnavailableError: The server cannot be reached, or does not let us in.
        """
        self._link = await self._client.link()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._link is not None:
            await self._link.close()
        await self._client.close()

    @property
    def link(self) -> Link:
        """The connection itself, for commands that this class does not know."""
        if self._link is None:
            raise RuntimeError("a StreamClient is used inside `async with`")
        return self._link

    @property
    def is_cluster(self) -> bool:
        """Whether the keys are shared out among nodes, by their slots."""
        return self._client.address.is_cluster

    async def add_many(self, stream: str, entries: Sequence[Mapping[str, str | bytes]]) -> list[str]:
        """Append entries and return their ids.

        Raises:
            ReplyError: The server refused one; the others of its batch are written.
        """
        ids: list[str] = []
        for batch in _batches(entries):
            commands = [("XADD", stream, "*", *(part for pair in entry.items() for part in pair)) for entry in batch]
            ids += [reply.decode() for reply in await self.link.call_all(commands)]
        return ids

    async def read(
        self, stream: str, after: str = "0-0", count: int = 1000, block_s: float | None = None
    ) -> list[Entry]:
        """Return entries behind an id, oldest first; with `block_s`, wait that long for the first."""
        block = () if block_s is None else ("BLOCK", max(1, int(block_s * 1000)))
        command = ("XREAD", "COUNT", count, *block, "STREAMS", stream, after)
        reply = await self.link.call(*command, timeout_s=(block_s or 0.0) + _REPLY_MARGIN_S)
        return [(id_.decode(), _fields(fields)) for id_, fields in reply[0][1]] if reply else []

    async def scan(self, stream: str, start: str = "-", end: str | None = None) -> AsyncIterator[RawEntry]:
        """Yield the entries between two ids, oldest first: those that are there now, not those that come meanwhile."""
        if end is None:
            newest = await self.link.call("XREVRANGE", stream, "+", "-", "COUNT", 1)
            if not newest:
                return
            end = newest[0][0].decode()
        while True:
            page: list[RawEntry] = await self.link.call("XRANGE", stream, start, end, "COUNT", _BATCH)
            for entry in page:
                yield entry
            if len(page) < _BATCH:
                return
            start = next_id(page[-1][0]).decode()

    async def streams(self, pattern: str) -> dict[str, int]:
        """Return the streams whose names fit a glob pattern, each with its length, by name."""
        names: set[bytes] = set()
        for node in await self.link.nodes():
            cursor = b""
            while cursor != b"0":
                cursor, found = await node.call("SCAN", cursor or b"0", "MATCH", pattern, "COUNT", 1000)
                names.update(found)
        kinds = await self.link.call_all([("TYPE", name) for name in names])
        streams = sorted(name for name, kind in zip(names, kinds, strict=True) if kind == b"stream")
        lengths = await self.link.call_all([("XLEN", name) for name in streams])
        return {name.decode("utf-8", "backslashreplace"): int(n) for name, n in zip(streams, lengths, strict=True)}

    async def create_group(self, stream: str, group: str, start: str = "0") -> None:
        """Create a consumer group that has read up to `start`, and the stream with it; one that exists stays."""
        try:
            await self.link.call("XGROUP", "CREATE", stream, group, start, "MKSTREAM")
        except GroupExistsError:
            return

    async def length(self, stream: str) -> int:
        """Return the number of entries."""
        return int(await self.link.call("XLEN", stream))

    async def pending(self, stream: str, group: str) -> int:
        """Return how many entries a group has delivered and not seen acknowledged."""
        try:
            return int((await self.link.call("XPENDING", stream, group))[0])
        except NoGroupError:
            return 0

    async def delete(self, *streams: str) -> None:
        """Delete streams with their groups."""
        await self.link.call_all([("DEL", stream) for stream in streams])


def _batches(entries: Sequence[Mapping[str, str | bytes]]) -> Iterator[Sequence[Mapping[str, str | bytes]]]:
    return (entries[start : start + _BATCH] for start in range(0, len(entries), _BATCH))


def _fields(parts: Sequence[bytes]) -> dict[str, str]:
    texts = [part.decode("utf-8", "backslashreplace") for part in parts]
    return dict(zip(texts[::2], texts[1::2], strict=True))
