"""The closest known name, for hints."""

import itertools
from collections.abc import Iterable
from difflib import get_close_matches

# Below this similarity a suggestion is more often noise than help.
_CUTOFF = 0.6
_LISTED = 7
# Among more names than this the search takes longer than a hint is worth, once many names are unknown.
_SEARCHED = 500


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like this one, or None when none is close or they are too many to compare."""
    candidates = list(itertools.islice(known, _SEARCHED + 1))
    if len(candidates) > _SEARCHED:
        return None
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    matches = get_close_matches(name.casefold(), by_folded, n=1, cutoff=_CUTOFF)
    return by_folded[matches[0]] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Return a hint for an unknown name: the closest known one, else all of them when they are few."""
    names = list(itertools.islice(known, _SEARCHED + 1))
    if (found := closest(name, sorted(names))) is not None:
        return f'did you mean "{found}"?'
    return f"known here: {', '.join(sorted(names))}" if 0 < len(names) <= _LISTED else None
