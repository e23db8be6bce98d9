"""Test documents in files: which there are, and what they say, in JSON or in YAML."""

import importlib
import json
from collections.abc import Iterable
from pathlib import Path

from rulechain.authoring.cases import CaseFile, decode_case_file
from rulechain.diagnostics import Code, Diagnostic, Location, Source
from rulechain.loader import load_documents
from rulechain.loader.read import Document, read_file, read_mapping

YAML_SUFFIXES = (".test.yaml", ".test.yml")
SUFFIXES = (".test.json", *YAML_SUFFIXES)


def is_case_file(path: Path) -> bool:
    """Say whether a path is called like a test document."""
    return path.name.endswith(SUFFIXES)


def find_case_files(paths: Iterable[Path]) -> list[Path]:
    """Return the test documents among files and in folders, in order; hidden ones are passed over."""
    return [
        found
        for path in paths
        for found in (sorted(filter(is_case_file, path.rglob("*.test.*"))) if path.is_dir() else [path])
        if not any(part.startswith(".") for part in found.relative_to(path).parts)
    ]


def read_case_file(path: Path) -> CaseFile:
    """Read a test document; what is wrong with it is in its diagnostics."""
    return decode_case_file(_read(path))


def is_about_chains(path: Path) -> bool:
    """Say whether a file that is called like a test document is one: other tools have files of that name too."""
    document = _read(path)
    if document.is_readable and not (
        isinstance(document.value, dict) and isinstance(document.value.get("cases"), list)
    ):
        return False
    if document.is_readable and document.value.get("chains"):
        return True
    return any(loaded.definition is not None for loaded in load_documents([path.parent]))


def _read(path: Path) -> Document:
    return _read_yaml(path) if path.name.endswith(YAML_SUFFIXES) else read_file(path)


def _read_yaml(path: Path) -> Document:
    """Read YAML as the JSON value that it stands for; findings in it have no line, only a path."""
    place = Location(Source(str(path)), "")
    try:
        yaml = importlib.import_module("yaml")
    except ImportError:
        message = f'"{path}" needs the library "yaml", which is not installed'
        hint = 'install it: pip install "rulechain[yaml]"'
        return Document(place.source, None, (Diagnostic(Code.MISSING_EXTRA, message, place, hint=hint),))
    try:
        value = yaml.safe_load(path.read_bytes())
        # Dates and keys that are no text have the form that JSON gives them.
        plain = json.loads(json.dumps(value, default=str))
    except (yaml.YAMLError, OSError, ValueError, RecursionError) as error:
        message = f"the document is no YAML: {' '.join(str(error).split())}"
        return Document(place.source, None, (Diagnostic(Code.JSON_SYNTAX, message, place),))
    return read_mapping(plain, str(path)) if isinstance(plain, dict) else Document(place.source, plain)
