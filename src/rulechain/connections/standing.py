"""Where a group stands in its stream: how many entries it has not been given yet, and how old an entry is."""

from typing import NamedTuple

# IDs that somebody made up, such as `1-1`, tell no time: none is older than the spring of 1973, or from tomorrow.
_FIRST_TIME_MS = 100_000_000_000
_TOMORROW_MS = 86_400_000


class Lag(NamedTuple):
    """How many entries of a stream a group has not been given yet; `is_exact` is False of an upper bound."""

    entries: int
    is_exact: bool = True


def lag_of(length: int, told: int | None, first_id: bytes | None, next_id: bytes | None) -> Lag:
    """Return the lag of a group.

    Args:
        length: How many entries the stream has.
        told: What the server says; it does since Redis 7.0, and not after every deletion.
        first_id: The oldest entry, None of an empty stream.
        next_id: The entry that the group is given next, None if there is none.
    """
    if next_id is None:
        return Lag(0)
    if told is not None:
        return Lag(told)
    return Lag(length, is_exact=next_id == first_id)


def age_s(id_: bytes, now_s: float) -> float | None:
    """Return how long ago an entry was added, None where its ID does not tell."""
    added_ms = int(id_.partition(b"-")[0])
    now_ms = now_s * 1000
    if not _FIRST_TIME_MS < added_ms < now_ms + _TOMORROW_MS:
        return None
    # Clocks differ a little.
    return max(0.0, now_ms - added_ms) / 1000
