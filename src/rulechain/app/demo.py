"""The main job in small: real messages through three chains on a real server, each request answered exactly once."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from rulechain._resources import resource_path, resource_text
from rulechain.app.engine import Engine
from rulechain.app.service import Service
from rulechain.connections.streams import StreamClient
from rulechain.values import decode_json

Entry = dict[str, str]

# The sample's own facts: its streams, the field that a request and its answer share, and the field that its router
# expression `chain:${msg.kind}-alarms` chooses the chain by.
SAMPLE = "device-alarms"
REQUESTS = "device.telemetry"
RESPONSES = "device.alarms"
_KEY = "requestId"
_CHOICE = "kind"
_GROUP = "device-alarms"

_BATCH = 500
_SHOWN = 5
# How long no answer may come before the rest counts as lost.
_PATIENCE_S = 10.0
# Requests without an answer, beyond which the feeding waits.
_MOST_WAITING = 20_000


@dataclass(slots=True)
class ChainTally:
    """What one chain was sent, and what came back."""

    sent: int = 0
    answered: int = 0


@dataclass(slots=True)
class DemoReport:
    """What the demo did, filled in while it runs."""

    chains: dict[str, ChainTally] = field(default_factory=dict)
    # The first answers, as they stand on the response stream.
    examples: list[Entry] = field(default_factory=list)
    # Answers to a request that has one already, and answers to no request.
    doubled: int = 0
    unknown: int = 0
    # From the first message sent to the last answer.
    seconds: float = 0.0
    # Requests that the group still holds or the stream still has at the end.
    left: int = 0
    # What the endpoints said went wrong last.
    problems: list[str] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """How many messages were sent."""
        return sum(tally.sent for tally in self.chains.values())

    @property
    def answered(self) -> int:
        """How many of them have an answer."""
        return sum(tally.answered for tally in self.chains.values())

    @property
    def lost(self) -> int:
        """How many have none."""
        return self.sent - self.answered

    @property
    def failed(self) -> bool:
        """Whether the promise was broken: something lost, doubled, out of nowhere, or left behind."""
        return bool(self.lost or self.doubled or self.unknown or self.left)


def run_demo(url: str, messages: int, progress: Callable[[int], None] = lambda _: None) -> DemoReport:
    """Serve the sample on a server of one's own, send it so many messages, and account for each answer.

    Args:
        url: The server; the sample's streams on it are the demo's.
        messages: How many to send.
        progress: Is called with the number of answers so far.
    """
    service = Service(Engine(), server=url)
    service.load([resource_path("samples", SAMPLE)])
    return asyncio.run(_run(service, url, messages, progress))


async def _run(service: Service, url: str, messages: int, progress: Callable[[int], None]) -> DemoReport:
    ledger = _Ledger()
    async with StreamClient(url) as feeder, StreamClient(url) as reader:
        await service.start()
        try:
            started = time.perf_counter()
            async with asyncio.TaskGroup() as group:
                feeding = group.create_task(_feed(feeder, messages, ledger))
                last = await _collect(reader, messages, ledger, progress)
                feeding.cancel()
            ledger.report.seconds = time.perf_counter() - started
            ledger.report.problems = [status.message for status in service.status() if status.message]
        finally:
            await service.stop()
        # What comes behind the last expected answer is one too many.
        for _, answer in await reader.read(RESPONSES, after=last):
            ledger.note_answer(answer)
        ledger.report.left = max(await reader.length(REQUESTS), await reader.pending(REQUESTS, _GROUP))
    return ledger.report


class _Ledger:
    """Which requests wait for their answer, and which have it."""

    def __init__(self) -> None:
        self.report = DemoReport()
        # By correlation id: the chain that is to answer.
        self.waiting: dict[str, ChainTally] = {}
        self._answered: set[str] = set()
        self.has_room = asyncio.Event()
        self.has_room.set()

    def note_request(self, entry: Entry) -> None:
        tally = self.report.chains.setdefault(f"{entry[_CHOICE]}-alarms", ChainTally())
        tally.sent += 1
        self.waiting[entry[_KEY]] = tally
        if len(self.waiting) >= _MOST_WAITING:
            self.has_room.clear()

    def note_answer(self, entry: Entry) -> None:
        report, id_ = self.report, entry.get(_KEY, "")
        tally = self.waiting.pop(id_, None)
        if tally is not None:
            tally.answered += 1
            self._answered.add(id_)
            self.has_room.set()
        elif id_ in self._answered:
            report.doubled += 1
        else:
            report.unknown += 1
        if len(report.examples) < _SHOWN:
            report.examples.append(entry)


async def _feed(client: StreamClient, messages: int, ledger: _Ledger) -> None:
    entries = itertools.islice(_entries(), messages)
    while batch := list(itertools.islice(entries, _BATCH)):
        await ledger.has_room.wait()
        for entry in batch:
            ledger.note_request(entry)
        await client.add_many(REQUESTS, batch)


def _entries() -> Iterator[Entry]:
    """Yield the sample's messages over and over, each with a correlation id of its own."""
    lines = resource_text("samples", SAMPLE, "messages.jsonl").splitlines()
    samples = [decode_json(line) for line in lines if line.strip()]
    for number, sample in enumerate(itertools.cycle(samples)):
        yield {**sample, _KEY: f"{sample[_KEY]}-{number}"}


async def _collect(client: StreamClient, messages: int, ledger: _Ledger, progress: Callable[[int], None]) -> str:
    """Read answers until each request has one, or none come any more; return the id of the last."""
    last = "0-0"
    answered = 0
    while answered < messages:
        answers = await client.read(RESPONSES, after=last, block_s=_PATIENCE_S)
        if not answers:
            break
        last = answers[-1][0]
        for _, answer in answers:
            ledger.note_answer(answer)
        answered = ledger.report.answered
        progress(answered)
    return last
