"""The page `/tap` of a service: messages as they pass nodes, a line of JSON each, masked."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from rulechain.api import TraceEvent
from rulechain.authoring.recording import masked_message
from rulechain.cli.messages import dump_message
from rulechain.observe.http import Page
from rulechain.observe.taps import Tap, Taps

PER_SECOND = 10.0
MOST_PER_SECOND = 200.0
# A line at least so often, be it an empty one: by it each side notices that the other is gone.
SIGN_OF_LIFE_S = 1.0


def tapped_messages(taps: Taps, query: Mapping[str, str]) -> AsyncGenerator[bytes, None] | Page:
    """Return the messages that somebody asks for: `chain`, `node`, `failures`, `limit` a second, fields to `mask`."""
    try:
        per_second = float(query.get("limit", PER_SECOND))
    except ValueError:
        per_second = 0.0
    if not 0 < per_second <= MOST_PER_SECOND:
        return Page(f"limit: more than 0, at most {MOST_PER_SECOND:g}\n".encode(), HTTPStatus.BAD_REQUEST)
    if taps.are_full:
        return Page(b"too many look already\n", HTTPStatus.SERVICE_UNAVAILABLE)
    failures_only = query.get("failures") == str(True)
    tap = Tap(query.get("chain", "*"), query.get("node", "*"), per_second, failures_only=failures_only)
    return _lines(taps, tap, query.get("mask", "").split(","))


async def _lines(taps: Taps, tap: Tap, fields: Sequence[str]) -> AsyncGenerator[bytes, None]:
    with taps.open(tap):
        while True:
            seen = await tap.look(SIGN_OF_LIFE_S)
            lines = [_dump(event, fields) for event in seen.events]
            if seen.dropped:
                lines.append({"dropped": seen.dropped})
            text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
            yield f"{text}\n".encode()


def _dump(event: TraceEvent, fields: Sequence[str]) -> dict[str, Any]:
    return {
        "chain": event.chain_id,
        "node": event.node_id,
        "type": event.node_type,
        "relationIn": event.relation_in,
        "relation": event.relation,
        "error": event.error,
        "milliseconds": event.duration_ns / 1e6,
        "endedMs": event.ended_ns // 1_000_000,
        "in": dump_message(masked_message(event.message_in, fields)),
        "out": dump_message(masked_message(event.message, fields)),
    }
