"""What travels through a chain. Messages never change: a node that alters one makes another."""

import itertools
import os
import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from rulechain.values import JsonError, StringMap, decode_json, string_map, to_json


class DataType(StrEnum):
    """What the payload is said to be; any other text is allowed and treated as TEXT."""

    JSON = "JSON"
    TEXT = "TEXT"
    BINARY = "BINARY"


_UNREAD: Any = object()
_new = object.__new__
_JSON = str(DataType.JSON)


class Message:
    """RuleGo's message: `id`, `ts` (ms since the epoch), `type`, `data_type`, `data` (str or bytes), `metadata`.

    `data` is the payload's text whatever `data_type` says; it is decoded at most once, when something first reads
    `value`, and the text of a payload that a node made as an object is written when something first reads `data`.
    Metadata reads a missing key as `""`. Branches share messages, so treat `value` as read-only too.
    """

    # At least one of `_data` and `_value` is there; the other is `_UNREAD` until something asks for it.
    __slots__ = ("_data", "_value", "data_type", "id", "metadata", "outputs", "ts", "type")

    id: str
    ts: int
    type: str
    data_type: str
    metadata: StringMap
    # What other nodes of the run passed on; None unless some node of the chain refers to another.
    outputs: "NodeOutputs | None"

    def __init__(
        self,
        data: str | bytes,
        *,
        type: str = "",  # noqa: A002 - RuleGo's word
        data_type: str = "JSON",
        metadata: Mapping[str, str] | None = None,
        id: str | None = None,  # noqa: A002
        ts: int | None = None,
    ) -> None:
        if not isinstance(data, (str, bytes)):
            raise _not_encoded(data)
        self._data: str | bytes = data
        self.type = type
        self.data_type = data_type if data_type.__class__ is str else str(data_type)
        self.metadata = string_map(metadata)
        self.id = _ids.take() if id is None else id
        self.ts = time.time_ns() // 1_000_000 if ts is None else ts
        self._value = _UNREAD
        self.outputs = None

    @classmethod
    def of_object(
        cls,
        value: dict[str, Any],
        *,
        type: str,  # noqa: A002
        metadata: StringMap,
        ts: int,
    ) -> "Message":
        """Make a message of a JSON object, as endpoints do: nothing is checked, and its text need not be written yet.

        Args:
            value: The object, exactly as it would be read from its text, so that its keys are sorted; it holds no lists
                or objects.
            type: The message's type.
            metadata: Its metadata.
            ts: Its time.
        """
        message = object.__new__(cls)
        message._data = _UNREAD
        message.type = type
        message.data_type = _JSON
        message.metadata = metadata
        message.id = _ids.take()
        message.ts = ts
        message._value = value
        message.outputs = None
        return message

    @property
    def data(self) -> str | bytes:
        """The payload: text, or bytes when it is no text."""
        data = self._data
        if data is _UNREAD:
            data = self._data = to_json(self._value)
        return data

    @property
    def value(self) -> Any:
        """The payload as expressions see it (RuleGo's variable `msg`).

        The decoded value when `data_type` is JSON and the payload parses (empty data is an empty object), else its
        text.
        """
        value = self._value
        if value is _UNREAD:
            value = self._value = self._read()
        return value

    @property
    def unwritten(self) -> dict[str, Any] | None:
        """The object of a payload whose text is not written yet; None for any other payload."""
        return self._value if self._data is _UNREAD else None

    @property
    def is_empty(self) -> bool:
        """Whether the payload is the empty text; a text that is not written yet is none."""
        return not self._data

    @property
    def text(self) -> str:
        """The payload as text; bytes that are not UTF-8 are kept as surrogate escapes."""
        data = self.data
        return data if isinstance(data, str) else data.decode("utf-8", "surrogateescape")

    def decode(self) -> Any:
        """Return the payload's JSON value whatever `data_type` says; empty data is an empty object.

        Raises:
            JsonError: The payload is not JSON.
        """
        return decode_json(self.data) if self.data else {}

    def replace(
        self,
        *,
        data: str | bytes | None = None,
        type: str | None = None,  # noqa: A002
        data_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> "Message":
        """Return a message with these parts changed; `id` and `ts` stay.

        Raises:
            TypeError: `data` is neither str nor bytes, or `metadata` holds anything but texts.
        """
        copy: Message = _new(Message)
        copy.id = self.id
        copy.ts = self.ts
        copy.type = self.type if type is None else type
        copy.metadata = self.metadata if metadata is None else string_map(metadata)
        copy.outputs = self.outputs
        if data_type is None:
            copy.data_type = self.data_type
        else:
            copy.data_type = data_type if data_type.__class__ is str else str(data_type)
        if data is None:
            if data_type is None:
                copy._data, copy._value = self._data, self._value
            else:
                copy._data, copy._value = self.data, _UNREAD
        elif isinstance(data, (str, bytes)):
            copy._data, copy._value = data, _UNREAD
        else:
            raise _not_encoded(data)
        return copy

    def with_object(
        self,
        value: dict[str, Any],
        *,
        type: str | None = None,  # noqa: A002
        metadata: StringMap | None = None,
    ) -> "Message":
        """Return a message with a JSON object for its payload, whose text need not be written yet.

        Args:
            value: The object, exactly as it would be read from its text, so that its keys are sorted; it holds no lists
                or objects. Nobody may change it any more.
            type: The message's type, where it changes.
            metadata: Its metadata, where they change.
        """
        copy: Message = _new(Message)
        copy.id = self.id
        copy.ts = self.ts
        copy.type = self.type if type is None else type
        copy.data_type = _JSON
        copy.metadata = self.metadata if metadata is None else metadata
        copy.outputs = self.outputs
        copy._data, copy._value = _UNREAD, value
        return copy

    def within(self, outputs: "NodeOutputs | None") -> "Message":
        """Return the message as part of another run."""
        copy = self.with_map(self.metadata)
        copy.outputs = outputs
        return copy

    def with_map(self, metadata: StringMap) -> "Message":
        """Return a message with all its metadata changed; quicker than `replace`, because nothing is checked."""
        copy: Message = _new(Message)
        copy.id = self.id
        copy.ts = self.ts
        copy.type = self.type
        copy.data_type = self.data_type
        copy.metadata = metadata
        copy.outputs = self.outputs
        copy._data = self._data
        copy._value = self._value
        return copy

    def output(self, node_id: str) -> dict[str, Any] | None:
        """Return what a node of the run passed on, as expressions see it; None when it has not run."""
        return None if self.outputs is None else self.outputs.view(node_id)

    def with_metadata(self, key: str, text: str) -> "Message":
        """Return a message with one metadata key set."""
        return self.with_map(StringMap(self.metadata | {key: text}))

    def _read(self) -> Any:
        if self.data_type != DataType.JSON:
            return self.text
        try:
            return self.decode()
        except JsonError:
            return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and _parts(self) == _parts(other)

    def __hash__(self) -> int:
        return hash((self.id, self.ts, self.type))

    def __repr__(self) -> str:
        return (
            f"Message({self.data!r}, type={self.type!r}, data_type={self.data_type!r}, "
            f"metadata={dict(self.metadata)!r}, id={self.id!r}, ts={self.ts})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, _parts(self)


class NodeOutputs:
    """The last message of each node that others refer to; one for all branches of a run, as in RuleGo."""

    __slots__ = ("_constants", "_messages")

    def __init__(self, constants: Mapping[str, Any]) -> None:
        self._constants = constants
        self._messages: dict[str, Message] = {}

    def keep(self, node_id: str, message: Message) -> None:
        """Note what a node passes on."""
        self._messages[node_id] = message

    def message(self, node_id: str) -> Message | None:
        """Return what a node passed on last, None when it has not run."""
        return self._messages.get(node_id)

    def view(self, node_id: str) -> dict[str, Any] | None:
        """Return a node's output as expressions see it, None when it has not run."""
        message = self._messages.get(node_id)
        if message is None:
            return None
        return {
            **self._constants,
            "id": message.id,
            "ts": message.ts,
            "data": message.text,
            "msg": message.value,
            "metadata": message.metadata,
            "type": message.type,
            "msgType": message.type,
            "dataType": message.data_type,
        }


def _not_encoded(data: object) -> TypeError:
    return TypeError(f"data is the payload as str or bytes, got {data.__class__.__name__}: encode it first")


class _Ids:
    """Ids for messages that bring none: random UUIDs (version 4) whose last 48 bits count from one to the next.

    They count in pairs of digits made beforehand, so that an id is only joined. A process begins at random, and a fork
    of it again.
    """

    def __init__(self) -> None:
        self._begin()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        digits = os.urandom(16).hex()
        variant = "89ab"[int(digits[16], 16) & 3]
        head = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-"
        pairs = [f"{byte:02x}" for byte in range(256)]
        wheels = [pairs[start:] + pairs[:start] for start in bytes.fromhex(digits[20:])]
        # Threads share it: none of its steps is Python code, between which they could take turns.
        self._ids = map("".join, itertools.product([head], *wheels))

    def take(self) -> str:
        """Return an id that nobody has."""
        return next(self._ids)


_ids = _Ids()


def _parts(message: Message) -> tuple[Any, ...]:
    return message.data, message.type, message.data_type, dict(message.metadata), message.id, message.ts


def _rebuild(*parts: Any) -> Message:
    data, kind, data_type, metadata, id_, ts = parts
    return Message(data, type=kind, data_type=data_type, metadata=metadata, id=id_, ts=ts)
