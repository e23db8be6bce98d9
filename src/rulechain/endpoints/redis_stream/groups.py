"""Consumer groups made, and made again where they have vanished, without skipping what is not settled."""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rulechain.api import EndpointCounts
from rulechain.connections.errors import ReplyError
from rulechain.diagnostics.errors import EndpointError
from rulechain.endpoints.redis_stream.commands import GroupCommands, before
from rulechain.endpoints.redis_stream.settings import START_IDS
from rulechain.endpoints.redis_stream.work import Source

if TYPE_CHECKING:
    from rulechain.connections.link import Link

_log = logging.getLogger("rulechain.endpoint")


async def prepare_groups(
    link: "Link", group: GroupCommands, sources: Iterable[Source], start_id: str, counts: EndpointCounts
) -> None:
    """See to it that each stream has the group, and that we may do with it what we must.

    A group that was there before and has vanished begins again behind the last entry known to be settled by all of its
    consumers. On a stream that has begun anew as well, it begins with the first entry.

    Raises:
        EndpointError: The server forbids a command, or the key is no stream; the text names the stream.
    """
    for source in sources:
        try:
            await _prepare_group(link, group, source, start_id, counts)
        except ReplyError as error:
            raise EndpointError(f"stream {source.stream}: {error}") from error


async def _prepare_group(
    link: "Link", group: GroupCommands, source: Source, start_id: str, counts: EndpointCounts
) -> None:
    was_there = source.floor is not None
    start = start_id if source.floor is None else await _resume(link, group, source.stream, source.floor)
    if await group.create_group(link, source.stream, start) and was_there:
        counts.recreated_groups += 1
        _log.warning(
            "stream %s: group %s had vanished and was made again after entry %s; entries may be processed twice",
            source.stream,
            group.group,
            start,
        )
    await group.check_permissions(link, source.stream)
    await note_floor(link, group, source)


async def note_floor(link: "Link", group: GroupCommands, source: Source) -> None:
    """Ask the server up to where everything is settled."""
    facts = await group.facts(link, source.stream)
    source.floor = facts.last_delivered if facts.first_pending is None else before(facts.first_pending)


async def _resume(link: "Link", group: GroupCommands, stream: str, floor: str) -> str:
    last = await group.last_generated(link, stream)
    return floor if last is not None and _parts(last) >= _parts(floor) else START_IDS["oldest"]


def _parts(id_: str) -> tuple[int, int]:
    ms, _, seq = id_.partition("-")
    return int(ms), int(seq or 0)
