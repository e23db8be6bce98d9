"""Messages in files: RuleGo's message JSON, or any payload."""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rulechain.cli.documents import read_document
from rulechain.diagnostics import Code, Diagnostic, Location, Source
from rulechain.diagnostics.errors import ChainError
from rulechain.model import DataType, Message
from rulechain.values import StringMap, to_text

_KEYS = frozenset({"id", "ts", "type", "dataType", "data", "metadata"})


def read_message(path: Path, message_type: str | None, data_type: str | None, metadata: Mapping[str, str]) -> Message:
    """Read a message from a file, or from stdin for `-`; what is given besides wins over what the file says.

    A JSON object with `data` and no keys but a message's is a message. Any other JSON is the data itself, and so is any
    text or binary whose `data_type` is not JSON.

    Raises:
        ChainError: The file was to be JSON and is not, or a part of the message has the wrong type.
    """
    if data_type is not None and data_type != DataType.JSON:
        data = _read_bytes(path)
        payload = data if data_type == DataType.BINARY else data.decode("utf-8", "surrogateescape")
        return Message(payload, type=message_type or "", data_type=data_type, metadata=metadata)
    document = read_document(path)
    if not document.is_readable:
        note = "a payload that is not JSON needs --data-type TEXT"
        raise ChainError([replace(found, notes=(*found.notes, note)) for found in document.diagnostics])
    message = _message_of(document.value, document.source)
    return message.replace(type=message_type, data_type=data_type, metadata=StringMap({**message.metadata, **metadata}))


def dump_message(message: Message) -> dict[str, Any]:
    """Return the message as RuleGo writes it."""
    return {
        "id": message.id,
        "ts": message.ts,
        "type": message.type,
        "dataType": message.data_type,
        "data": message.data if isinstance(message.data, str) else message.data.decode("utf-8", "backslashreplace"),
        "metadata": dict(message.metadata),
    }


def _message_of(value: Any, source: Source) -> Message:
    if not (isinstance(value, dict) and "data" in value and value.keys() <= _KEYS):
        return Message(source.text or "")
    data, metadata = value["data"], value.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise _wrong_part(source, "metadata", "an object")
    for key in ("id", "type", "dataType"):
        if not isinstance(value.get(key, ""), str):
            raise _wrong_part(source, key, "text")
    if not isinstance(value.get("ts", 0), int):
        raise _wrong_part(source, "ts", "a whole number of milliseconds")
    return Message(
        data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":")),
        type=value.get("type", ""),
        data_type=value.get("dataType") or DataType.JSON,
        metadata={key: to_text(text) for key, text in metadata.items()},
        id=value.get("id") or None,
        ts=value.get("ts"),
    )


def _wrong_part(source: Source, key: str, expected: str) -> ChainError:
    message = f'the message\'s "{key}" is not {expected}'
    return ChainError([Diagnostic(Code.WRONG_TYPE, message, Location(source, f"/{key}"))])


def _read_bytes(path: Path) -> bytes:
    return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
