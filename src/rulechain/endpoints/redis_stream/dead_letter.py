"""Dead letters: an entry's fields as they were, and behind them ours, which say why it was set aside.

    temperature 41 unit C   dead:stream device.telemetry dead:id 1700-0 … dead:code R602 dead:reason …

Ours begin with the last field `dead:stream`, so that fields of the same names among the entry's own do no harm.
"""

import json
import re
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Self

import msgspec

from rulechain.connections.wire import Binary
from rulechain.endpoints.redis_stream.held import Entry
from rulechain.endpoints.respond import MAX_FIELDS, Response

_PREFIX = "dead:"
_FIRST = b"dead:stream"
# Says that the entry had more fields than a script can write: one field holds them all, as a JSON array.
_PACKED = "dead:packed"
# A reason may quote an entry, and an entry may have megabytes.
_LONGEST_REASON = 1_000
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
TRACE_FIELD = b"traceparent"


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that was set aside, where it came from, and why. Unknown parts are empty."""

    stream: str
    id: str
    group: str = ""
    consumer: str = ""
    router: str = ""
    chain: str = ""
    node: str = ""
    code: str = ""
    reason: str = ""
    trace: str = ""
    deliveries: int = 0
    # When the entry was added and when it was set aside, in ISO 8601; the former as far as its ID tells.
    added: str = ""
    at: str = ""
    # Names and values in turn, as they were.
    fields: Sequence[bytes] = ()

    @classmethod
    def from_fields(cls, fields: Sequence[bytes]) -> Self | None:
        """Read a dead letter, None of an entry that is none."""
        start = next((at for at in range(len(fields) - 2, -1, -2) if fields[at] == _FIRST), None)
        if start is None:
            return None
        texts = [part.decode("utf-8", "replace") for part in fields[start:]]
        ours = dict(zip(texts[::2], texts[1::2], strict=True))
        theirs = fields[:start]
        if _PACKED in ours:
            theirs = [part.encode("utf-8", "surrogateescape") for part in json.loads(fields[1])]
        facts = {name: ours.get(_PREFIX + name, "") for name in _TEXTS}
        count = ours.get(f"{_PREFIX}deliveries", "")
        return cls(**facts, deliveries=int(count) if count.isdecimal() else 0, fields=theirs)

    def to_fields(self) -> list[bytes]:
        """Return what is written to the dead-letter stream."""
        facts = {f"{_PREFIX}{name}": getattr(self, name) for name in _TEXTS}
        facts[f"{_PREFIX}deliveries"] = str(self.deliveries)
        theirs = list(self.fields)
        if len(theirs) > 2 * MAX_FIELDS:
            facts[_PACKED] = "yes"
            theirs = [b"fields", json.dumps([part.decode("utf-8", "surrogateescape") for part in theirs]).encode()]
        return theirs + [part.encode("utf-8", "replace") for pair in facts.items() for part in pair]


_TEXTS = tuple(name for name in DeadLetter.__struct_fields__ if name not in ("deliveries", "fields"))


def bury(entry: Entry, group: str, consumer: str) -> Response:
    """Return what is written to the dead-letter stream for an entry whose way has ended badly."""
    routed = entry.routed
    diagnostic = routed.diagnostic
    letter = DeadLetter(
        stream=entry.source.stream,
        id=entry.id.decode(),
        group=group,
        consumer=consumer,
        router="" if entry.router is None else entry.router.id,
        chain=routed.chain_id,
        node=routed.node_id,
        code="" if diagnostic is None else diagnostic.code,
        reason="" if diagnostic is None else diagnostic.message[:_LONGEST_REASON],
        trace=_trace(entry),
        deliveries=entry.delivery_count,
        added=_added(entry.id),
        at=_as_text(time.time()),
        fields=entry.fields or (),
    )
    return Response(entry.source.dead_letters, [*map(Binary, letter.to_fields())], is_capped=False)


def with_trace(letter: DeadLetter) -> list[bytes]:
    """Return the fields of a dead letter's entry so that its trace goes on with the next try.

    A field `traceparent` is added, unless there is one, or some of the entry is no text.
    """
    fields = list(letter.fields)
    if letter.trace and TRACE_FIELD not in fields[::2] and not _is_binary(fields):
        fields += (TRACE_FIELD, f"00-{letter.trace}-{secrets.token_hex(8)}-01".encode())
    return fields


def _trace(entry: Entry) -> str:
    """Return the id of the trace that an entry belongs to: its span's, its producer's, or its message's own."""
    if entry.routed.traceparent:
        return entry.routed.traceparent.split("-")[1]
    fields = entry.fields or ()
    for name, value in zip(fields[::2], fields[1::2], strict=True):
        if name == TRACE_FIELD and (found := _TRACEPARENT.fullmatch(value)):
            return found[1].decode()
    return "" if entry.inbound is None else entry.inbound.message.id.replace("-", "")


def _is_binary(fields: Sequence[bytes]) -> bool:
    """Whether some of it is not text: such an entry is passed on as it is, or refused, and no field may be added."""
    try:
        b"".join(fields).decode()
    except UnicodeDecodeError:
        return True
    return False


def _added(id_: bytes) -> str:
    try:
        return _as_text(int(id_.partition(b"-")[0]) / 1000)
    except (ValueError, OverflowError, OSError):
        return ""


def _as_text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
