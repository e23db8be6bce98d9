"""From a stream entry to what came in: RuleGo's mapping, which never raises.

The fields become a JSON object of texts with its keys sorted; of equal names the last counts. What is not UTF-8 cannot
be such an object: the value of a single field is then passed on as BINARY, anything else is refused.
"""

import itertools
import os
import time
from collections.abc import Callable, Sequence

import msgspec

from rulechain.api import Headers, Inbound
from rulechain.endpoints.scope import TRIGGER_SOURCE, TRIGGERED_BY_ENDPOINT
from rulechain.model import DataType, Message
from rulechain.values import StringMap

_encode = msgspec.json.Encoder(order="sorted").encode


class EntryError(ValueError):
    """The entry is no message; the text says why."""


class EntryReader:
    """Reads the entries of one stream for one consumer."""

    __slots__ = ("_consumer", "_group", "_headers", "_new_id", "_stream")

    def __init__(self, stream: str, group: str, consumer: str) -> None:
        self._stream = stream
        self._group = group
        self._consumer = consumer
        self._headers = Headers({"topic": stream, "channel": stream})
        self._new_id = _id_maker()

    def read(self, id_: bytes, fields: Sequence[bytes], delivery_count: int) -> Inbound:
        """Return an entry as what came in.

        Args:
            id_: Its ID.
            fields: Its names and values in turn.
            delivery_count: How often it was delivered, this time included.

        Raises:
            EntryError: Some of it is not UTF-8.
        """
        stream = self._stream
        entry_id = id_.decode()
        metadata = StringMap(
            {
                "topic": stream,
                "channel": stream,
                "entryId": entry_id,
                "deliveryCount": str(delivery_count),
                "groupId": self._group,
                "consumer": self._consumer,
                TRIGGER_SOURCE: TRIGGERED_BY_ENDPOINT,
            }
        )
        now_ms = time.time_ns() // 1_000_000
        data: str | bytes
        try:
            parts = iter([part.decode() for part in fields])
        except UnicodeDecodeError:
            data = _binary(fields)
            message = Message(
                data, type=stream, data_type=DataType.BINARY, metadata=metadata, id=self._new_id(), ts=now_ms
            )
        else:
            texts = dict(zip(parts, parts, strict=False))
            data = _object_text(texts)
            message = Message.decoded(data, texts, type=stream, metadata=metadata, id=self._new_id(), ts=now_ms)
        return Inbound(message, stream, self._headers.copy(), data, entry_id)


def _object_text(texts: dict[str, str]) -> str:
    encoded = _encode(texts)
    if b"\xe2\x80" in encoded:
        # Go escapes these two even where it escapes nothing else.
        encoded = encoded.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    return encoded.decode()


def _binary(fields: Sequence[bytes]) -> bytes:
    name, value, *others = fields
    if others:
        raise EntryError("a field is not UTF-8 text, and only an entry of a single field may be binary")
    try:
        name.decode()
    except UnicodeDecodeError:
        raise EntryError("the name of the field is not UTF-8 text") from None
    return value


def _id_maker() -> Callable[[], str]:
    """Return a maker of UUIDs (version 4 by their form): a random part drawn once, and a count from a random start."""
    digits = os.urandom(10).hex()
    prefix = f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-a{digits[15:18]}-"
    numbers = itertools.count(int.from_bytes(os.urandom(5)))
    return lambda: f"{prefix}{next(numbers):012x}"
