"""The component `delay`."""

import asyncio
import time

import pytest

from rulechain import Engine, Message
from support.component_build import build_node, findings, json_message, outcome_of
from support.documents import chain_document, ends_of


@pytest.mark.parametrize(
    "configuration",
    [
        {},
        {"delayMs": ""},
        {"delayMs": "0"},
        {"delayMs": "${-5}"},
        {"periodInSeconds": 0},
        {"periodInSecondsPattern": "${metadata.zero}", "periodInSeconds": 9},
        {"delayMs": "40", "maxPendingMsgs": 0},
    ],
)
def test_nothing_to_wait_for(configuration):
    """Without a time, or with one that is over, the message passes in the same call."""
    message = json_message({}, metadata={"zero": "0", "_delayOffsetMs": " 40 "})
    run, _ = build_node("delay", configuration)
    assert run(message).relation == "Success"
    assert run(message).message is message


@pytest.mark.parametrize(
    "configuration",
    [
        {"delayMs": "30"},
        {"delayMs": 30},
        {"delayMs": " 30 "},
        {"delayMs": "${msg.ms}"},
        {"delayMs": "${int(metadata.ms) * 3}"},
        {"delayMs": "3${msg.zero}"},
    ],
)
def test_the_message_waits(configuration):
    """The time is a number or a template that gives one, and the message passes unchanged after it."""
    message = json_message({"ms": 30, "zero": 0}, metadata={"ms": "10"})
    before = time.monotonic()
    outcome = outcome_of("delay", configuration, message)
    assert time.monotonic() - before >= 0.03
    assert (outcome.relation, outcome.message) == ("Success", message)


@pytest.mark.parametrize(
    "configuration, offset, error",
    [
        ({"delayMs": "-5"}, "", "no delay time configured"),
        ({"delayMs": "abc"}, "", "failed to parse delay time from template result 'abc': "),
        ({"delayMs": "1.5"}, "", "failed to parse delay time from template result '1.5': "),
        ({"delayMs": "0x1e"}, "", "failed to parse delay time from template result '0x1e': "),
        ({"delayMs": "${metadata.none}"}, "", "failed to parse delay time from template result '': "),
        ({"delayMs": "9" * 20}, "", f"failed to parse delay time from template result '{'9' * 20}': "),
        ({"delayMs": "${msg.none.x}"}, "", "cannot fetch x from <nil>"),
        ({"periodInSecondsPattern": "${metadata.k}"}, "", 'strconv.Atoi: parsing "v": invalid syntax'),
        ({"delayMs": "40"}, "abc", "failed to parse offset ms from metadata 'abc': "),
    ],
)
def test_a_time_that_is_no_whole_number_fails(configuration, offset, error):
    """The Failure says which text was no number."""
    message = json_message({}, metadata={"k": "v", "_delayOffsetMs": offset})
    outcome = outcome_of("delay", configuration, message)
    assert outcome.relation == "Failure"
    assert outcome.error.startswith(error)


def test_a_constant_that_is_no_number_is_told_at_load():
    """It can never work, so check warns of it."""
    (finding,) = findings("delay", {"delayMs": "1 s"})
    assert finding.endswith('"delayMs" is "1 s", expected a whole number of milliseconds')


def run_all(node, messages):
    """Run a node on messages that come one right after the other, and return what each ended with."""

    async def one(message):
        try:
            return await node(message)
        except Exception as error:  # noqa: BLE001 - as the runtime does
            return str(error)

    async def all_of_them():
        return await asyncio.gather(*map(one, messages))

    return asyncio.run(all_of_them())


def test_messages_of_one_id_do_not_collide():
    """Each message waits by itself, whatever its id."""
    node, _ = build_node("delay", {"delayMs": "20"})
    messages = [json_message({"n": number}) for number in range(3)]
    assert [outcome.message for outcome in run_all(node, messages)] == messages


def test_too_many_that_wait():
    """One more than the limit fails at once; the others go on."""
    node, _ = build_node("delay", {"delayMs": "20", "maxPendingMsgs": 2})
    messages = [json_message({"n": number}) for number in range(3)]
    first, second, third = run_all(node, messages)
    assert (first.message, second.message) == (messages[0], messages[1])
    assert third == "max limit of pending messages"
    assert run_all(node, messages[:1])[0].message == messages[0]


def test_overwrite_keeps_the_newest_until_the_first_one_is_due():
    """A newer message takes the place and the time of the one that waits, whose branch ends without an outcome."""
    node, _ = build_node("delay", {"delayMs": "${msg.ms}", "overwrite": True})
    messages = [json_message({"ms": ms}) for ms in (30, 60_000, 90_000)]
    first, second, third = run_all(node, messages)
    assert (first, second, third.message) == ((), (), messages[2])
    assert run_all(node, messages[:1])[0].message == messages[0]


def test_a_message_that_need_not_wait_takes_over_too():
    """With overwrite, even a message without a delay replaces the one that waits."""
    node, _ = build_node("delay", {"delayMs": "${msg.ms}", "overwrite": True})
    messages = [json_message({"ms": ms}) for ms in (30, -1)]

    async def both():
        first = asyncio.ensure_future(node(messages[0]))
        # The first one begins to wait.
        await asyncio.to_thread(int)
        return await asyncio.gather(first, node(messages[1]))

    first, second = asyncio.run(both())
    assert (first, second.message) == ((), messages[1])


def test_an_overwritten_branch_completes():
    """A run both of whose branches reach the node ends once, with the newer message."""
    document = chain_document(
        ("fork", "fork"),
        ("a", "metadataTransform", {"mapping": {"who": "'a'"}}),
        ("b", "metadataTransform", {"mapping": {"who": "'b'"}}),
        ("wait", "delay", {"delayMs": "20", "overwrite": True}),
        connections=["fork -Success-> a", "fork -Success-> b", "a -Success-> wait", "b -Success-> wait"],
    )
    run = Engine().load(document).run(Message("{}"))
    assert run.completed
    assert [(end.node_id, end.message.metadata["who"]) for end in run.ends] == [("wait", "b")]


def test_the_limit_of_a_run_ends_the_wait():
    """A run that takes too long ends with a reason, and nothing is left waiting."""
    chain = Engine().load(chain_document(("wait", "delay", {"delayMs": "60000"})))
    run = chain.run(Message("{}"), timeout_s=0.02)
    assert ends_of(run) == [("wait", "Failure", "processing cancelled: context deadline exceeded")]
