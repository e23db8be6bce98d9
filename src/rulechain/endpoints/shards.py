"""Shards: one name in a router for many streams, each with a hash tag of its own.

orders:{0..3}   →   orders:{0}  orders:{1}  orders:{2}  orders:{3}
"""

import re

MOST_SHARDS = 1024
_RANGE = re.compile(r"\{(\d{1,9})\.\.(\d{1,9})\}")


def expand_shards(name: str) -> tuple[str, ...]:
    """Return the streams that a name stands for: those of its range of numbers in braces, else the name itself.

    Raises:
        ValueError: The range is empty or has more than `MOST_SHARDS` numbers.
    """
    found = _RANGE.search(name)
    if found is None:
        return (name,)
    first, last = int(found[1]), int(found[2])
    if not 0 <= last - first < MOST_SHARDS:
        raise ValueError(f"a range of shards goes upwards and has at most {MOST_SHARDS} of them")
    before, behind = name[: found.start()], name[found.end() :]
    return tuple(f"{before}{{{shard}}}{behind}" for shard in range(first, last + 1))
