"""One entry on its whole way through its router, without a server: what tests of routers see."""

from collections.abc import Sequence
from typing import NamedTuple

from rulechain.api import Settlement
from rulechain.diagnostics import Diagnostic
from rulechain.endpoints.redis_stream.held import Entry
from rulechain.endpoints.respond import Response
from rulechain.endpoints.routing import Routed
from rulechain.endpoints.settle import SettlePolicy, settle


class TriedEntry(NamedTuple):
    """What would become of an entry in the end: its router, what is written, and why it failed if it did."""

    router_id: str
    responses: Sequence[Response]
    diagnostic: Diagnostic | None


async def try_entry(entry: Entry, policy: SettlePolicy) -> TriedEntry:
    """Take an entry its whole way as a consumer would on its last delivery."""
    opened = entry.open()
    if isinstance(opened, Routed):
        routed = opened
    else:
        inbound, router, _ = opened
        pending = router.route(inbound)
        routed = pending if isinstance(pending, Routed) else await pending
    settlement = settle(routed.result, policy, policy.max_deliveries)
    responses = routed.error_responses if settlement is Settlement.DEAD_LETTER else routed.responses
    return TriedEntry("" if entry.router is None else entry.router.id, responses, routed.diagnostic)
