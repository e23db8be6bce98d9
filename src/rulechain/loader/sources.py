"""Where documents come from: text, bytes, files, folders, mappings."""

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rulechain.diagnostics import Code, Diagnostic, Location, Severity, Source
from rulechain.loader.read import Document, explain_unreadable, read_bytes, read_file, read_mapping, read_text

DocumentSource = str | bytes | os.PathLike[str] | Mapping[str, Any]

_JSON_START = re.compile(r"\ufeff?\s*(?:$|[{\[\"\-0-9])|\ufeff?\s*(?:true|false|null)\s*$")
# Files that stand beside chains and are something else.
_OTHER_KINDS = (".test.json", ".schema.json")


def read_source(source: DocumentSource, name: str) -> Document:
    """Read a document from wherever it is; `name` stands for a source that has no path.

    A str is JSON text when it is blank or begins like JSON, else a path.
    """
    if isinstance(source, Mapping):
        return read_mapping(source, name)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return read_bytes(bytes(source), name)
    if isinstance(source, str) and is_json_text(source):
        return _explain_digits(source, read_text(source, name))
    return read_file(source)


def is_json_text(text: str) -> bool:
    """Say whether a str is a document itself, not the path of one."""
    return _JSON_START.match(text) is not None


def _explain_digits(text: str, document: Document) -> Document:
    """Tell the owner of a file called `01-alarm.json` why its name was read as JSON."""
    if document.is_readable or not text.endswith(".json") or "\n" in text:
        return document
    note = f'a str that begins like JSON is a document; for the file of that name pass pathlib.Path("{text}")'
    return replace(document, diagnostics=tuple(replace(each, notes=(note,)) for each in document.diagnostics))


def find_files(folder: str | os.PathLike[str]) -> tuple[list[Path], list[Diagnostic]]:
    """List a folder's documents, subfolders included, sorted; hidden files and `*.test.json` are passed over."""
    root = Path(folder)
    diagnostics: list[Diagnostic] = []

    def note(error: OSError) -> None:
        message, hint = explain_unreadable(Path(error.filename or root), error)
        location = Location(Source(str(error.filename or root)))
        diagnostics.append(Diagnostic(Code.FILE_UNREADABLE, message, location, hint=hint))

    files: list[Path] = []
    for parent, folders, names in os.walk(root, onerror=note):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [Path(parent, name) for name in names if _is_document(name)]
    if not files and not diagnostics:
        message = f'the folder "{root}" has no documents'
        diagnostics.append(
            Diagnostic(
                Code.EMPTY_FOLDER,
                message,
                Location(Source(str(root))),
                Severity.WARNING,
                hint="documents are files whose names end in .json",
            )
        )
    return sorted(files), diagnostics


def _is_document(name: str) -> bool:
    return name.endswith(".json") and not name.startswith(".") and not name.endswith(_OTHER_KINDS)
