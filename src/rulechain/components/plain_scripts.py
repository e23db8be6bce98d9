"""Scripts that run as Python: a message to their arguments, their results to what nodes do with them.

Takes what `rulechain.script.compiled` makes; what that leaves over goes to the call that `scripts` makes for QuickJS.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from rulechain.model import DataType, Message
from rulechain.script import Form
from rulechain.script.compiled import (
    LONGEST,
    Bail,
    PlainScript,
    as_read_back,
    is_plain,
    plain_metadata,
    plain_payload,
    plain_text,
    plain_texts,
)
from rulechain.values import StringMap

_JSON = DataType.JSON.value
_BINARY = DataType.BINARY.value

# What Python does not do as JavaScript does it, foreseen or not.
_LEFT_OVER = (Bail, ArithmeticError, RecursionError)

# An object of so many members, whose names and texts have so many characters, is written in fewer than LONGEST even if
# each of these has to be escaped.
_FEW = 100
_SHORT = 10_000

CallScript = Callable[[Message], Any]


class Change(msgspec.Struct, frozen=True):
    """What a transform's script makes of a message; None where the message's own stays."""

    data: str | bytes | None = None
    type: str | None = None
    data_type: str | None = None
    metadata: StringMap | None = None
    # Why the result has no form as data.
    error: str | None = None
    # In the place of `data` under the data type JSON: an object as it would be read from its text.
    value: dict[str, Any] | None = None

    def of(self, message: Message) -> Message:
        """Return the message that it makes of one."""
        if self.value is not None:
            return message.with_object(self.value, type=self.type, metadata=self.metadata)
        return message.replace(data=self.data, type=self.type, data_type=self.data_type, metadata=self.metadata)


def prefer_plain(plain: PlainScript, form: Form, reads: frozenset[str], otherwise: CallScript) -> CallScript:
    """Return the function that asks a script about a message in Python, and in QuickJS where that has to do it.

    Args:
        plain: The script.
        form: What its result is taken for.
        reads: The parameters that it names.
        otherwise: The call in QuickJS.
    """
    run = plain.run
    payload = _payload_of(plain, form) if "msg" in reads else _nothing
    metadata_of = _metadata_of if "metadata" in reads else _nothing
    type_of = _type_of if "msgType" in reads else _nothing
    data_type_of = _data_type_of if "dataType" in reads else _nothing
    if form == "change":
        keeps_metadata = not plain.changes_inside and "metadata" not in plain.changed

        def change(message: Message) -> Any:
            try:
                metadata = metadata_of(message)
                result = run(payload(message), metadata, type_of(message), data_type_of(message))
                return _change(message, result, metadata, keeps_metadata=keeps_metadata)
            except _LEFT_OVER:
                return otherwise(message)

        return change
    if form == "truth" and reads <= {"msg"}:

        def holds(message: Message) -> Any:
            try:
                return run(payload(message), None, None, None) is True
            except _LEFT_OVER:
                return otherwise(message)

        return holds
    read = _READERS[form]

    def call(message: Message) -> Any:
        try:
            return read(run(payload(message), metadata_of(message), type_of(message), data_type_of(message)))
        except _LEFT_OVER:
            return otherwise(message)

    return call


def _payload_of(plain: PlainScript, form: Form) -> CallScript:
    """Return the function that gives a script the payload as it sees it, a copy where the script may change it."""
    takes_nothing = form == "change"
    # A message that an endpoint has made need not hold its value's members in the order of its text.
    decoded = plain.changes_inside or plain.sees_order or (form == "change" and plain.gives_members)
    copied = "msg" in plain.changed

    def payload(message: Message) -> Any:
        if (value := message.unwritten) is not None and _is_small_and_plain(value):
            if decoded:
                # As in the text that would be written.
                return dict(sorted(value.items()))
            return value.copy() if copied else value
        data, data_type = message.data, message.data_type
        if type(data) is not str or len(data) > LONGEST or not (data.isascii() or is_plain(data)):
            raise Bail
        if data_type != _JSON:
            if data_type == _BINARY:
                raise Bail
            return data
        # Half of a surrogate pair may be written as an escape.
        if "\\u" in data and ("\\ud" in data or "\\uD" in data):
            raise Bail
        value = message.value
        if type(value) is str or (takes_nothing and not data):
            raise Bail
        if decoded:
            return message.decode()
        return value.copy() if copied and isinstance(value, (dict, list)) else value

    return payload


def _is_small_and_plain(flat: dict[str, Any]) -> bool:
    """Whether an object of texts, numbers and truth values is plain, and its text must be shorter than LONGEST."""
    together = "".join([*flat, *[item for item in flat.values() if type(item) is str]])
    return len(flat) <= _FEW and len(together) <= _SHORT and is_plain(together)


def _metadata_of(message: Message) -> dict[str, str]:
    metadata = dict(message.metadata)
    together = "".join([*metadata, *metadata.values()])
    if len(together) > LONGEST or not (together.isascii() or is_plain(together)):
        raise Bail
    return metadata


def _type_of(message: Message) -> str:
    if not is_plain(message.type):
        raise Bail
    return message.type


def _data_type_of(message: Message) -> str:
    if not is_plain(message.data_type):
        raise Bail
    return message.data_type


def _nothing(_: Message) -> Any:
    return None


def _change(message: Message, result: Any, metadata: Any, *, keeps_metadata: bool) -> Change:
    if not isinstance(result, dict):
        raise Bail
    data_type = (plain_text(result["dataType"]) if "dataType" in result else "") or message.data_type
    changed = None
    if "metadata" in result:
        live = metadata is not None and result["metadata"] is metadata
        texts = plain_metadata(result["metadata"], live=live)
        changed = None if live and keeps_metadata else StringMap(texts)
    payload = given = None
    if "msg" in result:
        value = result["msg"]
        if data_type == _BINARY and type(value) is list:
            raise Bail
        # A text that says what bytes say leaves them as they are.
        if message.unwritten is None and type(message.data) is not str:
            raise Bail
        if data_type == _JSON and type(value) is dict:
            given = as_read_back(value)
        if given is None:
            payload = plain_payload(value)
    return Change(
        payload,
        plain_text(result["msgType"]) if "msgType" in result else None,
        None if data_type == message.data_type else data_type,
        changed,
        value=given,
    )


def _text(result: Any) -> str:
    if type(result) is not str:
        raise Bail
    return result


_READERS: dict[Form, Callable[[Any], Any]] = {
    "truth": lambda result: result is True,
    "text": _text,
    "texts": plain_texts,
}
