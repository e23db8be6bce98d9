"""The entries a consumer holds, by stream."""

from collections.abc import Sequence

import msgspec

from rulechain.api import Inbound, Settlement, StreamStatus
from rulechain.diagnostics import Code, Diagnostic, Location
from rulechain.endpoints.redis_stream.commands import FIRST_CURSOR, Settling
from rulechain.endpoints.redis_stream.entry import EntryError, EntryReader
from rulechain.endpoints.respond import Response
from rulechain.endpoints.routing import DONE, Routed, RouterPlan, RouteSwitch
from rulechain.endpoints.settle import Result

Lane = tuple[str, str]


class Source:
    """One stream: who its entries go to, which of them are held, and how far recovery has come."""

    def __init__(
        self, stream: str, switch: RouteSwitch, reader: EntryReader, location: Location, dead_letters: str
    ) -> None:
        self.stream = stream
        self.switch = switch
        self.reader = reader
        self.location = location
        # The stream that entries go to which cannot be processed.
        self.dead_letters = dead_letters
        self.held: dict[bytes, Entry] = {}
        # Why the stream cannot be read, empty while it can.
        self.fault = ""
        self.claim_cursor = FIRST_CURSOR
        # Everything up to this ID is settled, by whichever consumer; None until the server was asked.
        self.floor: str | None = None
        # How the group was doing when the server was last asked.
        self.status = StreamStatus(stream=stream)
        # The first ID that some group was not done with when this consumer last looked; None before it ever did.
        self.unswept: bytes | None = None


class Entry(msgspec.Struct):
    """An entry this consumer holds, how far it has come, and how its way ended once it has.

    `fields` are names and values in turn: None when it was deleted, empty while it waits for its next try.
    """

    source: Source
    id: bytes
    fields: list[bytes] | None
    delivery_count: int = 1
    inbound: Inbound | None = None
    router: RouterPlan | None = None
    # What it has in common with entries that wait until it is settled.
    lane: Lane | None = None
    routed: Routed = DONE
    settlement: Settlement = Settlement.ACK
    # What is written when it is settled.
    writes: Sequence[Response] = ()
    # Whether it is acknowledged and only its dead letter is due: it was deleted, and its response could not be written.
    is_lost: bool = False

    def open(self) -> tuple[Inbound, RouterPlan, Lane | None] | Routed:
        """Read it, find its router, and the lane it must enter; or say how its way ended before it began."""
        source = self.source
        try:
            self.inbound = inbound = source.reader.read(self.id, self.fields or (), self.delivery_count)
        except EntryError as error:
            diagnostic = Diagnostic(Code.BAD_ENTRY, f"{error} (entry {self.id.decode()})", source.location)
            return Routed(Result.REFUSED, (), diagnostic)
        choice = source.switch.choose(inbound)
        if isinstance(choice, Routed):
            return choice
        self.router = choice
        if choice.order_by is None or self.lane is not None:
            return inbound, choice, None
        try:
            return inbound, choice, choice.lane(inbound)
        except Exception as error:  # noqa: BLE001 - whatever it is, it fails this entry only
            return choice.failure(inbound, error)

    def settling(self) -> Settling:
        """Return what a commit needs to know."""
        return self.source.stream, self.id.decode(), None if self.is_lost else self.delivery_count, self.writes
