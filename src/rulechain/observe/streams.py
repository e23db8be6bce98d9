"""A look at the streams of a server, their groups and consumers, as Redis from 5.0 on and Valkey tell it.

Takes a link and names, gives facts; nothing is written. `findings.py` says what is wrong with them.
"""

import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rulechain.connections.errors import ReplyError
from rulechain.connections.ids import next_id
from rulechain.connections.link import Link
from rulechain.connections.standing import Lag, age_s, lag_of

# Streams that are asked for in one write.
_AT_ONCE = 100
_SCAN_COUNT = 1000
_GLOB = re.compile(r"[*?\[]")

Command = tuple[str | bytes | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerFacts:
    """One consumer of a group: what it holds, and how long ago it last asked for something."""

    name: str
    pending: int
    idle_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFacts:
    """One group on a stream; ages are None where entry IDs tell no time."""

    name: str
    lag: Lag
    # The age of the oldest entry that it has not been given yet.
    behind_s: float | None
    pending: int
    oldest_pending_s: float | None
    # Everything before this ID has been acknowledged.
    floor: str
    consumers: tuple[ConsumerFacts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFacts:
    """One stream; `memory` is what it takes on the server, in bytes, as far as that says."""

    name: str
    length: int
    memory: int | None
    groups: tuple[GroupFacts, ...]


async def find_streams(link: Link, wanted: Sequence[str]) -> list[bytes]:
    """Return the names of streams, sorted: those given, those that a given glob pattern fits, or all.

    A name that is no pattern is not looked for.
    """
    patterns = [name for name in wanted if _GLOB.search(name)] if wanted else ["*"]
    found = {name.encode() for name in wanted if name not in patterns}
    for node in await link.nodes() if patterns else ():
        for pattern in patterns:
            found.update([name async for name in _scan(node, pattern)])
    return sorted(found)


async def look(link: Link, names: Iterable[bytes]) -> list[StreamFacts]:
    """Return what the server says about some streams; those that are gone are left out.

    Raises:
        ReplyError: The server refuses to tell.
        EndpointUnavailableError: It is gone.
    """
    names = list(names)
    facts = []
    for start in range(0, len(names), _AT_ONCE):
        facts += await _look(link, names[start : start + _AT_ONCE])
    return facts


async def server_version(link: Link) -> tuple[int, ...]:
    """Return the version of Redis that the server is, or says it is compatible with; empty where it does not say."""
    try:
        told: bytes = await link.call("INFO", "server")
    except ReplyError:
        return ()
    lines = (line.partition(":") for line in told.decode("utf-8", "replace").splitlines())
    version = next((text for key, _, text in lines if key == "redis_version"), "")
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


async def _scan(node: Link, pattern: str) -> AsyncIterator[bytes]:
    cursor = b"0"
    kind: tuple[str, ...] = ("TYPE", "stream")
    while True:
        command = ("SCAN", cursor, "MATCH", pattern, "COUNT", _SCAN_COUNT)
        try:
            cursor, names = await node.call(*command, *kind)
        except ReplyError:
            if not kind:
                raise
            # Before Redis 6.0 SCAN cannot tell types apart.
            kind = ()
            continue
        if not kind and names:
            types = await node.call_all([("TYPE", name) for name in names])
            names = [name for name, type_ in zip(names, types, strict=True) if type_ == b"stream"]
        for name in names:
            yield name
        if cursor == b"0":
            return


async def _look(link: Link, names: Sequence[bytes]) -> list[StreamFacts]:
    questions: list[Command] = [("TIME",)]
    for name in names:
        questions += [("XINFO", "STREAM", name), ("XINFO", "GROUPS", name), ("MEMORY", "USAGE", name)]
    (seconds, microseconds), *replies = await link.replies(questions)
    now_s = int(seconds) + int(microseconds) / 1e6
    facts = []
    for name, info, groups, memory in zip(names, replies[::3], replies[1::3], replies[2::3], strict=True):
        if _is_gone(info) or _is_gone(groups):
            continue
        stream = _pairs(_told(info))
        facts.append(
            StreamFacts(
                name=_text(name),
                length=stream[b"length"],
                # Not every user may ask.
                memory=memory if isinstance(memory, int) else None,
                groups=await _look_at_groups(link, name, stream, [_pairs(group) for group in _told(groups)], now_s),
            )
        )
    return facts


async def _look_at_groups(
    link: Link, stream: bytes, info: Mapping[bytes, Any], groups: Sequence[Mapping[bytes, Any]], now_s: float
) -> tuple[GroupFacts, ...]:
    questions: list[Command] = []
    for group in groups:
        after = next_id(group[b"last-delivered-id"])
        questions += [
            ("XINFO", "CONSUMERS", stream, group[b"name"]),
            ("XPENDING", stream, group[b"name"]),
            ("XRANGE", stream, after, "+", "COUNT", 1),
        ]
    replies = await link.replies(questions) if questions else []
    found = []
    for group, consumers, pending, ahead in zip(groups, replies[::3], replies[1::3], replies[2::3], strict=True):
        if _is_gone(consumers) or _is_gone(pending):
            continue
        found.append(_group(group, info, _told(consumers), _told(pending), _told(ahead), now_s))
    return tuple(found)


def _group(
    group: Mapping[bytes, Any],
    stream: Mapping[bytes, Any],
    consumers: Sequence[Any],
    pending: Sequence[Any],
    ahead: Sequence[Any],
    now_s: float,
) -> GroupFacts:
    upcoming: bytes | None = ahead[0][0] if ahead else None
    oldest = stream[b"first-entry"]
    count, first_pending = pending[0], pending[1]
    return GroupFacts(
        name=_text(group[b"name"]),
        lag=lag_of(stream[b"length"], group.get(b"lag"), oldest[0] if oldest else None, upcoming),
        behind_s=0.0 if upcoming is None else age_s(upcoming, now_s),
        pending=count,
        oldest_pending_s=age_s(first_pending, now_s) if count else None,
        floor=(first_pending if count else next_id(group[b"last-delivered-id"])).decode(),
        consumers=tuple(
            ConsumerFacts(name=_text(each[b"name"]), pending=each[b"pending"], idle_s=each[b"idle"] / 1000)
            for each in map(_pairs, consumers)
        ),
    )


def _is_gone(reply: Any) -> bool:
    """Whether a stream or group was deleted, or replaced by a key of another type, since its name was learned."""
    return isinstance(reply, ReplyError) and reply.word in ("ERR", "NOGROUP", "WRONGTYPE")


def _told(reply: Any) -> Any:
    if isinstance(reply, Exception):
        raise reply
    return reply


def _pairs(flat: Sequence[Any]) -> dict[bytes, Any]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")
