"""What a consumer has in its hands, without a server."""

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
from support.chains import Chains, Gate, echo, fail
from support.eventually import eventually

LIMIT = 3


def source_of(chain):
    build = RouterBuild(DocumentSource("r"), Chains(work=chain), builtin_processors())
    plan = compile_router_plan(Router("r").from_("s").to("work", response_topic="out").end().definition, build)
    return Source("s", RouteSwitch("s", (plan,)), EntryReader("s", "g", "c"), plan.location, "s.dead")


def workload(concurrency=10):
    counts = EndpointCounts()
    tally = Tally("test", counts)
    policy = SettlePolicy(max_deliveries=LIMIT)
    return Workload(policy, concurrency, Backoff(0, 0), lambda entry: bury(entry, "g", "c"), tally)


def delivery(number, count):
    return Delivery(b"%d-0" % number, count, [b"n", b"%d" % number])


def ids(entries):
    return [int(entry.id.partition(b"-")[0]) for entry in entries]


def test_an_entry_over_the_limit_is_started_when_nothing_else_could_be_lost():
    """It waits until what is in hand is committed; nothing new is taken meanwhile, and no second one of its kind."""
    work, source = workload(), source_of(echo)
    work.take_pending(source, [delivery(1, 2), delivery(2, LIMIT + 1), delivery(3, 1)])
    assert not work.takes_alone
    first = work.run()
    assert ids(first) == [1, 3]
    assert (work.run(), work.can_start, work.room(100)) == ([], False, 0)
    work.settled(first)
    assert work.can_start
    alone = work.run()
    assert ids(alone) == [2]
    assert work.room(100) > 0
    work.settled(alone)
    assert work.takes_alone
    assert work.tally.counts.answered == 3


async def test_a_run_that_waits_does_not_hold_up_the_one_alone():
    """What is suspended runs no code of its own, so it is not in danger."""
    gate = Gate()
    work, slow, quick = workload(), source_of(gate.chain), source_of(echo)
    work.take(slow, [(b"1-0", [b"n", b"1"])])
    assert work.run() == []
    work.take_pending(quick, [delivery(2, LIMIT + 1)])
    assert ids(work.run()) == [2]
    await eventually(lambda: gate.waiting == 1)
    await work.give_up()
    assert work.is_idle


def test_beyond_the_limit_an_entry_is_not_run():
    """Its dead letter is all that is left to do; the delivery that found it does not count."""
    chains = []
    work, source = workload(), source_of(chains.append)
    work.take_pending(source, [delivery(1, LIMIT + 2)])
    [entry] = work.late.take(10)
    assert (entry.delivery_count, entry.routed.diagnostic.code, chains) == (LIMIT + 1, "E717", [])
    assert entry.writes[0].stream == "s.dead"


def test_a_failed_entry_takes_no_slot_and_little_memory():
    """While it waits for its next try it is held without its fields; when it comes back it is judged anew."""
    work, source = workload(concurrency=1), source_of(fail)
    work.take(source, [(b"1-0", [b"n", b"1"])])
    assert work.run() == []
    assert (work.room(1), len(work.retries), list(source.held)) == (1, 1, [b"1-0"])
    [entry] = work.retries.take_due(10)
    assert (entry.fields, entry.inbound) == ([], None)
    work.take_again(entry, delivery(1, LIMIT))
    assert ids(work.run()) == [1]
    assert entry.writes[0].stream == "s.dead"


def test_what_another_consumer_has_is_let_go():
    """Neither a failed entry that is no longer ours, nor one that was settled first elsewhere, is held any longer."""
    work, source = workload(), source_of(fail)
    work.take(source, [(b"1-0", [b"n", b"1"])])
    work.run()
    work.take_again(work.retries.take_due(1)[0], None)
    quick = source_of(echo)
    work.take(quick, [(b"2-0", [b"n", b"2"])])
    work.settled(work.run(), [Unsettled(0, "")])
    assert (source.held, quick.held, work.is_idle) == ({}, {}, True)
    assert (work.tally.counts.superseded, work.tally.counts.answered) == (2, 0)


async def test_what_was_not_begun_is_known():
    """On a stop, entries that wait are told apart from those that run, and none is started any more."""
    gate = Gate()
    work, source = workload(concurrency=2), source_of(gate.chain)
    work.take(source, [(b"%d-0" % number, [b"n", b"1"]) for number in range(3)])
    work.run()
    await eventually(lambda: gate.waiting == 2)
    unstarted = work.unstarted()
    assert [id(entry) in unstarted for entry in source.held.values()] == [False, False, True]
    work.close()
    assert (work.can_start, work.run(), work.is_started) == (False, [], True)
    await work.give_up()
    assert work.is_idle
