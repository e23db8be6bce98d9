"""`delay`: pass a message on later."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome, setting
from rulechain.components.templates import compile_template_setting
from rulechain.diagnostics import Code, Diagnostic, Severity
from rulechain.diagnostics.errors import NodeError
from rulechain.model import SUCCESS, Message

# Metadata that shortens the wait, for messages that have waited already (RuleGo's name).
OFFSET_KEY = "_delayOffsetMs"
_MAX_PENDING = 1000
_INTEGER = re.compile(r"[+-]?[0-9]+")
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class DelaySettings:
    """Settings of `delay`."""

    delay_ms: str = setting(
        "",
        description="The milliseconds to wait: a whole number or a template that gives one; without it, no wait.",
        format="template",
    )
    max_pending_msgs: int = setting(
        _MAX_PENDING, description="How many messages may wait at once; one more is a Failure. 0 means 1000."
    )
    overwrite: bool = setting(
        False,  # noqa: FBT003
        description="Whether a message takes the place of the one that waits, whose branch then ends here.",
    )
    period_in_seconds: int = setting(0, description="The seconds to wait; use delayMs.", deprecated=True)
    period_in_seconds_pattern: str = setting(
        "", description="A template for the seconds to wait; use delayMs.", format="template", deprecated=True
    )


def _build(settings: DelaySettings, node: NodeBuild) -> NodeFunction:
    delay_ms = _compile_delay(settings, node)
    limit = settings.max_pending_msgs if settings.max_pending_msgs > 0 else _MAX_PENDING
    waiting = WaitingRoom(limit, overwrite=settings.overwrite)

    def run(message: Message) -> Outcome | Awaitable[Outcome | tuple[()]]:
        rest_ms = delay_ms(message) - _offset_ms(message)
        if rest_ms <= 0 and not waiting.takes_over:
            return Outcome(SUCCESS, message)
        return waiting.wait(message, max(0, rest_ms) / 1000)

    return run


class _Waiting:
    """One message that waits: until when, and what wakes it early because another took its place."""

    __slots__ = ("_loop", "deadline", "replaced")

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self._loop = asyncio.get_running_loop()
        self.replaced = self._loop.create_future()

    def give_way(self) -> None:
        """End the wait, from any thread."""
        self._loop.call_soon_threadsafe(self._set)

    def _set(self) -> None:
        if not self.replaced.done():
            self.replaced.set_result(None)


class WaitingRoom:
    """The messages that wait at one node, each in its own run: equal ids are nothing to it.

    With `overwrite` only one waits. A newer one takes over its place and its time, so that a steady stream of messages
    cannot put the end off for ever, and goes on in its own run; the older one's branch ends without an outcome.
    """

    def __init__(self, limit: int, *, overwrite: bool) -> None:
        self._limit = limit
        self._overwrite = overwrite
        self._waiting: dict[_Waiting, bool] = {}

    @property
    def takes_over(self) -> bool:
        """Whether a message that comes now takes the place of another."""
        return self._overwrite and bool(self._waiting)

    async def wait(self, message: Message, seconds: float) -> Outcome | tuple[()]:
        """Return the message after some seconds; no outcome when another took its place.

        Raises:
            NodeError: Too many wait.
        """
        mine = _Waiting(time.monotonic() + seconds)
        for other in list(self._waiting) if self._overwrite else ():
            if self._waiting.pop(other, False):
                mine.deadline = other.deadline
                other.give_way()
        if len(self._waiting) >= self._limit:
            raise NodeError("max limit of pending messages")
        self._waiting[mine] = True
        try:
            await asyncio.wait_for(mine.replaced, max(0.0, mine.deadline - time.monotonic()))
        except TimeoutError:
            pass
        finally:
            still_mine = self._waiting.pop(mine, False)
        return Outcome(SUCCESS, message) if still_mine else ()


def _compile_delay(settings: DelaySettings, node: NodeBuild) -> Callable[[Message], int]:
    """Return the milliseconds to wait as a function of the message."""
    written = settings.delay_ms.strip()
    if _INTEGER.fullmatch(written) and abs(int(written)) <= _LARGEST:
        return _constant_delay(int(written))
    if written:
        template = compile_template_setting(written, node, "delayMs")
        if template.is_constant:
            message = f'"delayMs" is "{written}", expected a whole number of milliseconds'
            node.report(Diagnostic(Code.BAD_SETTING, message, node.location("delayMs"), Severity.WARNING))
        return lambda message: _milliseconds(template.text(message))
    if settings.period_in_seconds_pattern:
        seconds = compile_template_setting(settings.period_in_seconds_pattern, node, "periodInSecondsPattern").text
        return lambda message: _integer(seconds(message), "strconv.Atoi") * 1000
    return lambda _: settings.period_in_seconds * 1000


def _constant_delay(milliseconds: int) -> Callable[[Message], int]:
    def delay_ms(_: Message) -> int:
        if milliseconds < 0:
            raise NodeError("no delay time configured")
        return milliseconds

    return delay_ms


def _milliseconds(text: str) -> int:
    try:
        return _integer(text)
    except NodeError as error:
        raise NodeError(f"failed to parse delay time from template result '{text}': {error}") from None


def _offset_ms(message: Message) -> int:
    text = message.metadata[OFFSET_KEY]
    if not text:
        return 0
    try:
        return _integer(text.strip())
    except NodeError as error:
        raise NodeError(f"failed to parse offset ms from metadata '{text}': {error}") from None


def _integer(text: str, function: str = "strconv.ParseInt") -> int:
    """Return a whole number as Go reads it, its refusal in Go's words."""
    if not _INTEGER.fullmatch(text):
        raise NodeError(f'{function}: parsing "{text}": invalid syntax')
    number = int(text)
    if not -_LARGEST - 1 <= number <= _LARGEST:
        raise NodeError(f'{function}: parsing "{text}": value out of range')
    return number


SPEC = ComponentSpec(
    type="delay",
    category="action",
    summary="Passes a message on after some time",
    description=(
        "The message waits in its run, which goes on when the time is over: a message that comes from an endpoint "
        f"stays pending meanwhile. The metadata key {OFFSET_KEY} shortens the wait by that many milliseconds. Failure "
        "when the time is no whole number, or when too many messages wait."
    ),
    build=_build,
    settings=DelaySettings,
    suspends=True,
    example={"delayMs": "20"},
)
