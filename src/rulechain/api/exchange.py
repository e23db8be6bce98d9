"""One inbound and one outbound side travelling through a router."""

import functools
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import msgspec

from rulechain.model import Message


class Headers:
    """Text by name; names are compared without case and shown as `Content-Type`, as RuleGo's are."""

    __slots__ = ("_is_shared", "_texts")

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self._texts = {_canonical(name): text for name, text in texts.items()} if texts else {}
        self._is_shared = False

    def get(self, name: str, default: str = "") -> str:
        """Return a header's text."""
        return self._texts.get(_canonical(name), default) if self._texts else default

    def set(self, name: str, text: str) -> None:
        """Set a header, replacing what it was."""
        if self._is_shared:
            self._texts = dict(self._texts)
            self._is_shared = False
        self._texts[_canonical(name)] = text

    def update(self, texts: Mapping[str, str]) -> None:
        """Set several headers."""
        self._texts = {**self._texts, **{_canonical(name): text for name, text in texts.items()}}
        self._is_shared = False

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield the headers under their canonical names."""
        yield from self._texts.items()

    @property
    def texts(self) -> Mapping[str, str]:
        """The headers under their canonical names, as expressions see them."""
        return self._texts

    def copy(self) -> "Headers":
        """Return headers of the same texts; what is set on one is not seen on the other."""
        twin = object.__new__(Headers)
        twin._texts = self._texts
        twin._is_shared = self._is_shared = True
        return twin


@functools.lru_cache(maxsize=1024)
def _canonical(name: str) -> str:
    return "-".join(part[:1].upper() + part[1:].lower() for part in name.split("-"))


class Inbound(msgspec.Struct):
    """What came in: the raw body, headers, where from, and the message made of them, which processors may replace."""

    message: Message
    topic: str
    headers: Headers
    # Whose payload is the body.
    origin: Message
    entry_id: str = ""

    @property
    def body(self) -> str | bytes:
        """What came in, as text, or as bytes when it is no text; written when it is first read."""
        return self.origin.data


class Outbound(msgspec.Struct):
    """What goes out for one branch end: its message or error, and the body, headers and status a processor set."""

    message: Message | None = None
    error: str | None = None
    _body: str | bytes | None = None
    status: int = 200
    _headers: Headers | None = None
    # Whose payload is the body, which is written only if something reads it; None where a body was set.
    answer: Message | None = None

    @property
    def body(self) -> str | bytes | None:
        """What is answered; None until it is set."""
        return self._body if self.answer is None else self.answer.data

    @body.setter
    def body(self, body: str | bytes | None) -> None:
        self._body, self.answer = body, None

    @property
    def headers(self) -> Headers:
        """The response's headers."""
        if self._headers is None:
            self._headers = Headers()
        return self._headers

    def header(self, name: str) -> str:
        """Return a header's text, `""` where there is none."""
        return "" if self._headers is None else self._headers.get(name)

    def add_headers(self, headers: Headers) -> None:
        """Set headers that others may have as well: what is set on them later is not seen by those."""
        if self._headers is None:
            self._headers = headers.copy()
        else:
            self._headers.update(headers.texts)

    def for_end(self, message: Message, error: str | None) -> "Outbound":
        """Return the outbound side of one branch end, which inherits the headers that are set already."""
        return Outbound(message, error, None, 200, None if self._headers is None else self._headers.copy())


class Exchange(msgspec.Struct):
    """What processors work on: before the chain `outbound` is empty, after it there is one exchange per branch end."""

    inbound: Inbound
    outbound: Outbound
    router_id: str


# Returns False to stop: before the chain the exchange is then filtered out, after it no later processor runs.
Processor = Callable[[Exchange], Any | Awaitable[Any]]
