"""One inbound and one outbound side travelling through a router."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from rulechain.model import Message


class Headers:
    """Text by name; names are compared without case and shown as `Content-Type`, as RuleGo's are."""

    __slots__ = ("_texts",)

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self._texts = {_canonical(name): text for name, text in texts.items()} if texts else {}

    def get(self, name: str, default: str = "") -> str:
        """Return a header's text."""
        return self._texts.get(_canonical(name), default) if self._texts else default

    def set(self, name: str, text: str) -> None:
        """Set a header, replacing what it was."""
        self._texts[_canonical(name)] = text

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield the headers under their canonical names."""
        yield from self._texts.items()

    def as_dict(self) -> dict[str, str]:
        """Return a copy as a plain dict, for expressions."""
        return dict(self._texts)


def _canonical(name: str) -> str:
    return "-".join(part[:1].upper() + part[1:].lower() for part in name.split("-"))


class Inbound:
    """What came in: the raw body, headers, where from, and the message made of them, which processors may replace."""

    __slots__ = ("body", "headers", "message", "topic")

    def __init__(self, message: Message, *, topic: str, headers: Headers, body: str | bytes) -> None:
        self.message = message
        self.topic = topic
        self.headers = headers
        self.body = body


class Outbound:
    """What goes out for one branch end: its message or error, and the body, headers and status a processor set."""

    __slots__ = ("body", "error", "headers", "message", "status")

    def __init__(self, message: Message | None = None, error: str | None = None) -> None:
        self.message = message
        self.error = error
        self.headers = Headers()
        self.body: str | bytes | None = None
        self.status = 200


class Exchange:
    """What processors work on: before the chain `outbound` is empty, after it there is one exchange per branch end."""

    __slots__ = ("inbound", "outbound", "router_id")

    def __init__(self, inbound: Inbound, outbound: Outbound, router_id: str) -> None:
        self.inbound = inbound
        self.outbound = outbound
        self.router_id = router_id


# Returns False to stop: before the chain the exchange is then filtered out, after it no later processor runs.
Processor = Callable[[Exchange], Any | Awaitable[Any]]
