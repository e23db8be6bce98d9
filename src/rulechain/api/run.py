"""What a finished run says. Structs of msgspec where one is made per message: a third of the cost of a dataclass."""

from typing import NamedTuple

import msgspec

from rulechain.model import Message


class End(msgspec.Struct, frozen=True, gc=False):
    """One branch end: the node it ended at, under which relation, with which message and error."""

    relation: str
    message: Message
    error: str | None
    node_id: str


class TraceEvent(NamedTuple):
    """One execution of a node and one relation it emitted; `duration_ns` counts the node alone.

    `ended_ns` is when it did so, in nanoseconds since the epoch. Secrets of the chain are masked in the messages.
    """

    node_id: str
    node_type: str
    relation_in: str
    message_in: Message
    relation: str
    message: Message
    error: str | None
    duration_ns: int
    chain_id: str = ""
    ended_ns: int = 0


class Run(msgspec.Struct):
    """One message's way through a chain.

    `ends` has one entry per branch end, in the order of the connections (of a run inside another: as they came);
    `completed` is True exactly when every branch ended; `failures` are unhandled failures, also those that
    `failure_ends=False` keeps out of `ends`; `silent` are the dead ends that an `end` node keeps out. `begun` is False
    when there was nothing to run: an unknown chain or node, or chains that lead into each other too deeply.
    """

    ends: list[End] = []
    completed: bool = False
    trace: list[TraceEvent] = []
    failures: list[End] = []
    silent: list[End] = []
    begun: bool = True

    @property
    def failed(self) -> bool:
        """Whether a branch ended in a failure that no connection handled."""
        return bool(self.failures)
