"""`include` and `fileExists`, for folders that were named: part of the language only where somebody adds them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rulechain.expr.faults import Fault
from rulechain.expr.functions.registry import FunctionSpec
from rulechain.expr.go import text

# What one `include` may bring in, in bytes: as much as any expression may build.
MAX_FILE_SIZE = 16_000_000


def file_functions(folders: Iterable[str | Path], *, max_size: int = MAX_FILE_SIZE) -> list[FunctionSpec]:
    """Return the functions that read files in some folders, and nothing else: no other file, and never a URL.

    A relative path is looked up in each folder in turn. Links are followed first, and what they lead to has to lie in
    a folder too. As in RuleGo, a file that cannot be had reads as the empty text.

    Args:
        folders: Where files may be read.
        max_size: The size in bytes of the largest file that is read.

    Raises:
        NotADirectoryError: One of the folders is none.
    """
    roots = tuple(Path(folder).resolve() for folder in folders)
    for root in roots:
        if not root.is_dir():
            raise NotADirectoryError(f"not a folder: {root}")

    def include(path: Any) -> str:
        file = _find(text(path), roots)
        return "" if file is None else _read(file, max_size)

    def exists(path: Any) -> bool:
        return _find(text(path), roots) is not None

    return [
        FunctionSpec("include(path: string): string", include, "Read a file of the allowed folders."),
        FunctionSpec("fileExists(path: string): bool", exists, "Tell whether the allowed folders have a file."),
    ]


def _find(path: str, roots: tuple[Path, ...]) -> Path | None:
    """Return the file that a path leads to, links resolved, if it lies in one of the folders."""
    if "\0" in path or not path:
        return None
    for root in roots:
        try:
            file = (root / path).resolve()
            if file.is_file() and any(file.is_relative_to(allowed) for allowed in roots):
                return file
        except (OSError, RuntimeError, ValueError):
            # Names too long, loops of links, folders that may not be looked into.
            continue
    return None


def _read(file: Path, max_size: int) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(max_size + 1)
    except OSError:
        return ""
    if len(content) > max_size:
        raise Fault(f"the file {file.name} is larger than {max_size} bytes")
    return content.decode("utf-8", "surrogateescape")
