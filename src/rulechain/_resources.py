"""Find the grammar, schema and sample files, in an installed wheel or in a checkout.

They live beside the package in the repository (`grammar/`, `schemas/`, `samples/`) and inside it in a wheel
(`rulechain/_data/`). This module alone knows that, and where the tables built from grammars are kept.
"""

import hashlib
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

CACHE_VARIABLE = "RULECHAIN_CACHE_DIR"
_PRIVATE = 0o700

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_data"
_CHECKOUT = _PACKAGE.parent.parent


def resource_path(*parts: str) -> Path:
    """Return the path of a data file or folder, such as `resource_path("grammar", "expr.lark")`.

    Raises:
        FileNotFoundError: The installation is incomplete.
    """
    for root in (_INSTALLED, _CHECKOUT):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"rulechain's data file {'/'.join(parts)} is missing: the installation is incomplete")


def resource_text(*parts: str) -> str:
    """Return the text of a data file."""
    return resource_path(*parts).read_text(encoding="utf-8")


def tables_file(grammar: str, text: str, rules: Iterable[str], version: str) -> str | None:
    """Return where a grammar's tables are kept between processes, or None where no safe folder can be had.

    Args:
        grammar: The grammar's file name.
        text: What the file holds.
        rules: The rules that have a callback, which the tables hold too.
        version: The version of what made them.
    """
    folder = cache_folder()
    if folder is None:
        return None
    key = "\0".join([text, version, sys.version, *sorted(rules)])
    return str(folder / f"{grammar}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.tables")


def cache_folder() -> Path | None:
    """Return the user's own cache folder, made when missing; None when it cannot be made, read or trusted.

    The tables are pickles: a folder that others may write to would let them run code here.
    """
    try:
        configured = os.environ.get(CACHE_VARIABLE) or os.environ.get("XDG_CACHE_HOME")
        root = Path(configured) if configured else Path.home() / ".cache"
        folder = root if os.environ.get(CACHE_VARIABLE) else root / "rulechain"
        folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        status = folder.stat()
    except (OSError, RuntimeError):
        return None
    foreign = hasattr(os, "getuid") and status.st_uid != os.getuid()
    if foreign or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return None
    return folder
