"""Dead letters sent back to work one after the other, at a rate, with an account of each."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from rulechain.app.dead_letters import ChainReplay, ReplayError
from rulechain.cli import exit_codes
from rulechain.cli.output import paint, plural, put_json, say
from rulechain.connections.errors import ReplyError
from rulechain.endpoints.redis_stream.workbench import DeadLetterStream, Found

_SHOWN = 10


@dataclass(slots=True)
class ReplayReport:
    """What became of the dead letters that were meant."""

    found: int = 0
    sent: int = 0
    # Taken by somebody else in the meantime.
    gone: int = 0
    # By the dead letter's ID, why it stays.
    failed: dict[str, str] = field(default_factory=dict)

    def tell(self, stream: str, *, dry_run: bool, as_json: bool) -> int:
        """Say what was done, and return the exit code."""
        if as_json:
            put_json(
                {"stream": stream, "found": self.found, "sent": self.sent, "gone": self.gone, "failed": self.failed}
            )
        if dry_run:
            say(f"would replay {plural(self.found, 'dead letter')} of {stream}")
            return exit_codes.OK
        gone = f", {self.gone:,} taken by somebody else meanwhile" if self.gone else ""
        say(f"replayed {plural(self.sent, 'dead letter')} of {stream}{gone}")
        for id_, reason in list(self.failed.items())[:_SHOWN]:
            say(paint(f"error: {id_} stays: {reason}"))
        if len(self.failed) > _SHOWN:
            say(f"… and {len(self.failed) - _SHOWN:,} more that stay")
        return exit_codes.FAILED if self.failed else exit_codes.OK


@dataclass(frozen=True, slots=True)
class Sender:
    """Where dead letters go: to a stream, by default that they came from, or through a chain."""

    dead: DeadLetterStream
    to_stream: str | None = None
    runner: ChainReplay | None = None

    async def send(self, found: Found) -> bool:
        """Send a dead letter; False if it was gone.

        Raises:
            ReplayError: The chain failed on it.
            ReplyError: The server refused what was to be written.
        """
        if self.runner is None:
            return await self.dead.send_back(found, self.to_stream)
        return await self.dead.settle(found.id, await self.runner.run(found))


async def replay_all(
    letters: AsyncIterator[Found], sender: Sender, rate: float | None, progress: Callable[[int], None]
) -> ReplayReport:
    """Send dead letters, at most so many a second."""
    report = ReplayReport()
    began = time.monotonic()
    async for found in letters:
        if rate is not None:
            await asyncio.sleep(began + report.found / rate - time.monotonic())
        report.found += 1
        try:
            if await sender.send(found):
                report.sent += 1
            else:
                report.gone += 1
        except (ReplayError, ReplyError) as error:
            report.failed[found.id] = str(error)
        progress(report.found)
    return report
