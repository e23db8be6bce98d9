"""`rulechain fmt`: documents laid out the one way."""

import difflib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from rulechain.authoring import format_document
from rulechain.cli import exit_codes
from rulechain.cli.documents import read_document
from rulechain.cli.options import format_option
from rulechain.cli.output import plural, put, put_json, say
from rulechain.diagnostics.errors import ChainError
from rulechain.loader.sources import find_files

_PATH = click.Path(exists=True, allow_dash=True, path_type=Path)

_EPILOG = """\b
Examples:
  rulechain fmt chains/
  rulechain fmt chains/ --check
  rulechain fmt chain.json --diff
  rulechain fmt - < chain.json
"""


@click.command("fmt", epilog=_EPILOG)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=_PATH)
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit code 1 when something would change.")
@click.option("--diff", "only_diff", is_flag=True, help="As --check, and show what would change.")
@format_option
def command(paths: tuple[Path, ...], *, only_check: bool, only_diff: bool, as_json: bool) -> int:
    """Lay out chain and endpoint documents anew: keys in RuleGo's order, two spaces, short objects on one line.

    Nothing is lost or changed in meaning: nodes and connections keep their order, numbers and texts their spelling.
    PATH is a file or a folder; `-` reads stdin and writes to stdout.
    """
    if [str(path) for path in paths] == ["-"]:
        put(_formatted(paths[0])[1].removesuffix("\n"))
        return exit_codes.OK
    keeps_files = only_check or only_diff
    files = _files(paths)
    changed = []
    for path in files:
        before, after = _formatted(path)
        if before == after:
            continue
        changed.append(path)
        if only_diff and not as_json:
            put(_difference(path, before, after))
        if not keeps_files:
            _replace(path, after)
    if as_json:
        put_json({"documents": len(files), "changed": [str(path) for path in changed]})
    else:
        verb = "would change" if keeps_files else "changed"
        say(
            "\n".join(
                [*(f"{verb} {path}" for path in changed), f"{plural(len(files), 'document')}: {len(changed)} {verb}"]
            )
        )
    return exit_codes.FAILED if keeps_files and changed else exit_codes.OK


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            files, diagnostics = find_files(path)
            if diagnostics:
                raise ChainError(diagnostics)
            found += files
        else:
            found.append(path)
    return found


def _formatted(path: Path) -> tuple[str, str]:
    """Return a document as it is and as it should be.

    Raises:
        ChainError: It is not JSON.
    """
    document = read_document(path)
    text = document.source.text
    if not document.is_readable or text is None:
        raise ChainError(document.diagnostics)
    return text, format_document(text)


def _difference(path: Path, before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), str(path), str(path), lineterm="")
    return "\n".join(lines)


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all, whatever happens in between; a link keeps pointing at it."""
    path = path.resolve()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    shutil.copymode(path, name)
    Path(name).replace(path)
