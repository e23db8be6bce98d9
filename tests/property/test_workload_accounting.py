"""Whatever happens to entries and in whatever order, a consumer knows where each one is, and each comes to an end."""

import asyncio
import random

import pytest

from rulechain.api import EndpointCounts
from rulechain.diagnostics import Source as DocumentSource
from rulechain.endpoints import Router
from rulechain.endpoints.compile import RouterBuild, compile_router_plan
from rulechain.endpoints.processors import builtin_processors
from rulechain.endpoints.redis_stream.commands import Delivery, Unsettled
from rulechain.endpoints.redis_stream.dead_letter import bury
from rulechain.endpoints.redis_stream.entry import EntryReader
from rulechain.endpoints.redis_stream.held import Source
from rulechain.endpoints.redis_stream.retries import Backoff
from rulechain.endpoints.redis_stream.tally import Tally
from rulechain.endpoints.redis_stream.work import Workload
from rulechain.endpoints.routing import RouteSwitch
from rulechain.endpoints.settle import SettlePolicy
from support.chains import Chains

_LIMIT = 3
_STEPS = 150
_LANES = 4


class Game:
    """A workload, what the server would say about it, and random moves."""

    def __init__(self, chance):
        self.chance = chance
        self.is_kind = False
        self.pending = []
        # Batches whose commit has had no reply yet.
        self.sent = []
        self.numbers = 0
        policy = SettlePolicy(max_deliveries=_LIMIT)
        tally = Tally("test", EndpointCounts())
        self.work = Workload(policy, 5, Backoff(0, 0), lambda entry: bury(entry, "g", "c"), tally)
        build = RouterBuild(DocumentSource("r"), Chains(quick=self._quick, slow=self._slow), builtin_processors())
        routers = tuple(
            compile_router_plan(
                Router(name).from_("s", when=f'msg.kind == "{name}"', order_by="msg.lane").to(name).end().definition,
                build,
            )
            for name in ("quick", "slow")
        )
        self.source = Source("s", RouteSwitch("s", routers), EntryReader("s", "g", "c"), routers[0].location, "s.dead")

    def _quick(self, message):
        if not self.is_kind and self.chance.random() < 0.3:
            raise ValueError("no luck")
        return message

    async def _slow(self, message):
        if not self.is_kind:
            self.pending.append(asyncio.get_running_loop().create_future())
            await self.pending[-1]
        return self._quick(message)

    def _fields(self):
        kind = self.chance.choice(["quick", "quick", "slow", "nobody"])
        return [b"kind", kind.encode(), b"lane", b"%d" % self.chance.randrange(_LANES)]

    def _id(self):
        self.numbers += 1
        return b"%d-0" % self.numbers

    def read(self):
        """Take new entries, as many as there is room for, and some that are held already."""
        rows = [(self._id(), self._fields()) for _ in range(min(self.chance.randrange(4), self.work.room(10)))]
        rows += [(id_, self._fields()) for id_ in list(self.source.held)[:1]]
        self.work.take(self.source, rows)

    def claim(self):
        """Take pending entries; at most one of them over the limit, and only if it may be."""
        for _ in range(min(2, self.work.room(10))):
            counts = [1, _LIMIT, _LIMIT + 2, *([_LIMIT + 1] if self.work.takes_alone else [])]
            fields = self._fields() if self.chance.random() < 0.8 else None
            self.work.take_pending(self.source, [Delivery(self._id(), self.chance.choice(counts), fields)])

    def run(self):
        """Start what can be started, and send a commit for what is finished."""
        if finished := self.work.run():
            self.sent.append(finished)

    def settle_late(self):
        """Send a commit for what has finished late."""
        if batch := self.work.late.take(3):
            self.sent.append(batch)

    def reply(self):
        """The reply to a commit comes, with whatever bad news; or the link breaks, and the batch is left for later."""
        if not self.sent:
            return
        batch = self.sent.pop(0)
        if not self.is_kind and self.chance.random() < 0.2:
            self.work.late.add(batch)
            return
        news = [Unsettled(place, *self._news(entry)) for place, entry in enumerate(batch)]
        self.work.settled(batch, [] if self.is_kind else [one for one in news if one.reason is not None])

    def _news(self, entry):
        if entry.is_lost:
            return self.chance.choice([(None,), ("full", True)])
        return self.chance.choice([(None,), (None,), ("",), ("full",), ("full", True)])

    def retry(self):
        """Failed entries come back, or turn out to be gone."""
        for entry in self.work.retries.take_due(self.work.room_again(3)):
            again = Delivery(entry.id, entry.delivery_count + 1, self._fields())
            gone = Delivery(entry.id, entry.delivery_count, None)
            choices = [again, again, gone, None]
            self.work.take_again(
                entry, None if entry.is_lost else again if self.is_kind else self.chance.choice(choices)
            )

    async def finish(self):
        """A run that waits ends."""
        if self.pending:
            self.pending.pop(self.chance.randrange(len(self.pending))).set_result(None)
        await _let_all_run()

    def check(self):
        """Each entry that is held is in one place, and its count fits."""
        work = self.work
        alone = [work._alone] if work._alone and not work._alone_begun else []
        late = work.late._entries
        retrying = [entry for *_, entry in work.retries._heap]
        idle = [
            *work.waiting,
            *work._lanes.waiting(),
            *late,
            *retrying,
            *alone,
            *(e for batch in self.sent for e in batch),
        ]
        places = [entry.id for entry in idle]
        assert len(places) == len(set(places))
        assert set(places) <= set(self.source.held)
        # What is nowhere else runs.
        assert len(self.source.held) - len(places) == len(work._running)
        assert work._in_hand == len(self.source.held) - len(retrying) - work._lanes.queued


async def _let_all_run():
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(60))
async def test_no_entry_is_forgotten(seed):
    """After every move all that is held is somewhere; when the bad news end, everything is settled."""
    game = Game(random.Random(seed))
    moves = [game.read, game.claim, game.run, game.settle_late, game.reply, game.retry]
    for _ in range(_STEPS):
        game.chance.choice(moves)()
        if game.chance.random() < 0.2:
            await game.finish()
        await _let_all_run()
        game.check()
    game.is_kind = True
    for _ in range(_STEPS):
        for move in moves[2:]:
            move()
        await game.finish()
        game.check()
    assert (game.source.held, game.work.is_idle) == ({}, True)
    assert game.work.takes_alone
