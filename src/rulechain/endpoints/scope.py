"""The names that router expressions, `when`, `orderBy` and response templates may use, and where their values lie."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from rulechain.api import Inbound
from rulechain.expr import Scope
from rulechain.model import Message

# RuleGo's note in the metadata of who set off a chain.
TRIGGER_SOURCE = "_triggerSource"
TRIGGERED_BY_ENDPOINT = "endpoint"

_ROOTS = {
    "msg": "message.value",
    "metadata": "message.metadata",
    "data": "message.text",
    "type": "message.type",
    "msgType": "message.type",
    "dataType": "message.data_type",
    "id": "message.id",
    "ts": "message.ts",
    "headers": "inbound.headers.texts",
    "topic": "inbound.topic",
    "entryId": "inbound.entry_id",
}

# Compiled functions take `(message, inbound)`: the inbound message before the chain, the outcome's after it.
ROUTING_SCOPE = Scope(parameters=("message", "inbound"), roots=MappingProxyType(_ROOTS), fallback=None)


class RoutingEnvironment(Mapping[str, Any]):
    """The same names as a mapping; a value is fetched when it is asked for."""

    __slots__ = ("_inbound", "_message")

    def __init__(self, message: Message, inbound: Inbound) -> None:
        self._message = message
        self._inbound = inbound

    def __getitem__(self, name: str) -> Any:
        value: Any = self
        for part in _ROOTS[name].split("."):
            value = getattr(value, f"_{part}" if value is self else part)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(_ROOTS)

    def __len__(self) -> int:
        return len(_ROOTS)
