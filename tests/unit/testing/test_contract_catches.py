"""The component contract: a good component passes it, and each way of being bad fails the rule that is about it."""

import asyncio
import dataclasses
import socket
from dataclasses import dataclass

import pytest

import rulechain as rc
from rulechain.api import ComponentSpec, Resource
from rulechain.testing import ComponentContract

MESSAGE = rc.Message('{"temperature": 21.5, "tags": []}')


@dataclass(frozen=True, slots=True)
class GoodSettings:
    """Settings of x/good."""

    limit: float = rc.setting(30.0, description="What is above it leaves by True.")


@rc.component("x/good", settings=GoodSettings, relations=("True", "False", "Failure"))
async def good(message, settings):
    """Compare the temperature with a limit."""
    await asyncio.sleep(0)
    temperature = message.value["temperature"] if isinstance(message.value, dict) else None
    if temperature is None:
        raise rc.NodeError("the payload has no temperature")
    return rc.Outcome("True" if temperature > settings.limit else "False", message)


class TestGood(ComponentContract):
    spec = good
    configuration = {"limit": 20}  # noqa: RUF012 - as an author would write it
    message = MESSAGE


def contract(spec, **facts):
    """The contract of a component, to call one of its tests."""
    return type("Contract", (ComponentContract,), {"spec": spec, "configuration": {}, "message": MESSAGE, **facts})()


def made(function=None, *, settings=GoodSettings, **facts):
    """The good component with another function, or other facts."""
    declared = rc.component("x/bad")(function) if function else good
    return dataclasses.replace(declared, **{"settings": settings, **facts})


def changes_its_message(message, _):
    """Change the value that other branches see."""
    if isinstance(message.value, dict):
        message.value.setdefault("tags", []).append("seen")
    return message


def remembers(seen):
    """A component that counts what it gets."""

    def count(message, _):
        """Count."""
        seen.append(message)
        return message.replace(data=str(len(seen)))

    return count


def forgets_the_id(_message, _):
    """Make a new message."""
    return rc.Message("{}")


def invents_a_relation(message, _):
    """Leave by a relation that the spec lacks."""
    return rc.Outcome("Sideways", message)


def fails_silently(_message, _):
    """Raise without a word."""
    raise ValueError


async def swallows(message, _):
    """Go on after a cancellation."""
    for _ in range(50):
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            return message
    return message


async def leaves_a_task(message, _):
    """Start something and forget it."""
    leaves_a_task.task = asyncio.ensure_future(asyncio.Event().wait())
    return message


def build_that_crashes(settings, _):
    """Trust a setting."""
    return {30.0: lambda message: rc.Outcome("Success", message)}[settings.limit]


def build_without_closing(_settings, _node):
    """Open a socket for each node and keep it."""
    held = []

    async def run(message):
        held.append(socket.socket())
        OPENED.append(held[-1])
        return rc.Outcome("Success", message)

    return run


OPENED = []


@dataclass(frozen=True)
class Unexplained:
    """Settings of x/bad."""

    limit: float = rc.setting(30.0, description="the limit")


@dataclass
class Mutable:
    """Settings of x/bad."""

    limit: float = rc.setting(30.0, description="The limit.")


@dataclass(frozen=True)
class Doubtful:
    """Settings of x/bad."""

    limit: str = rc.setting("", description="The limit.", required=True)


BAD = [
    ("the_spec_says_what_the_component_is", made(summary=""), "says in one line what it does"),
    ("the_spec_says_what_the_component_is", made(summary="lower case"), "begins in upper case"),
    ("every_setting_is_explained", made(settings=Unexplained), "is a sentence"),
    ("every_setting_is_explained", made(settings=Mutable), "frozen=True"),
    ("the_configuration_loads_without_findings", made(settings=Doubtful), '"limit" is required'),
    ("a_wrong_setting_is_a_finding", made(build=build_that_crashes), "report a Diagnostic"),
    ("any_message_ends_in_outcomes", made(forgets_the_id), r"use message\.replace"),
    ("any_message_ends_in_outcomes", made(invents_a_relation), "the spec lacks 'Sideways'"),
    ("any_message_ends_in_outcomes", made(fails_silently), "ValueError has no text"),
    ("any_message_ends_in_outcomes", made(build=lambda *_: lambda _: "text", suspends=False), "got 'text'"),
    ("the_message_is_never_changed", made(changes_its_message), r"message\.replace"),
    ("equal_messages_have_equal_outcomes", made(remembers([])), "assert"),
    ("cancelling_passes_through", made(swallows), "let CancelledError through"),
    ("what_is_opened_is_closed", made(leaves_a_task), "tasks are left"),
    ("what_is_opened_is_closed", made(build=build_without_closing, suspends=True), "give back what the node holds"),
]


@pytest.mark.parametrize("rule, spec, words", BAD, ids=[f"{rule}-{number}" for number, (rule, *_) in enumerate(BAD)])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_each_rule_catches_its_fault(rule, spec, words, monkeypatch):
    """The test that is about a rule fails on a component that breaks it, and says what to do."""
    monkeypatch.setattr("rulechain.testing.contract._PATIENCE_S", 0.5)
    try:
        with pytest.raises(AssertionError, match=words):
            getattr(contract(spec), f"test_{rule}")()
    finally:
        while OPENED:
            OPENED.pop().close()


def test_what_a_resource_opens_is_closed():
    """A component that keeps a connection by Resource and on_close passes the rule."""
    closed = []

    def build(_settings, node):
        async def open_socket():
            return socket.socket()

        async def close_socket(held):
            held.close()
            closed.append(held)

        line = Resource(open_socket, close_socket)
        node.on_close(line.close)

        async def run(message):
            async with line.use():
                return rc.Outcome("Success", message)

        return run

    spec = ComponentSpec(type="x/line", category="external", summary="Hold a line", build=build, suspends=True)
    contract(spec).test_what_is_opened_is_closed()
    assert len(closed) == 2


def test_a_rule_about_waiting_is_skipped_where_nothing_waits():
    """A component that never suspends cannot be cancelled, and one that is not repeatable not be repeated."""
    with pytest.raises(pytest.skip.Exception):
        contract(made(forgets_the_id)).test_cancelling_passes_through()
    with pytest.raises(pytest.skip.Exception):
        contract(good, repeatable=False).test_equal_messages_have_equal_outcomes()
