"""Notice that documents changed, by looking: that works on every file system and through swapped symbolic links."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

from rulechain.loader import find_files

_POLL_S = 0.5

# Path: modification time, size and inode of the file it leads to.
Snapshot = dict[Path, tuple[int, int, int]]


async def changes(paths: Sequence[Path], seen: Snapshot, poll_s: float = _POLL_S) -> AsyncIterator[None]:
    """Yield each time the documents have changed and then stood still for one look.

    Args:
        paths: Documents, and folders of them.
        seen: How they were just before they were loaded, so that no change after that goes unnoticed.
        poll_s: Pause between two looks, in seconds.
    """
    while True:
        await asyncio.sleep(poll_s)
        now = take_snapshot(paths)
        if now == seen:
            continue
        while True:
            await asyncio.sleep(poll_s)
            later = take_snapshot(paths)
            if later == now:
                break
            now = later
        seen = now
        yield


def take_snapshot(paths: Sequence[Path]) -> Snapshot:
    """Return what tells one state of the documents from another."""
    snapshot: Snapshot = {}
    for file in _files(paths):
        try:
            facts = file.stat()
        except OSError:
            continue
        snapshot[file] = facts.st_mtime_ns, facts.st_size, facts.st_ino
    return snapshot


def _files(paths: Sequence[Path]) -> Iterable[Path]:
    for path in paths:
        yield from find_files(path)[0] if path.is_dir() else (path,)
