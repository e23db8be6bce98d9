"""What is wrong with streams, and the commands that mend it."""

import dataclasses

import pytest

from rulechain.connections.standing import Lag
from rulechain.observe.findings import Commands, Growth, Limits, Problem, ago, find_problems
from rulechain.observe.streams import ConsumerFacts, GroupFacts, StreamFacts

COMMANDS = Commands(redis_cli="redis-cli -p 6379", server="redis://h:6379", version=(7, 2, 4))
LIMITS = Limits(lag_s=60, silence_s=600, length=1000)
LIVE = ConsumerFacts(name="live", pending=0, idle_s=1)
DEAD = ConsumerFacts(name="dead", pending=0, idle_s=7300)


def group(**facts):
    """A group that has been given everything, and has one consumer that is alive."""
    usual = GroupFacts(
        name="g", lag=Lag(0), behind_s=0, pending=0, oldest_pending_s=None, floor="5-0", consumers=(LIVE,)
    )
    return dataclasses.replace(usual, **facts)


def stream(*groups, name="s", length=10):
    """A stream and its groups."""
    return StreamFacts(name=name, length=length, memory=None, groups=groups)


def problems(now, before=None, commands=COMMANDS):
    """What is found on a second look, two seconds after the first."""
    return find_problems([Growth(now=now, before=before, seconds=2.0)], LIMITS, commands)


def only(found):
    """The one finding there is, without what the others test."""
    [finding] = found
    return finding.problem, finding.message, finding.fix


@pytest.mark.parametrize(
    "fine",
    [
        stream(length=999),
        stream(group()),
        stream(group(lag=Lag(9), behind_s=59)),
        stream(group(pending=3, oldest_pending_s=599, consumers=(dataclasses.replace(LIVE, pending=3),))),
        stream(group(consumers=())),
        stream(group(lag=Lag(5000), behind_s=1), length=5000),
        stream(group(lag=Lag(5000, is_exact=False), behind_s=1), length=5000),
        stream(name="s.dead", length=0),
    ],
    ids=["short", "idle", "a little behind", "busy", "nobody, nothing", "needed", "nobody can tell", "no dead letters"],
)
def test_nothing_is_wrong(fine):
    """What is within the limits is not reported."""
    assert problems(fine) == []


def test_a_group_that_falls_behind():
    """It is told how far and how fast, and to add a worker to those there are."""
    before = stream(group(lag=Lag(100), behind_s=118))
    assert only(problems(stream(group(lag=Lag(130), behind_s=120)), before)) == (
        Problem.LAG,
        "2m behind with 130 entries, and falls further behind by 15.0 entries a second",
        "rulechain run PATH --server redis://h:6379 --workers 2",
    )


def test_a_group_that_catches_up_is_left_alone():
    """Being behind is no fault while the lag shrinks; without a second look it is."""
    behind = stream(group(lag=Lag(130), behind_s=3600))
    assert problems(behind, stream(group(lag=Lag(131), behind_s=3600))) == []
    assert only(problems(behind, stream(group(lag=Lag(130), behind_s=3600))))[1] == (
        "1h behind with 130 entries, and does not catch up"
    )
    assert only(problems(behind))[1] == "1h behind with 130 entries"


def test_a_lag_that_the_server_cannot_count():
    """An upper bound is called one."""
    assert only(problems(stream(group(lag=Lag(1, is_exact=False), behind_s=61))))[1] == "1m1s behind with up to 1 entry"


def test_entries_that_wait_for_nobody():
    """A group whose consumers are gone is a fault as soon as something waits, given out or not."""
    waiting = group(lag=Lag(2), behind_s=30, pending=1, oldest_pending_s=90, consumers=())
    assert only(problems(stream(waiting))) == (
        Problem.NO_CONSUMER,
        "3 entries wait, the oldest for 1m30s, and no consumer is alive",
        "rulechain run PATH --server redis://h:6379",
    )


def test_a_dead_consumer_that_holds_nothing():
    """It can be removed, by a command that quotes its name."""
    dead = dataclasses.replace(DEAD, name="pod 7")
    [found] = problems(stream(group(consumers=(LIVE, dead))))
    assert (found.problem, found.consumer) == (Problem.DEAD_CONSUMER, "pod 7")
    assert found.message == 'consumer "pod 7" has been silent for 2h1m and holds nothing: it can be removed'
    assert found.fix == "redis-cli -p 6379 XGROUP DELCONSUMER s g 'pod 7'"


def test_a_dead_consumer_that_holds_entries_must_not_be_removed():
    """Removing it would lose what it holds: somebody has to claim."""
    held = group(pending=2, oldest_pending_s=7300, consumers=(LIVE, dataclasses.replace(DEAD, pending=2)))
    problem, message, fix = only(problems(stream(held)))
    assert problem is Problem.DEAD_CONSUMER
    assert message == 'consumer "dead" has been silent for 2h1m and holds 2 entries that nobody claims'
    assert "DELCONSUMER" not in fix


def test_an_entry_that_stays_pending():
    """With consumers that are all alive, an old pending entry is a fault of its own."""
    stuck = group(pending=1, oldest_pending_s=86_400 + 3600, consumers=(dataclasses.replace(LIVE, pending=1),))
    assert only(problems(stream(stuck))) == (
        Problem.OLD_PENDING,
        "an entry of 1d1h ago is still pending, though its consumer is alive",
        "redis-cli -p 6379 XPENDING s g - + 10",
    )


def test_a_stream_that_no_group_reads_is_trimmed_by_length():
    """It is kept at the length that is allowed."""
    problem, message, fix = only(problems(stream(length=1000)))
    assert (problem, message) == (Problem.UNTRIMMED, "1,000 entries, which no group reads and nobody trims")
    assert fix == "redis-cli -p 6379 XTRIM s MAXLEN '~' 1000"


def test_what_some_group_needs_is_never_trimmed():
    """The trim ends before the oldest entry that any group has not acknowledged, by number and not by text."""
    slow = group(name="slow", floor="9-9", lag=Lag(5), behind_s=1)
    problem, _, fix = only(problems(stream(group(floor="10-0"), slow, length=1005)))
    assert problem is Problem.UNTRIMMED
    assert fix == "redis-cli -p 6379 XTRIM s MINID '~' 9-9"


def test_an_old_server_cannot_trim_by_id():
    """Before Redis 6.2 the length is what it goes by, and only where nothing is pending."""
    old = dataclasses.replace(COMMANDS, version=(5, 0, 14))
    done = group(lag=Lag(5), behind_s=1)
    assert only(problems(stream(done, length=2000), commands=old))[2] == "redis-cli -p 6379 XTRIM s MAXLEN '~' 1005"
    pending = group(pending=1, oldest_pending_s=1)
    assert only(problems(stream(pending, length=2000), commands=old))[2] == COMMANDS.serve


def test_dead_letters():
    """Any dead letter is a finding, and how fast they come is told."""
    now, before = stream(name="s.dead", length=7), stream(name="s.dead", length=1)
    assert only(problems(now, before)) == (
        Problem.DEAD_LETTERS,
        "7 dead letters, +3.0 a second: somebody has to look at them",
        "rulechain dead list s.dead --server redis://h:6379",
    )
    assert only(problems(stream(name="s.dead", length=1)))[1] == "1 dead letter: somebody has to look at them"


@pytest.mark.parametrize(
    "seconds, text",
    [(0.25, "250ms"), (1, "1s"), (59.9, "59s"), (60, "1m"), (3661, "1h1m"), (7200, "2h"), (200_000, "2d7h")],
)
def test_lengths_of_time_are_short(seconds, text):
    """Two units are enough for people."""
    assert ago(seconds) == text
