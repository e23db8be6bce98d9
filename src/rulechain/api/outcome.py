"""What a node ends with, and the functions of nodes so plain that they need not say it.

Most nodes only decide, only make another message, or only choose a relation. A node function of one of the three
classes here says so: the runtime then calls what is inside it and makes no outcome. Called as any other node function
is, it gives the same outcome.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from rulechain.model import FALSE, SUCCESS, TRUE, Message


# A msgspec struct because one is made per node and message: a third of the cost of a dataclass.
class Outcome(msgspec.Struct, frozen=True, gc=False, repr_omit_defaults=True):
    """A relation and the message that leaves by it.

    `error` is the text of what went wrong; the runtime puts it into the metadata key `errorMsg`. `fallback` names the
    relation whose connections are taken when `relation` has none (RuleGo's default relation of switches); the branch
    still carries `relation`. Relation `""` names none: without a fallback, the branch ends there.
    """

    relation: str
    message: Message
    error: str | None = None
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class Decide:
    """The message leaves as it came: by True where the test gives exactly True, else by False."""

    test: Callable[[Message], Any]

    def __call__(self, message: Message) -> Outcome:
        """Return the outcome."""
        return Outcome(TRUE if self.test(message) is True else FALSE, message)


@dataclass(frozen=True, slots=True)
class Make:
    """Another message, made of the one that came by its `replace`, leaves by Success."""

    make: Callable[[Message], Message]

    def __call__(self, message: Message) -> Outcome:
        """Return the outcome."""
        return Outcome(SUCCESS, self.make(message))


@dataclass(frozen=True, slots=True)
class Choose:
    """The message leaves as it came, by the relation that is chosen for it; see `Outcome` for `fallback`."""

    choose: Callable[[Message], str]
    fallback: str | None = None

    def __call__(self, message: Message) -> Outcome:
        """Return the outcome."""
        return Outcome(self.choose(message), message, fallback=self.fallback)
