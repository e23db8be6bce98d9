"""JSON that a verb is given: read with every fault placed, from a file or from stdin."""

import sys
from pathlib import Path
from typing import Any

from rulechain.diagnostics import Code, Diagnostic, Location
from rulechain.diagnostics.errors import ChainError
from rulechain.loader.read import Document, read_bytes, read_file
from rulechain.values import decode_json

_STDIN = "<stdin>"


def read_document(path: Path) -> Document:
    """Read a JSON document; `-` is stdin. What is wrong with it is in its diagnostics."""
    return read_bytes(sys.stdin.buffer.read(), _STDIN) if str(path) == "-" else read_file(path)


def read_object(path: Path, what: str) -> dict[str, Any]:
    """Read a JSON object as expressions see it: numbers are floats.

    Raises:
        ChainError: It is not JSON, or not an object.
    """
    document = read_document(path)
    if not document.is_readable:
        raise ChainError(document.diagnostics)
    if not isinstance(document.value, dict):
        message = f"expected {what} as a JSON object"
        raise ChainError([Diagnostic(Code.WRONG_TYPE, message, Location(document.source, ""))])
    value: dict[str, Any] = decode_json(document.source.text or "")
    return value
