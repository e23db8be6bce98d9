"""Dead letters for people, and as JSON."""

from collections.abc import Mapping
from typing import Any

from rulechain.endpoints.redis_stream.workbench import Found

_LONGEST_REASON = 100
_HEAD = ("stream", "id", "group", "consumer", "router", "chain", "node", "code", "reason", "trace", "deliveries")
_TIMES = ("added", "at")


def render_line(found: Found) -> str:
    """Return a dead letter on one line."""
    letter = found.letter
    place = "/".join(part for part in (letter.chain or letter.router, letter.node) if part)
    reason = " ".join(letter.reason.split())
    reason = reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}…"
    return f"{found.id}  {letter.at[:19]}  {letter.code}  {letter.deliveries}x  {place or '-'}  {reason}"


def render_letter(found: Found) -> str:
    """Return a whole dead letter."""
    facts = dump_line(found)
    lines = [f"{name:<12}{value}" for name, value in facts.items() if value not in ("", None)]
    fields = [f"  {name} = {value}" for name, value in _fields(found)]
    return "\n".join([*lines, "fields" if fields else "no fields", *fields])


def dump_line(found: Found) -> dict[str, Any]:
    """Return what a dead letter says beside its entry's fields."""
    letter = found.letter
    return {"deadId": found.id, **{name: getattr(letter, name) for name in (*_HEAD, *_TIMES)}}


def dump_letter(found: Found) -> Mapping[str, Any]:
    """Return a whole dead letter; the fields as pairs, since names may come twice."""
    return {**dump_line(found), "fields": [list(pair) for pair in _fields(found)]}


def _fields(found: Found) -> list[tuple[str, str]]:
    texts = [part.decode("utf-8", "backslashreplace") for part in found.letter.fields]
    return list(zip(texts[::2], texts[1::2], strict=True))
