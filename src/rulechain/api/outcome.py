"""What a node ends with."""

from typing import Any

from rulechain.model import Message


class Outcome:
    """A relation and the message that leaves by it.

    `error` is the text of what went wrong; the runtime puts it into the metadata key `errorMsg`. `fallback` names the
    relation whose connections are taken when `relation` has none (RuleGo's default relation of switches); the branch
    still carries `relation`. Relation `""` names none: without a fallback, the branch ends there.
    """

    __slots__ = ("error", "fallback", "message", "relation")

    relation: str
    message: Message
    error: str | None
    fallback: str | None

    def __init__(
        self, relation: str, message: Message, error: str | None = None, *, fallback: str | None = None
    ) -> None:
        self.relation = relation
        self.message = message
        self.error = error
        self.fallback = fallback

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Outcome) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def __repr__(self) -> str:
        error = "" if self.error is None else f", error={self.error!r}"
        return f"Outcome({self.relation!r}, {self.message!r}{error})"

    def _parts(self) -> tuple[Any, ...]:
        return self.relation, self.message, self.error, self.fallback
