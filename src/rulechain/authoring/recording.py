"""Live messages as cases of a test document: masked first, then run, so that what is recorded holds together."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rulechain.api import End, Run
from rulechain.authoring.expectations import dump_end, payload
from rulechain.authoring.masking import MASK, mask_value
from rulechain.authoring.mocks import payload_text
from rulechain.model import DataType, Message
from rulechain.values import StringMap

# Metadata that says who read an entry, not what it was.
_OF_THE_READER: Final = frozenset({"channel", "consumer", "deliveryCount", "groupId", "_triggerSource"})

# The nodes of a run, each with the relation it emitted.
Route = tuple[tuple[str, str], ...]


def masked_message(message: Message, fields: Iterable[str]) -> Message:
    """Return a message without what nobody may see: the named fields at any depth, and what is called like a secret.

    A number becomes 0 and anything else `***`, so that the chain still meets the kind of value it expects.
    """
    hidden = {name.casefold() for name in fields}
    metadata = {key: text for key, text in message.metadata.items() if key not in _OF_THE_READER}
    data = payload(message)
    return message.replace(
        data=payload_text(_masked(mask_value(data), hidden)),
        metadata=StringMap(_masked(mask_value(metadata), hidden)),
    )


def recorded_case(name: str, chain: str, message: Message, runs: Sequence[Run]) -> dict[str, Any]:
    """Return the case that a message makes: what went in, and the ends of its runs.

    Where two runs of it end with different data, as with the time of day in it, the case expects none.
    """
    given: dict[str, Any] = {"data": payload(message)}
    if message.data_type != DataType.JSON:
        given["dataType"] = message.data_type
    if message.type:
        given["type"] = message.type
    if message.metadata:
        given["metadata"] = dict(message.metadata)
    given |= {"id": message.id, "ts": message.ts}
    ends = [_expected(ends, message) for ends in zip(*(run.ends for run in runs), strict=True)]
    return {"name": name, "chain": chain, "message": given, "ends": ends}


def route_of(run: Run) -> Route:
    """Return which way a traced run took."""
    return tuple((event.node_id, event.relation) for event in run.trace)


def with_cases(document: str | None, chain_file: str, cases: Iterable[Mapping[str, Any]]) -> str:
    """Return a test document's text with more cases, or that of a new one."""
    value: dict[str, Any] = {"chains": [chain_file], "cases": []} if document is None else json.loads(document)
    value["cases"].extend(cases)
    return json.dumps(value, ensure_ascii=False)


def _expected(ends: Sequence[End], message: Message) -> dict[str, Any]:
    """Return an end as it is expected: of the metadata what the chain set, of the rest what two runs agree on."""
    first, *others = map(dump_end, ends)
    first["metadata"] = {key: text for key, text in first["metadata"].items() if message.metadata.get(key) != text}
    for key in ("data", "metadata", "error"):
        if any(other.get(key) != dump_end(ends[0]).get(key) for other in others):
            first.pop(key, None)
    return first if first.get("metadata") else {key: part for key, part in first.items() if key != "metadata"}


def _masked(value: Any, hidden: set[str]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _mask_of(item) if key.casefold() in hidden else _masked(item, hidden) for key, item in value.items()
        }
    return [_masked(item, hidden) for item in value] if isinstance(value, list) else value


def _mask_of(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    return 0 if isinstance(value, (int, float)) else MASK
