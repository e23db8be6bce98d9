"""From a stream entry to what came in: RuleGo's mapping, which never raises.

The fields become a JSON object of texts with its keys sorted; of equal names the last counts. What is not UTF-8 cannot
be such an object: the value of a single field is then passed on as BINARY, anything else is refused.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter

from rulechain.api import Headers, Inbound
from rulechain.endpoints.scope import TRIGGER_SOURCE, TRIGGERED_BY_ENDPOINT
from rulechain.model import DataType, Message
from rulechain.values import StringMap

_decode = bytes.decode


class EntryError(ValueError):
    """The entry is no message; the text says why."""


class EntryReader:
    """Reads the entries of one stream for one consumer."""

    __slots__ = ("_headers", "_metadata", "_names", "_names_as_read", "_stream", "_values")

    def __init__(self, stream: str, group: str, consumer: str) -> None:
        self._stream = stream
        # What the metadata of all entries have in common, and of most.
        self._metadata = {
            "topic": stream,
            "channel": stream,
            "entryId": "",
            "deliveryCount": "1",
            "groupId": group,
            "consumer": consumer,
            TRIGGER_SOURCE: TRIGGERED_BY_ENDPOINT,
        }
        self._headers = Headers({"topic": stream, "channel": stream})
        # Most entries of a stream have the same names: those of the last one as they came, then sorted, and what takes
        # their values out of the fields in that order.
        self._names_as_read: Sequence[bytes] = ()
        self._names: Sequence[str] = ()
        self._values: Callable[[Sequence[bytes]], Iterable[bytes]] = _no_values

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
        if delivery_count == 1:
            metadata = StringMap(self._metadata, entryId=entry_id)
        else:
            metadata = StringMap(self._metadata, entryId=entry_id, deliveryCount=str(delivery_count))
        now_ms = time.time_ns() // 1_000_000
        try:
            if (names := fields[::2]) != self._names_as_read:
                self._note_names(names)
            texts = dict(zip(self._names, map(_decode, self._values(fields)), strict=False))
        except UnicodeDecodeError:
            message = Message(_binary(fields), type=stream, data_type=DataType.BINARY, metadata=metadata, ts=now_ms)
        else:
            message = Message.of_object(texts, type=stream, metadata=metadata, ts=now_ms)
        return Inbound(message, stream, self._headers.copy(), message, entry_id)

    def _note_names(self, names: Sequence[bytes]) -> None:
        places = {name.decode(): 2 * index + 1 for index, name in enumerate(names)}
        self._names = sorted(places)
        order = [places[name] for name in self._names]
        self._values = itemgetter(*order) if len(order) > 1 else lambda fields: [fields[place] for place in order]
        self._names_as_read = names


def _no_values(_: Sequence[bytes]) -> Iterable[bytes]:
    return ()


def _binary(fields: Sequence[bytes]) -> bytes:
    name, value, *others = fields
    if others:
        raise EntryError("a field is not UTF-8 text, and only an entry of a single field may be binary")
    try:
        name.decode()
    except UnicodeDecodeError:
        raise EntryError("the name of the field is not UTF-8 text") from None
    return value
