"""Entries that are on a stream already, as the messages that a router would make of them. Nothing is written."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from rulechain.connections.streams import RawEntry, StreamClient
from rulechain.diagnostics.errors import ExpressionEvaluationError
from rulechain.endpoints.redis_stream.entry import EntryError, EntryReader
from rulechain.endpoints.transform import TransformError, compile_transform
from rulechain.expr import compile_expression
from rulechain.model import Message
from rulechain.values import parse_duration

EntryId = tuple[int, int]

FIRST: Final[EntryId] = (0, 0)
LAST: Final[EntryId] = (2**64 - 1, 2**64 - 1)
_ID: Final = re.compile(r"(\d+)(?:-(\d+))?")
_GROUP: Final = "replay"
_BATCH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Which entries of a stream: both bounds belong to it; `when` and `transform` are those of a router."""

    stream: str
    first: EntryId = FIRST
    last: EntryId = LAST
    limit: int | None = None
    when: str | None = None
    transform: str | None = None


@dataclass(frozen=True, slots=True)
class PastEntry:
    """An entry and its message; None when the router would not take it, or could not make a message of it."""

    id: str
    message: Message | None


def parse_bound(text: str, now: Callable[[], datetime], *, is_last: bool) -> EntryId:
    """Read an entry id, a time such as `2026-01-31T12:00Z`, or how long ago, such as `15m`.

    Args:
        text: What was written. A time without a zone is in UTC.
        now: Gives the time.
        is_last: Whether a whole millisecond means its last entry.

    Raises:
        ValueError: It is none of these.
    """
    found = _ID.fullmatch(text)
    if found and found[2]:
        return int(found[1]), int(found[2])
    milliseconds = int(found[1]) if found and len(found[1]) > 4 else _milliseconds(text, now)
    return milliseconds, LAST[1] if is_last else 0


def past_entries(url: str, wanted: Range) -> Iterator[PastEntry]:
    """Yield the entries of a range, oldest first, read in batches; nothing is written to the server.

    Raises:
        ExpressionError: `when` or `transform` does not compile.
        EndpointUnavailableError: The server cannot be reached.
    """
    reader = _Reader(wanted)
    # Between two batches no loop runs, so that whoever takes the entries may run chains.
    with asyncio.Runner() as runner:
        stack = contextlib.AsyncExitStack()
        client = runner.run(stack.enter_async_context(StreamClient(url)))
        try:
            end = None if wanted.last == LAST else _text(wanted.last)
            entries = client.scan(wanted.stream, _text(wanted.first), end)
            left = wanted.limit
            while batch := runner.run(_next(entries, _BATCH if left is None else min(left, _BATCH))):
                for entry in batch:
                    yield reader.read(*entry)
                left = None if left is None else left - len(batch)
        finally:
            runner.run(stack.aclose())


async def _next(entries: AsyncIterator[RawEntry], count: int) -> list[RawEntry]:
    """Return so many entries, or those that are left."""
    batch: list[RawEntry] = []
    while len(batch) < count:
        try:
            batch.append(await anext(entries))
        except StopAsyncIteration:
            break
    return batch


class _Reader:
    """Makes messages of entries as an endpoint with one router would."""

    def __init__(self, wanted: Range) -> None:
        self._entries = EntryReader(wanted.stream, _GROUP, _GROUP)
        self._when = None if wanted.when is None else compile_expression(wanted.when)
        self._transform = None if wanted.transform is None else compile_transform(wanted.transform)

    def read(self, id_: bytes, fields: Sequence[bytes]) -> PastEntry:
        entry_id = id_.decode()
        try:
            read = self._entries.read(id_, fields, 1).message
        except EntryError:
            return PastEntry(entry_id, None)
        # The same message each time the range is read, where the id and the time come into the output.
        message = Message(
            read.data,
            type=read.type,
            data_type=read.data_type,
            metadata=read.metadata,
            id=entry_id,
            ts=int(entry_id.partition("-")[0]),
        )
        try:
            if self._when is not None and self._when.evaluate(_environment(message)) is not True:
                return PastEntry(entry_id, None)
            return PastEntry(entry_id, message if self._transform is None else self._transform(message))
        except (ExpressionEvaluationError, TransformError):
            return PastEntry(entry_id, None)


def _environment(message: Message) -> dict[str, Any]:
    """Return what a router's `when` sees of an entry."""
    return {
        "msg": message.value,
        "metadata": message.metadata,
        "data": message.text,
        "type": message.type,
        "topic": message.metadata["topic"],
        "entryId": message.id,
    }


def _text(entry_id: EntryId) -> str:
    milliseconds, number = entry_id
    return f"{milliseconds}-{number}"


def _milliseconds(text: str, now: Callable[[], datetime]) -> int:
    try:
        ago = parse_duration(text)
    except ValueError:
        pass
    else:
        return int((now().timestamp() - ago) * 1000)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        expected = 'an entry id, a time such as "2026-01-31T12:00Z", or how long ago, such as "15m"'
        raise ValueError(f'expected {expected}, got "{text}"') from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
