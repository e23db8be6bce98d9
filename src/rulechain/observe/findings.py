"""What is wrong with the streams of a server, and the command that mends it: pure functions over facts.

Two looks at the same streams, some seconds apart, tell what grows. Used by `rulechain streams`.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rulechain.observe.streams import ConsumerFacts, GroupFacts, StreamFacts
from rulechain.values import format_duration

# By this ending a stream is known to hold dead letters.
_DEAD = ".dead"
# XTRIM takes MINID, the only way to trim that cannot drop what a group still needs.
_MINID_SINCE = (6, 2)


class Problem(StrEnum):
    """What may be wrong."""

    DEAD_LETTERS = "dead-letters"
    UNTRIMMED = "untrimmed"
    NO_CONSUMER = "no-consumer"
    DEAD_CONSUMER = "dead-consumer"
    LAG = "lag"
    OLD_PENDING = "old-pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to be mended: what, where, in words, and the command that does it."""

    problem: Problem
    stream: str
    group: str = ""
    consumer: str = ""
    message: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From where on something counts as wrong."""

    # How far behind a group may be that does not catch up.
    lag_s: float = 60.0
    # After how long without a sign of life a consumer counts as dead, and a pending entry as stuck.
    silence_s: float = 600.0
    # Entries that nobody needs any more, or that no group reads at all.
    length: int = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """One look and the one before it; without that, nothing is known to grow."""

    now: StreamFacts
    before: StreamFacts | None = None
    seconds: float = 0.0

    @property
    def entries_per_s(self) -> float | None:
        """By how many entries a second the stream becomes longer."""
        return None if self.before is None else (self.now.length - self.before.length) / self.seconds

    def lag_per_s(self, group: GroupFacts) -> float | None:
        """By how many entries a second a group falls behind."""
        before = next((each for each in self.before.groups if each.name == group.name), None) if self.before else None
        return None if before is None else (group.lag.entries - before.lag.entries) / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """How commands begin that reach the server: redis-cli's and our own; neither shows a password."""

    redis_cli: str
    server: str
    # Of Redis; empty where it is not known.
    version: tuple[int, ...] = ()

    def redis(self, *words: str) -> str:
        """Return a command of Redis."""
        return f"{self.redis_cli} {shlex.join(words)}"

    def rulechain(self, *words: str) -> str:
        """Return a command of ours."""
        return f"rulechain {shlex.join(words)} --server {shlex.quote(self.server)}"

    @property
    def serve(self) -> str:
        """The command that starts a consumer."""
        return f"rulechain run PATH --server {shlex.quote(self.server)}"


def find_problems(looks: Iterable[Growth], limits: Limits, commands: Commands) -> list[Finding]:
    """Return what is wrong, in the order of the streams."""
    return [finding for each in looks for finding in _of_stream(each, limits, commands)]


def ago(seconds: float) -> str:
    """Return a length of time for people: its two greatest units."""
    if seconds < 1:
        return format_duration(seconds)
    for unit, size, part in (("d", 86_400, 3600), ("h", 3600, 60), ("m", 60, 1)):
        if seconds >= size:
            whole, rest = divmod(int(seconds), size)
            return f"{whole}{unit}{format_duration(rest // part * part)}" if rest >= part else f"{whole}{unit}"
    return f"{int(seconds)}s"


def _of_stream(look: Growth, limits: Limits, commands: Commands) -> Iterator[Finding]:
    stream = look.now
    if stream.name.endswith(_DEAD):
        if stream.length:
            growing = look.entries_per_s or 0
            grows = f", {growing:+,.1f} a second" if growing > 0 else ""
            yield Finding(
                problem=Problem.DEAD_LETTERS,
                stream=stream.name,
                message=f"{_count(stream.length, 'dead letter')}{grows}: somebody has to look at them",
                fix=commands.rulechain("dead", "list", stream.name),
            )
        return
    yield from _untrimmed(stream, limits, commands)
    for group in stream.groups:
        yield from _of_group(look, group, limits, commands)


def _untrimmed(stream: StreamFacts, limits: Limits, commands: Commands) -> Iterator[Finding]:
    done = _done_with(stream)
    if done is None or done < limits.length:
        return
    if not stream.groups:
        message = f"{done:,} entries, which no group reads and nobody trims"
        fix = commands.redis("XTRIM", stream.name, "MAXLEN", "~", str(limits.length))
    else:
        message = f"{done:,} entries that every group is done with; the endpoint setting retention: delete or trim"
        message += " keeps them from piling up"
        fix = _trim(stream, stream.length - done, limits, commands)
    yield Finding(problem=Problem.UNTRIMMED, stream=stream.name, message=message, fix=fix)


def _trim(stream: StreamFacts, needed: int, limits: Limits, commands: Commands) -> str:
    """Return the command that trims a stream and drops nothing that some group still needs."""
    if commands.version >= _MINID_SINCE:
        floor = min((group.floor for group in stream.groups), key=_parts)
        return commands.redis("XTRIM", stream.name, "MINID", "~", floor)
    if any(group.pending for group in stream.groups):
        # Pending entries may be anywhere, and only MINID can say what is older than all of them.
        return commands.serve
    return commands.redis("XTRIM", stream.name, "MAXLEN", "~", str(needed + limits.length))


def _done_with(stream: StreamFacts) -> int | None:
    """Return how many entries no group needs any more, at least; None where that cannot be told."""
    if not all(group.lag.is_exact for group in stream.groups):
        return None
    needed = max((group.lag.entries for group in stream.groups), default=0)
    return stream.length - needed - sum(group.pending for group in stream.groups)


def _of_group(look: Growth, group: GroupFacts, limits: Limits, commands: Commands) -> Iterator[Finding]:
    place = {"stream": look.now.name, "group": group.name}
    dead = [consumer for consumer in group.consumers if consumer.idle_s > limits.silence_s]
    waiting = group.lag.entries + group.pending
    if len(dead) == len(group.consumers):
        if waiting:
            behind = f", the oldest for {ago(oldest)}" if (oldest := _oldest_s(group)) is not None else ""
            yield Finding(
                **place,
                problem=Problem.NO_CONSUMER,
                message=f"{_up_to(group)}{_count(waiting, 'entry', 'entries')} wait{behind}, and no consumer is alive",
                fix=commands.serve,
            )
    else:
        yield from _behind(look, group, limits, commands)
        if not any(consumer.pending for consumer in dead):
            yield from _stuck(place, group, limits, commands)
    for consumer in dead:
        yield _dead_consumer(place, consumer, commands)


def _behind(look: Growth, group: GroupFacts, limits: Limits, commands: Commands) -> Iterator[Finding]:
    change = look.lag_per_s(group)
    if group.behind_s is None or group.behind_s <= limits.lag_s or (change is not None and change < 0):
        return
    trend = "" if change is None else f", and falls further behind by {change:,.1f} entries a second"
    yield Finding(
        problem=Problem.LAG,
        stream=look.now.name,
        group=group.name,
        message=f"{ago(group.behind_s)} behind with {_up_to(group)}{_count(group.lag.entries, 'entry', 'entries')}"
        + (", and does not catch up" if change == 0 else trend),
        fix=f"{commands.serve} --workers {len(group.consumers) + 1}",
    )


def _stuck(place: Mapping[str, str], group: GroupFacts, limits: Limits, commands: Commands) -> Iterator[Finding]:
    if group.oldest_pending_s is not None and group.oldest_pending_s > limits.silence_s:
        yield Finding(
            **place,
            problem=Problem.OLD_PENDING,
            message=f"an entry of {ago(group.oldest_pending_s)} ago is still pending, though its consumer is alive",
            fix=commands.redis("XPENDING", place["stream"], group.name, "-", "+", "10"),
        )


def _dead_consumer(place: Mapping[str, str], consumer: ConsumerFacts, commands: Commands) -> Finding:
    silent = f'consumer "{consumer.name}" has been silent for {ago(consumer.idle_s)}'
    if consumer.pending:
        message = f"{silent} and holds {_count(consumer.pending, 'entry', 'entries')} that nobody claims"
        fix = commands.serve
    else:
        message = f"{silent} and holds nothing: it can be removed"
        fix = commands.redis("XGROUP", "DELCONSUMER", place["stream"], place["group"], consumer.name)
    return Finding(**place, problem=Problem.DEAD_CONSUMER, consumer=consumer.name, message=message, fix=fix)


def _oldest_s(group: GroupFacts) -> float | None:
    ages = [group.oldest_pending_s if group.pending else None, group.behind_s if group.lag.entries else None]
    return max((age for age in ages if age is not None), default=None)


def _up_to(group: GroupFacts) -> str:
    return "" if group.lag.is_exact else "up to "


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def _parts(id_: str) -> tuple[int, int]:
    ms, _, seq = id_.partition("-")
    return int(ms), int(seq)
