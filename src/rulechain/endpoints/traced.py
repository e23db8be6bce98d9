"""A router whose entries a tracer follows: each has a span, and what is written for it carries the span's traceparent.

Without a tracer there is no such router, so that routing costs nothing more.
"""

import dataclasses
from collections.abc import Awaitable, Generator, Sequence
from typing import Any

import msgspec

from rulechain.api import EntryEnd, EntrySpan, EntryTracer, Inbound
from rulechain.endpoints.respond import MAX_FIELDS, Field, Response
from rulechain.endpoints.routing import Routed, RouterPlan

# The name that W3C Trace Context gives it.
TRACEPARENT = "traceparent"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TracedRouter(RouterPlan):
    """A router and who follows its entries."""

    tracer: EntryTracer

    def route(self, inbound: Inbound) -> Routed | Awaitable[Routed]:
        """Take an entry its whole way within a span."""
        span = self.tracer.begin(inbound, self.id)
        with span:
            routed = RouterPlan.route(self, inbound)
        return self.ended(span, inbound, routed) if isinstance(routed, Routed) else _Rest(self, span, inbound, routed)

    def ended(self, span: EntrySpan, inbound: Inbound, routed: Routed) -> Routed:
        """End a span, and have what is written carry it on."""
        chain_id = routed.chain_id or self._target(inbound)
        reason = "" if routed.diagnostic is None else routed.diagnostic.message
        span.end(EntryEnd(routed.result.name.lower(), len(routed.responses), chain_id, routed.node_id, reason))
        traceparent = span.traceparent
        if not traceparent or not (routed.responses or routed.diagnostic):
            return routed
        return msgspec.structs.replace(
            routed,
            responses=_stamped(routed.responses, traceparent),
            error_responses=_stamped(routed.error_responses, traceparent),
            traceparent=traceparent,
        )

    def _target(self, inbound: Inbound) -> str:
        try:
            return "" if self.describe_target is None else self.describe_target(inbound)
        except Exception:  # noqa: BLE001 - a processor may have taken what the target is named by
            return ""


def traced(router: RouterPlan, tracer: EntryTracer) -> TracedRouter:
    """Return a router whose entries are followed."""
    parts = {part.name: getattr(router, part.name) for part in dataclasses.fields(router)}
    return TracedRouter(**parts, tracer=tracer)


class _Rest(Awaitable[Routed]):
    """The rest of an entry's way, which suspended: await it once, or close it."""

    __slots__ = ("_inbound", "_pending", "_router", "_span")

    def __init__(self, router: TracedRouter, span: EntrySpan, inbound: Inbound, pending: Awaitable[Routed]) -> None:
        self._router = router
        self._span = span
        self._inbound = inbound
        self._pending = pending

    def __await__(self) -> Generator[Any, None, Routed]:
        return self._finish().__await__()

    def close(self) -> None:
        """Give the rest up."""
        if (close := getattr(self._pending, "close", None)) is not None:
            close()
        self._abandon()

    async def _finish(self) -> Routed:
        try:
            with self._span:
                routed = await self._pending
        except BaseException:
            self._abandon()
            raise
        return self._router.ended(self._span, self._inbound, routed)

    def _abandon(self) -> None:
        self._span.end(EntryEnd("abandoned", 0, "", "", "the consumer was stopped"))


def _stamped(responses: Sequence[Response], traceparent: str) -> list[Response]:
    return [msgspec.structs.replace(each, fields=_with(each.fields, traceparent)) for each in responses]


def _with(fields: Sequence[Field], traceparent: str) -> Sequence[Field]:
    """Return the fields of a response with the traceparent, in the place of one that was passed on."""
    kept = [part for at in range(0, len(fields), 2) if fields[at] != TRACEPARENT for part in fields[at : at + 2]]
    return (*kept, TRACEPARENT, traceparent) if len(kept) < 2 * MAX_FIELDS else kept
