"""The dead-letter workbench: look through a dead-letter stream, send letters back to work, or delete them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rulechain.connections.slots import key_slot
from rulechain.connections.streams import StreamClient
from rulechain.connections.wire import Argument, Binary
from rulechain.endpoints.redis_stream.dead_letter import DeadLetter, with_trace
from rulechain.endpoints.redis_stream.scripts import REPLAY, Scripts
from rulechain.endpoints.respond import MAX_FIELDS, Response

# By this name a stream is known to hold dead letters.
PATTERN = "*.dead"


class Found(NamedTuple):
    """A dead letter and its own ID on the dead-letter stream."""

    id: str
    letter: DeadLetter

    @property
    def set_aside_ms(self) -> int:
        """When it was set aside, by the server's clock."""
        return int(self.id.partition("-")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadFilter:
    """Which dead letters are meant: those that fit all that is said."""

    ids: frozenset[str] = frozenset()
    code: str = ""
    chain: str = ""
    node: str = ""
    router: str = ""
    # A part of the reason, in whatever case.
    reason: str = ""
    after_ms: float | None = None
    before_ms: float | None = None

    def fits(self, found: Found) -> bool:
        """Whether a dead letter is meant."""
        letter = found.letter
        wanted = (self.code, self.chain, self.node, self.router)
        given = (letter.code, letter.chain, letter.node, letter.router)
        return (
            (not self.ids or found.id in self.ids)
            and all(want in ("", have) for want, have in zip(wanted, given, strict=True))
            and self.reason.casefold() in letter.reason.casefold()
            and (self.after_ms is None or found.set_aside_ms >= self.after_ms)
            and (self.before_ms is None or found.set_aside_ms < self.before_ms)
        )


class DeadLetterStream:
    """One dead-letter stream."""

    def __init__(self, client: StreamClient, stream: str) -> None:
        self.stream = stream
        self._client = client
        self._scripts = Scripts()

    async def find(self, wanted: DeadFilter) -> AsyncIterator[Found]:
        """Yield the dead letters that are meant, oldest first; entries that are none are passed over.

        Those that are added meanwhile do not count, so that letters which come back at once are not found again.
        """
        async for id_, fields in self._client.scan(self.stream):
            letter = DeadLetter.from_fields(fields)
            if letter is not None and wanted.fits(found := Found(id_.decode(), letter)):
                yield found

    async def send_back(self, found: Found, to_stream: str | None = None) -> bool:
        """Put a dead letter's entry on the stream it came from, or on another; False if the letter was gone.

        Raises:
            ReplyError: The server refused the entry; the letter stays.
        """
        entry = Response(to_stream or found.letter.stream, [*map(Binary, with_trace(found.letter))])
        return await self.settle(found.id, [entry])

    async def settle(self, id_: str, writes: Sequence[Response]) -> bool:
        """Take a dead letter away and write what becomes of it, in one step; False if the letter was gone.

        In a cluster, what goes to another slot is written first: whoever is killed in between has it written twice.

        Raises:
            ReplyError: The server refused something; nothing is written, and the letter stays.
        """
        if any(len(write.fields) > 2 * MAX_FIELDS or self._is_away(write) for write in writes):
            return await self._settle_in_steps(id_, writes)
        keys, arguments = [self.stream], list[Argument]([id_])
        for write in writes:
            keys.append(write.stream)
            arguments += (len(keys), len(write.fields), *write.fields)
        return await self._scripts.run(self._client.link, REPLAY, keys, arguments) is not None

    async def delete(self, ids: Sequence[str]) -> int:
        """Delete dead letters; return how many there were."""
        return int(await self._client.link.call("XDEL", self.stream, *ids)) if ids else 0

    def _is_away(self, write: Response) -> bool:
        return self._client.is_cluster and key_slot(write.stream) != key_slot(self.stream)

    async def _settle_in_steps(self, id_: str, writes: Sequence[Response]) -> bool:
        """Do as the script where it cannot: with more fields than it can write, or with another slot's stream."""
        link = self._client.link
        if not await link.call("XRANGE", self.stream, id_, id_):
            return False
        await link.call_all([("XADD", write.stream, "*", *write.fields) for write in writes])
        await self.delete([id_])
        return True
