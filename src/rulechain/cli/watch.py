"""Notice that documents changed, by looking: that works on every file system and through swapped symbolic links."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path
from typing import NoReturn

import click

from rulechain.cli.output import say
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


def repeat_on_change(
    paths: Sequence[Path], show: Callable[[], object], report: Callable[[Exception], object]
) -> NoReturn:
    """Show something now and each time the files have changed, until Ctrl-C; what goes wrong is told in its place."""
    changed = changes(paths, take_snapshot(paths))
    # Not inside the loop: what is shown may run a loop of its own.
    with asyncio.Runner() as runner:
        while True:
            try:
                show()
            except click.ClickException as error:
                error.show()
            except Exception as error:  # noqa: BLE001 - the next version of the file may be right
                report(error)
            say(click.style("waiting for changes; Ctrl-C ends it", dim=True))
            runner.run(_next(changed))


async def _next(changed: AsyncIterator[None]) -> None:
    await anext(changed)


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
