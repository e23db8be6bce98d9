"""What a node ends with."""

import msgspec

from rulechain.model import Message


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
