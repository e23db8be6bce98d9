"""The storm: workers and their server are ill-treated in every way while requests come in, and all is counted after."""

import asyncio
import collections
import random
import time
from dataclasses import dataclass, field, fields

from chaos.documents import ANSWERS, DEAD, GROUP, LANES, PLAIN
from chaos.producer import Producer
from chaos.report import table
from chaos.workers import Crew
from rulechain.diagnostics import Code
from rulechain.endpoints.redis_stream.dead_letter import DeadLetter
from support.eventually import eventually

_STREAMS = (PLAIN, LANES)
# Answers that must have come since the last blow before the next one falls.
_PROGRESS = 20
_PATIENCE_S = 60.0
# A forward jump makes every pending entry look idle; one back makes entries of the dead look fresh for as long.
_JUMPS_S = (3600, -2, 86_400, -3)
# The server loses everything, groups and scripts as well, and those who ask get their entries back on it.
_FLUSH = """
local requests, kept = {}, {}
for i = 1, 2 do
  requests[i] = redis.call('XRANGE', KEYS[i], '-', '+')
end
for i = 3, 4 do
  kept[i] = redis.call('DUMP', KEYS[i])
end
redis.call('FLUSHALL')
for i = 1, 2 do
  for _, entry in ipairs(requests[i]) do
    redis.call('XADD', KEYS[i], entry[1], unpack(entry[2]))
  end
end
for i = 3, 4 do
  if kept[i] then
    redis.call('RESTORE', KEYS[i], 0, kept[i])
  end
end
"""
# What a jump of the server's clock does to pending entries, where the clock itself cannot be set.
_AGE = """
local aged = 0
for _, row in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 10000)) do
  redis.call('XCLAIM', KEYS[1], ARGV[1], row[2], 0, row[1], 'IDLE', 3600000, 'RETRYCOUNT', row[4], 'JUSTID')
  aged = aged + 1
end
return aged
"""


@dataclass(frozen=True)
class Plan:
    """How many blows of each kind; their order is drawn by chance."""

    kill: int = 200
    kill_all: int = 3
    stop: int = 10
    freeze: int = 15
    crash: int = 6
    restart: int = 4
    cut: int = 20
    destroy: int = 10
    flush: int = 5
    forget: int = 10
    age: int = 10
    jump: int = 8

    def blows(self, chance):
        """Return the names of the blows in a random order."""
        blows = [blow.name for blow in fields(self) for _ in range(getattr(self, blow.name))]
        chance.shuffle(blows)
        return blows


SHORT = Plan(4, kill_all=0, stop=1, freeze=1, crash=1, restart=1, cut=1, destroy=1, flush=1, forget=1, age=1, jump=0)


@dataclass
class Figures:
    """What was done, and what came of it."""

    seed: int
    requests: int = 0
    answers: int = 0
    dead_letters: int = 0
    workers: int = 0
    kills: int = 0
    # Entries that were in the hands of the killed.
    orphans: int = 0
    blows: collections.Counter = field(default_factory=collections.Counter)
    # Entries that a frozen worker still had in its hands when another one had taken them over.
    held_twice: int = 0
    # Answers to entries that were delivered more than once, and the most deliveries of one.
    redelivered: int = 0
    most_deliveries: int = 0
    # As far as the workers came to say it.
    said: dict = field(default_factory=dict)
    seconds: float = 0.0

    def table(self):
        """Return the figures as lines of text."""
        return table({each.name: getattr(self, each.name) for each in fields(self)})


class Storm:
    """One storm over one server."""

    def __init__(self, server, documents, folder, *, seed, workers=4):
        self.figures = Figures(seed)
        self._server = server
        self._chance = random.Random(seed)
        self._crew = Crew(documents, server.url, folder, workers)
        self._producer = Producer(server)
        self._thawing = set()

    async def run(self, plan, until_s=None):
        """Let the blows fall while requests come in, wait until all are worked off, and compare.

        With `until_s`, a time of the monotonic clock, blows that have not fallen by then are left out.
        """
        began = time.monotonic()
        try:
            for stream in _STREAMS:
                await self._server.call("XGROUP", "CREATE", stream, GROUP, "0", "MKSTREAM")
            async with self._producer.feeding():
                self._crew.fill()
                for blow in plan.blows(self._chance):
                    if until_s is not None and time.monotonic() > until_s:
                        break
                    await self._strike(blow)
                await asyncio.gather(*self._thawing)
            await self._end()
            codes = await self._crew.stop()
        finally:
            self._crew.kill()
        self.figures.seconds = round(time.monotonic() - began, 1)
        assert set(codes) == {0}, f"workers did not stop as they should: {codes}"
        await self._compare()

    async def _end(self):
        try:
            await eventually(self._is_worked_off, within_s=2 * _PATIENCE_S)
        except AssertionError:
            left = [await self._server.call("XRANGE", stream, "-", "+", "COUNT", 3) for stream in _STREAMS]
            pending = [await self._server.call("XPENDING", stream, GROUP, "-", "+", 3) for stream in _STREAMS]
            groups = [await self._server.call("XINFO", "GROUPS", stream) for stream in _STREAMS]
            raise AssertionError(f"work stands still; left: {left}; pending: {pending}; groups: {groups}") from None

    async def _strike(self, blow):
        answers = await self._server.call("XLEN", ANSWERS)
        await getattr(self, f"_{blow}")()
        self.figures.blows[blow] += 1
        self._crew.fill()
        await eventually(lambda: self._has_gone_on(answers), within_s=_PATIENCE_S)

    async def _has_gone_on(self, answers):
        return await self._server.call("XLEN", ANSWERS) >= answers + _PROGRESS

    async def _kill(self):
        worker, consumer, _ = await self._holder()
        await self._kill_one(worker, consumer)

    async def _kill_all(self):
        for worker in self._crew.at_work:
            held = await self._pending()
            consumer = next((name for name in held if self._crew.by_consumer(name) is worker), None)
            await self._kill_one(worker, consumer)

    async def _kill_one(self, worker, consumer):
        worker.kill()
        self.figures.kills += 1
        if consumer is not None:
            self.figures.orphans += (await self._pending()).get(consumer, 0)

    async def _stop(self):
        worker, _, _ = await self._holder()
        # It drains while others go on.
        self._beside(self._see_off(worker))

    async def _see_off(self, worker):
        code = await worker.stop()
        assert code == 0, f"a worker that was asked to stop ended with {code}"

    async def _freeze(self):
        worker, consumer, _ = await self._holder()
        worker.freeze()
        held = (await self._pending()).get(consumer, 0)
        self._beside(self._thaw(worker, consumer, held))

    async def _thaw(self, worker, consumer, held):
        """Wake a worker up when others have taken over all that it holds: now two have the same entries."""
        try:
            await eventually(lambda: self._holds_nothing(consumer), within_s=_PATIENCE_S)
        finally:
            worker.thaw()
        self.figures.held_twice += held

    async def _holds_nothing(self, consumer):
        return consumer not in await self._pending()

    async def _crash(self):
        await self._server.crash()

    async def _restart(self):
        await self._server.restart()

    async def _cut(self):
        await self._server.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    async def _destroy(self):
        await self._server.call_all([("XGROUP", "DESTROY", stream, GROUP) for stream in _STREAMS])
        await eventually(self._has_groups, within_s=_PATIENCE_S)

    async def _has_groups(self):
        return all(await self._server.call_all([("XINFO", "GROUPS", stream) for stream in _STREAMS]))

    async def _flush(self):
        await self._server.call("EVAL", _FLUSH, 4, *_STREAMS, ANSWERS, DEAD)
        await eventually(self._has_groups, within_s=_PATIENCE_S)

    async def _forget(self):
        await self._server.call("SCRIPT", "FLUSH")

    async def _age(self):
        await self._server.call_all([("EVAL", _AGE, 1, stream, GROUP) for stream in _STREAMS])

    async def _jump(self):
        if self._server.has_clock:
            await self._server.jump(_JUMPS_S[self.figures.blows["jump"] % len(_JUMPS_S)])
        else:
            await self._age()

    def _beside(self, coroutine):
        task = asyncio.create_task(coroutine)
        self._thawing.add(task)

    async def _holder(self):
        """Return a worker at work with entries in its hands, its consumer's name, and how many there are."""
        return self._chance.choice(await eventually(self._holders, within_s=_PATIENCE_S))

    async def _holders(self):
        named = [(self._crew.by_consumer(name), name, count) for name, count in sorted((await self._pending()).items())]
        return [holder for holder in named if holder[0] is not None]

    async def _pending(self):
        """Return how many entries are pending, by consumer."""
        counts = collections.Counter()
        for reply in await self._server.call_all([("XPENDING", stream, GROUP) for stream in _STREAMS]):
            # A group that was just destroyed has none.
            if not isinstance(reply, Exception):
                counts.update({name.decode(): int(count) for name, count in reply[3] or ()})
        return counts

    async def _is_worked_off(self):
        lengths = await self._server.call_all([("XLEN", stream) for stream in _STREAMS])
        return lengths == [0, 0] and not await self._pending()

    async def _compare(self):
        """Compare what was asked with what was answered and set aside."""
        figures, producer = self.figures, self._producer
        answers = [dict(zip(parts[::2], parts[1::2], strict=True)) for parts in await self._server.entries(ANSWERS)]
        # The router answers a failure as well, in the step that sets its entry aside.
        errors = [answer for answer in answers if b"requestId" not in answer]
        answers = [answer for answer in answers if b"requestId" in answer]
        answered = collections.Counter(answer[b"requestId"].decode() for answer in answers)
        letters = [DeadLetter.from_fields(parts) for parts in await self._server.entries(DEAD)]
        dead = collections.Counter(letter.fields[1].decode() for letter in letters)
        deliveries = [int(answer[b"deliveries"]) for answer in answers]
        figures.requests, figures.answers, figures.dead_letters = len(producer.fates), len(answers), len(letters)
        figures.workers = len(self._crew.all)
        figures.redelivered = sum(count > 1 for count in deliveries)
        figures.most_deliveries = max(deliveries, default=0)
        figures.said = self._crew.total("claimed", "retried", "superseded", "handedBack", "recreatedGroups")
        assert await self._is_worked_off(), "something is left although all was worked off before"
        # One that was set aside because its consumers died of it, or so it seems, has no error to answer with.
        failed = sum(letter.code == Code.NODE_FAILED for letter in letters)
        assert len(errors) == failed, f"{len(errors)} errors were answered for {failed} failures"
        assert_once(answered, producer.expected(poison=False), "answered")
        assert_once(dead, producer.expected(poison=True), "set aside")
        complaints = self._crew.complaints()
        assert not complaints, complaints[0]


def assert_once(counts, expected, verb):
    """See that each of some requests, and no other, has come about exactly once."""
    missing, foreign = expected - counts.keys(), counts.keys() - expected
    repeated = {id_ for id_, count in counts.items() if count > 1}
    assert not missing, f"{len(missing)} requests were never {verb}, such as {sorted(missing)[:5]}"
    assert not foreign, f"{len(foreign)} requests were {verb} and should not have been, such as {sorted(foreign)[:5]}"
    assert not repeated, f"{len(repeated)} requests were {verb} twice, such as {sorted(repeated)[:5]}"
