"""Scripts that run as Python: a message to their arguments, their results to what nodes do with them.

Takes what `rulechain.script.compiled` makes; what that leaves over goes to the call that `scripts` makes for QuickJS.
"""

from collections.abc import Callable, Iterable
from typing import Any

from rulechain.api import Outcome
from rulechain.model import SUCCESS, DataType, Message
from rulechain.script import Form
from rulechain.script.compiled import (
    ABSENT,
    LONGEST,
    Bail,
    PlainScript,
    as_read_back,
    is_plain,
    plain_metadata,
    plain_payload,
    plain_text,
    plain_texts,
    with_members_set,
)
from rulechain.values import StringMap

_JSON = DataType.JSON.value
_BINARY = DataType.BINARY.value

# What Python does not do as JavaScript does it, foreseen or not.
_LEFT_OVER = (Bail, ArithmeticError, RecursionError, UnicodeEncodeError)

# An object of so many members, whose names and texts have so many characters, is written in fewer than LONGEST even if
# each of these has to be escaped.
_FEW = 100
_SHORT = 10_000

CallScript = Callable[[Message], Any]


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
    if form == "truth" and reads <= {"msg"}:

        def holds(message: Message) -> Any:
            try:
                return run(payload(message), None, None, None) is True
            except _LEFT_OVER:
                return otherwise(message)

        return holds
    metadata_of = _metadata_of(plain) if "metadata" in reads else _nothing
    if form == "change":
        return _change_by(plain, payload, metadata_of, otherwise)
    read = _READERS[form]

    def call(message: Message) -> Any:
        try:
            _look_at_types(message)
            return read(run(payload(message), metadata_of(message), message.type, message.data_type))
        except _LEFT_OVER:
            return otherwise(message)

    return call


def _change_by(plain: PlainScript, payload: CallScript, metadata_of: CallScript, otherwise: CallScript) -> CallScript:
    """Return the function that lets a script make another message."""
    run = plain.run
    keeps_metadata = not plain.changes_inside and "metadata" not in plain.changed
    access = plain.accesses.get("msg")

    def change(message: Message) -> Any:
        try:
            type_, data_type = message.type, message.data_type
            if not (type_.isascii() and data_type.isascii()):
                _look_at_types(message)
            value, metadata = payload(message), metadata_of(message)
            result = run(value, metadata, type_, data_type)
            given, texts, new_type, new_data_type = result if type(result) is tuple else _parts(result)
            new_type = None if new_type is ABSENT or new_type is type_ else plain_text(new_type)
            if new_data_type is not ABSENT:
                data_type = plain_text(new_data_type) or data_type
            new_metadata = None
            if texts is not ABSENT:
                live = texts is metadata
                texts = plain_metadata(texts, live=live)
                if not (live and keeps_metadata):
                    new_metadata = StringMap(texts)
            if type(given) is dict and data_type == _JSON:
                if given is value and access is not None and message.unwritten is not None:
                    members = with_members_set(given, access.sets)
                else:
                    members = as_read_back(given)
                if members is not None:
                    return Outcome(SUCCESS, message.with_object(members, type=new_type, metadata=new_metadata))
            return _written(message, given, data_type, new_type, new_metadata)
        except _LEFT_OVER:
            return otherwise(message)

    return change


def _payload_of(plain: PlainScript, form: Form) -> CallScript:
    """Return the function that gives a script the payload as it sees it, a copy where the script may change it."""
    takes_nothing = form == "change"
    decoded = plain.changes_inside or plain.sees_order or (form == "change" and plain.gives_members)
    copied = "msg" in plain.changed
    reads = _reads(plain, "msg")

    def payload(message: Message) -> Any:
        if reads is not None:
            value = message.value
            # An empty object may be an empty text.
            if type(value) is dict and value and (not reads or _are_simple(value, reads)):
                return value.copy() if copied else value
        if (value := message.unwritten) is not None and _is_small_and_plain(value):
            return value.copy() if copied or decoded else value
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


def _reads(plain: PlainScript, parameter: str) -> tuple[str, ...] | None:
    """Return the members of a parameter whose texts matter to a script, None where all do."""
    access = plain.accesses.get(parameter)
    return None if access is None else access.reads


def _are_simple(members: dict[str, Any], names: Iterable[str]) -> bool:
    """Whether some members are texts in ASCII, numbers, truth values or null."""
    for name in names:
        item = members.get(name)
        if type(item) is str:
            if len(item) > LONGEST or not item.isascii():
                return False
        elif isinstance(item, (dict, list)):
            return False
    return True


def _is_small_and_plain(flat: dict[str, Any]) -> bool:
    """Whether an object of texts, numbers and truth values is plain, and its text must be shorter than LONGEST."""
    together = "".join([*flat, *[item for item in flat.values() if type(item) is str]])
    return len(flat) <= _FEW and len(together) <= _SHORT and is_plain(together)


def _metadata_of(plain: PlainScript) -> CallScript:
    """Return the function that gives a script the metadata, a copy where the script may change them.

    What the script hands over without a look is looked at when it comes back.
    """
    copied = plain.changes_inside or "metadata" in plain.changed
    reads = _reads(plain, "metadata")

    def metadata_of(message: Message) -> dict[str, str]:
        metadata = message.metadata
        if reads is None or reads:
            seen = [*metadata, *metadata.values()] if reads is None else [metadata[name] for name in reads]
            together = "".join(seen)
            if len(together) > LONGEST or not is_plain(together):
                raise Bail
        return dict(metadata) if copied else metadata

    return metadata_of


def _look_at_types(message: Message) -> None:
    """Make sure that the type and the data type are plain."""
    if not is_plain(message.type + message.data_type):
        raise Bail


def _nothing(_: Message) -> Any:
    return ABSENT


def _written(message: Message, given: Any, data_type: str, new_type: str | None, metadata: StringMap | None) -> Outcome:
    """Return the message whose payload has to be written, if it changes at all."""
    data = None
    if given is not ABSENT:
        if data_type == _BINARY and type(given) is list:
            raise Bail
        # What is handed over may hold any text; and a text that says what bytes say leaves them as they are.
        if message.unwritten is None and (type(message.data) is not str or not is_plain(message.data)):
            raise Bail
        data = plain_payload(given)
    new_data_type = None if data_type == message.data_type else data_type
    return Outcome(SUCCESS, message.replace(data=data, type=new_type, data_type=new_data_type, metadata=metadata))


def _parts(result: Any) -> list[Any]:
    """Return the parts of a message that an object has."""
    if not isinstance(result, dict):
        raise Bail
    return [result.get(name, ABSENT) for name in ("msg", "metadata", "msgType", "dataType")]


def _text(result: Any) -> str:
    if type(result) is not str:
        raise Bail
    return result


_READERS: dict[Form, Callable[[Any], Any]] = {
    "truth": lambda result: result is True,
    "text": _text,
    "texts": plain_texts,
}
