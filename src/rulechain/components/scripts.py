"""JavaScript settings: a script compiled as a function of the message."""

import json
import re
from collections.abc import Callable
from typing import Any

import msgspec

from rulechain.api import NodeBuild, Outcome, setting
from rulechain.components.fields import report_moved
from rulechain.components.payload import canonical_json, payload_bytes
from rulechain.components.plain_scripts import CallScript, prefer_plain
from rulechain.diagnostics.errors import ExpressionError, NodeError
from rulechain.model import FAILURE, SUCCESS, DataType, Message
from rulechain.script import Form, ScriptFunction, ScriptRuntime
from rulechain.values import StringMap, decode_json, well_formed

PARAMETERS = ("msg", "metadata", "msgType", "dataType")
# With one of these, a script may reach its parameters without naming them.
_INDIRECT = re.compile(r"\b(?:arguments|eval)\b|\\u")
_WORD = re.compile(r"[\w$]+")

_JSON = DataType.JSON.value
_BINARY = DataType.BINARY.value
_encode = msgspec.json.Encoder().encode
_decode_head = msgspec.json.Decoder(tuple[str | None, str | None, dict[str, str] | None]).decode
_NO_CHANGE = (None, None, None)


def script_setting(default: str, description: str) -> Any:
    """Declare the setting `jsScript`."""
    return setting(default, key="jsScript", description=description, required=True, format="script")


def compile_script_setting(body: str, node: NodeBuild, *, name: str, form: Form) -> CallScript:
    """Compile the setting `jsScript` as the body of a function of `msg, metadata, msgType, dataType`.

    Args:
        body: The setting's text.
        node: Where it is reported, and which runtime compiles it.
        name: The function's name, as RuleGo gives it.
        form: What its result is taken for; it decides what the returned function answers: a bool, a text or a list of
            texts, and None where the script's result is something else; for a change, the node's outcome.
    """
    try:
        function = node.require(ScriptRuntime).compile(
            name, PARAMETERS, body, form=form, vars=node.vars, place=lambda span: node.location("jsScript", span=span)
        )
    except ExpressionError as error:
        report_moved(error.diagnostics, node, "jsScript")
        return _nothing
    node.reads_outputs(())
    reads = _parameters_read(body)
    call = _with_message(function, reads) if form == "change" else _without_change(function, reads)
    if form != "truth":
        call = _read_by(_READERS[form], call)
    return call if function.plain is None else prefer_plain(function.plain, form, reads, call)


def message_text(message: Message) -> tuple[str, bool]:
    """Return the payload as a script takes it: a text, and whether to read that as JSON."""
    data, data_type = message.data, message.data_type
    if data_type == _BINARY:
        return str(list(payload_bytes(data))), True
    return well_formed(data if isinstance(data, str) else message.text), data_type == _JSON


def metadata_json(metadata: StringMap) -> str:
    """Return metadata as JSON text."""
    try:
        return _encode(metadata).decode()
    except UnicodeEncodeError:
        return _encode({well_formed(key): well_formed(text) for key, text in metadata.items()}).decode()


def _parameters_read(body: str) -> frozenset[str]:
    """Return the parameters that a script may read, all of them where that cannot be told."""
    if _INDIRECT.search(body):
        return frozenset(PARAMETERS)
    return frozenset(PARAMETERS).intersection(_WORD.findall(body))


def _without_change(function: ScriptFunction, reads: frozenset[str]) -> CallScript:
    """Return the function that asks a script about a message; to such a script, empty JSON is an empty object."""
    if not reads <= {"msg"}:
        call = _with_message(function, reads)
        return lambda message: call(
            message if message.data or message.data_type != _JSON else message.replace(data="{}")
        )

    def call_with_data(message: Message) -> Any:
        text, is_json = message_text(message)
        return function(text if text or not is_json else "{}", is_json)

    return call_with_data


def _with_message(function: ScriptFunction, reads: frozenset[str]) -> CallScript:
    """Return the function that hands a message's parts to a script, without those it never reads."""
    reads_msg, reads_metadata, reads_type = "msg" in reads, "metadata" in reads, "msgType" in reads

    def call(message: Message) -> Any:
        text, is_json = message_text(message) if reads_msg else (None, False)
        metadata = metadata_json(message.metadata) if reads_metadata else None
        type_ = well_formed(message.type) if reads_type else None
        return function(text, is_json, metadata, type_, message.data_type)

    return call


def _read_by(read: Callable[[Message, str | None], Any], call: CallScript) -> CallScript:
    """Return the call whose texts are read."""

    def call_and_read(message: Message) -> Any:
        return read(message, call(message))

    return call_and_read


def _read_json(_: Message, result: str | None) -> Any:
    return None if result is None else json.loads(result)


def _read_change(message: Message, result: str | None) -> Outcome:
    """Return what the result of a script of the form `change` makes of a message; prelude.js describes its text."""
    if result is None:
        raise NodeError("return the value is not a map")
    head, _, data = result.partition("\n")
    data_type, type_, metadata = _head(head) if head else _NO_CHANGE
    changed_metadata = None if metadata is None else StringMap(metadata)
    kind, text = data[0], data[1:]
    payload: str | bytes | None = None
    error: str | None = None
    if kind == "j":
        payload = canonical_json(text, message.text if message.data_type == _JSON else None)
    elif kind == "s":
        payload = _text_payload(message, decode_json(text))
    elif kind == "b":
        payload = bytes(json.loads(text))
    elif kind == "e":
        error = decode_json(text)
    changed = message.replace(data=payload, type=type_, data_type=data_type, metadata=changed_metadata)
    return Outcome(SUCCESS, changed) if error is None else Outcome(FAILURE, changed, error)


def _head(text: str) -> tuple[str | None, str | None, dict[str, str] | None]:
    try:
        return _decode_head(text)
    except msgspec.MsgspecError:
        # Lone surrogates in a text, which JavaScript allows.
        data_type, type_, metadata = decode_json(text)
        return data_type, type_, metadata


def _text_payload(message: Message, text: str) -> str | None:
    """Return the text, or None for the payload's own, which may be bytes that have no exact text."""
    return None if isinstance(message.data, bytes) and text == message_text(message)[0] else text


def _nothing(_: Message) -> None:
    return None


_READERS: dict[Form, Callable[[Message, str | None], Any]] = {
    "text": _read_json,
    "texts": _read_json,
    "change": _read_change,
}
