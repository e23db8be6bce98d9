"""From a branch end to a response: where it goes, and the fields it is written as."""

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from rulechain.api import Outbound
from rulechain.connections.wire import Binary
from rulechain.model import Message
from rulechain.values import EMPTY, JsonError, decode_json, encode_text, format_float_plain, is_encodable, to_json

RESPONSE_TOPIC, RESPONSE_STREAM = "responseTopic", "responseStream"
VALUE_FIELD = "value"
# XADD takes the fields as one list of arguments; Lua's `unpack` gives up at about 8,000 of them.
MAX_FIELDS = 3_500

Field = str | Binary

_decode = msgspec.json.Decoder().decode


class Response(msgspec.Struct, frozen=True, array_like=True):
    """What is written, and where: `fields` are names and values in turn. The commit's script reads it as an array."""

    stream: str
    fields: Sequence[Field]
    # Whether the stream is kept to the length that the endpoint sets for responses.
    is_capped: bool = True


def response_stream(outbound: Outbound) -> str:
    """Return where an outcome itself says its response goes, `""` if it does not.

    `responseTopic` counts before `responseStream`, and each in the metadata before the headers.
    """
    metadata = EMPTY if outbound.message is None else outbound.message.metadata
    for key in (RESPONSE_TOPIC, RESPONSE_STREAM):
        if stream := metadata.get(key) or outbound.header(key):
            return stream
    return ""


def response_fields(body: str | bytes) -> Sequence[Field]:
    """Return a body as field names and values in turn.

    A JSON object gives one field per key; everything else, and an object that is empty or has too many keys for one
    entry, is the text of a single field `value`.
    """
    if body.lstrip()[:1] == (b"{" if isinstance(body, bytes) else "{"):
        members = _members(body)
        if 0 < len(members) <= MAX_FIELDS:
            fields: list[Field] = []
            for key, value in members.items():
                fields.append(key)
                fields.append(value if type(value) is str else field_text(value))
            return fields
    return (VALUE_FIELD, _field(body))


def payload_fields(message: Message) -> Sequence[Field]:
    """Return a message's payload as field names and values in turn: what its text gives, without writing it first."""
    members = message.unwritten
    if members is None or not 0 < len(members) <= MAX_FIELDS:
        return response_fields(message.data)
    fields: list[str] = []
    for key, value in members.items():
        text = value
        if type(value) is not str:
            if type(value) is not float or not value or not math.isfinite(value):
                return response_fields(message.data)
            text = format_float_plain(value)
        fields += key, text
    return fields if is_encodable("".join(fields)) else response_fields(message.data)


def _members(body: str | bytes) -> dict[str, Any]:
    """Return the members of a JSON object, whole numbers with all their digits; none if it is no JSON."""
    try:
        members: dict[str, Any] = _decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        try:
            # What the fast decoder refuses and RuleGo reads, such as half of a surrogate pair.
            members = decode_json(body)
        except JsonError:
            return {}
    return members


def _field(body: str | bytes) -> Field:
    """Return a body as one field."""
    if isinstance(body, bytes):
        return Binary(body)
    return body if is_encodable(body) else Binary(encode_text(body))


def field_text(value: Any) -> str:
    """Return a JSON value as the text of a field: RuleGo's forms, and JSON for what is nested."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return format_float_plain(value)
    return str(value) if isinstance(value, int) else to_json(value)
