"""The closest known name, for hints."""

from collections.abc import Iterable
from difflib import get_close_matches

# Below this similarity a suggestion is more often noise than help.
_CUTOFF = 0.6
_LISTED = 7


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like this one, or None when none is close."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    matches = get_close_matches(name.casefold(), by_folded, n=1, cutoff=_CUTOFF)
    return by_folded[matches[0]] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Return a hint for an unknown name: the closest known one, else all of them when they are few."""
    names = sorted(known)
    if (found := closest(name, names)) is not None:
        return f'did you mean "{found}"?'
    return f"known here: {', '.join(names)}" if 0 < len(names) <= _LISTED else None
