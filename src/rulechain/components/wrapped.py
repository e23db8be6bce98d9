"""Several messages in one: what `flow`, `join` and `groupAction` put out.

Either a JSON list of RuleGo's wrapped messages, `{"msg": {…}, "err": "…", "nodeId": "…"}`, or one JSON object of all
their payloads.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from rulechain.api import NodeContext
from rulechain.components.payload import payload_bytes
from rulechain.diagnostics.errors import NodeError
from rulechain.model import DataType, Message
from rulechain.values import StringMap, to_json

# A message that is wrapped again and again doubles in length each time: a chain that leads into itself would soon fill
# the memory.
MAX_LENGTH = 1 << 24
TOO_LONG = f"the payloads together would be longer than {MAX_LENGTH} characters"


class Wrapped(NamedTuple):
    """A message that ended or arrived somewhere: its error, and the node it comes from."""

    message: Message
    error: str | None
    node_id: str


def wrapped_list(entries: Iterable[Wrapped], context: NodeContext) -> str:
    """Return the JSON list of wrapped messages; their metadata stays out of it, see `merged_metadata`.

    Raises:
        NodeError: The list is too long.
    """
    texts = [_wrapped_json(entry) for entry in entries]
    length = sum(map(len, texts))
    context.count(length)
    if length > MAX_LENGTH:
        raise NodeError(TOO_LONG)
    return f"[{','.join(texts)}]"


def merged_object(entries: Iterable[Wrapped], context: NodeContext) -> str:
    """Return one JSON object: the members of payloads that are objects, any other payload under its node's id."""
    merged: dict[str, Any] = {}
    for message, _, node_id in entries:
        value = message.value
        if isinstance(value, dict):
            merged.update(value)
        else:
            # A text is either a JSON string or the payload as it stands, which may not be UTF-8.
            merged[node_id] = payload_text(message) if value == message.text else value
    text = to_json(merged)
    context.count(len(text))
    return text


def merged_metadata(metadata: StringMap, entries: Iterable[Wrapped]) -> StringMap:
    """Return metadata with that of the messages without an error laid over it, in order."""
    merged = dict(metadata)
    for message, error, _ in entries:
        if error is None:
            merged.update(message.metadata)
    return StringMap(merged)


def payload_text(message: Message) -> str:
    """Return the payload as JSON can hold it: text, and as lower-case hex what is not UTF-8."""
    data = message.data
    if isinstance(data, str):
        return data
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.hex()


def _wrapped_json(entry: Wrapped) -> str:
    message = entry.message
    is_binary = message.data_type == DataType.BINARY
    data = payload_bytes(message.data).hex() if is_binary else payload_text(message)
    return (
        f'{{"msg":{{"ts":{message.ts},"id":{to_json(message.id)},"dataType":{to_json(message.data_type)},'
        f'"type":{to_json(message.type)},"data":{to_json(data)},"metadata":{{}}}},'
        f'"err":{to_json(entry.error or "")},"nodeId":{to_json(entry.node_id)}}}'
    )
