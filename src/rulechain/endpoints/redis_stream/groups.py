"""Consumer groups made, and made again where they have vanished, without skipping what is not settled."""

import logging
import time
from typing import TYPE_CHECKING

from rulechain.api import EndpointCounts, StreamStatus
from rulechain.connections.errors import ReplyError
from rulechain.connections.ids import previous_id
from rulechain.connections.standing import age_s
from rulechain.endpoints.redis_stream.commands import GroupCommands
from rulechain.endpoints.redis_stream.held import Source
from rulechain.endpoints.redis_stream.settings import START_IDS

if TYPE_CHECKING:
    from rulechain.connections.link import Link

_log = logging.getLogger("rulechain.endpoint")


async def prepare_group(
    link: "Link", group: GroupCommands, source: Source, start_id: str, counts: EndpointCounts
) -> None:
    """See to it that a stream has the group, and that we may do with it what we must; else note its fault.

    A group that was there before and has vanished begins again behind the last entry known to be settled by all of its
    consumers. On a stream that has begun anew as well, it begins with the first entry.
    """
    try:
        await _prepare(link, group, source, start_id, counts)
    except ReplyError as error:
        fault = f"stream {source.stream}: {error}"
        if fault != source.fault:
            _log.warning("%s; the stream is left out until this is mended", fault)
        source.fault = fault
    else:
        if source.fault:
            _log.info("stream %s: can be read now", source.stream)
        source.fault = ""


async def _prepare(link: "Link", group: GroupCommands, source: Source, start_id: str, counts: EndpointCounts) -> None:
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
    if source.unswept is None:
        source.unswept = (await group.sweep(link, source.stream, b"-", 0, 0)).next


async def note_floor(link: "Link", group: GroupCommands, source: Source) -> None:
    """Ask the server how the group is doing, and up to where everything is settled."""
    facts = await group.facts(link, source.stream)
    source.floor = facts.last_delivered if facts.first_pending is None else previous_id(facts.first_pending)
    now_s = time.time()
    source.status = StreamStatus(
        stream=source.stream,
        lag=facts.lag.entries,
        lag_is_exact=facts.lag.is_exact,
        lag_s=0.0 if facts.next_id is None else age_s(facts.next_id, now_s),
        pending=facts.pending,
        oldest_pending_s=None if facts.first_pending is None else age_s(facts.first_pending.encode(), now_s),
    )


async def _resume(link: "Link", group: GroupCommands, stream: str, floor: str) -> str:
    last = await group.last_generated(link, stream)
    return floor if last is not None and _parts(last) >= _parts(floor) else START_IDS["oldest"]


def _parts(id_: str) -> tuple[int, int]:
    ms, _, seq = id_.partition("-")
    return int(ms), int(seq or 0)
