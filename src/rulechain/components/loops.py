"""What `for` and `while` share: what they run each round, and what they make of it."""

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from rulechain.api import End, NodeBuild, NodeContext, Run
from rulechain.components.inner_runs import check_node_id
from rulechain.components.payload import json_value
from rulechain.components.wrapped import MAX_LENGTH, TOO_LONG, payload_text
from rulechain.diagnostics import Code, Diagnostic
from rulechain.diagnostics.errors import NodeError
from rulechain.model import DataType, Message
from rulechain.values import JsonError, StringMap

# Metadata key by which `break` asks the loop around it to stop.
BREAK_KEY = "_break"

# RuleGo's numbers for what becomes of the rounds' results.
IGNORE: Final = 0
MERGE: Final = 1
REPLACE: Final = 2
ASYNC: Final = 3

LOOP_INDEX = "_loopIndex"
LOOP_ITEM = "_loopItem"
LOOP_KEY = "_loopKey"

_CHAIN = "chain"


@dataclass(frozen=True, slots=True)
class Body:
    """What a loop runs each round: its own chain from a node on, or another chain."""

    id: str
    is_chain: bool

    def start(self, message: Message, context: NodeContext) -> Run | Awaitable[Run]:
        """Run a round."""
        if not self.id:
            raise NodeError("ruleChain id= not found" if self.is_chain else "node id= not found")
        return context.run(message, chain=self.id) if self.is_chain else context.run(message, node=self.id)


def compile_body(text: str, node: NodeBuild) -> Body:
    """Compile the setting `do`: a node's id, or `chain:` and a chain's id."""
    *prefixes, id_ = (part.strip() for part in text.split(":"))
    is_chain = prefixes == [_CHAIN]
    if not text.strip():
        node.report(Diagnostic(Code.BAD_SETTING, "do is empty", node.location("do")))
    elif len(prefixes) > 1:
        message = "do variable should be nodeId or chain:chainId style"
        node.report(Diagnostic(Code.BAD_SETTING, message, node.location("do")))
    elif not is_chain:
        check_node_id(id_, node, "do")
    return Body(id_, is_chain)


class Listed:
    """The payloads of all rounds of a loop: values where the loop's own message is JSON, else texts."""

    __slots__ = ("_context", "_length", "payloads")

    def __init__(self, context: NodeContext) -> None:
        self._context = context
        self._length = 0
        self.payloads: list[Any] = []

    def add(self, ends: Iterable[End], data_type: str) -> None:
        """Add those of a round's ends.

        Raises:
            NodeError: The list is too long.
        """
        length = 0
        for end in ends:
            self.payloads.append(_value(end.message, data_type))
            length += len(end.message.data)
        self._context.count(length)
        self._length += length
        if self._length > MAX_LENGTH:
            raise NodeError(TOO_LONG)


def is_broken(ends: Iterable[End]) -> bool:
    """Whether a round came by a `break`."""
    return any(end.message.metadata.get(BREAK_KEY) == "1" for end in ends)


def without_break(message: Message) -> Message:
    """Return the message without the mark that `break` leaves."""
    if BREAK_KEY not in message.metadata:
        return message
    return message.replace(
        metadata=StringMap({key: text for key, text in message.metadata.items() if key != BREAK_KEY})
    )


def _value(message: Message, data_type: str) -> Any:
    if data_type == DataType.JSON and message.data:
        try:
            return json_value(message)
        except JsonError:
            pass
    return payload_text(message)
