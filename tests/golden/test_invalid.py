"""Broken documents and the whole text a user gets to see for each."""

import re
from pathlib import Path

import pytest

from support.checking import check_document, render_check

FOLDER = Path(__file__).parent / "invalid"
CASES = sorted(path for path in FOLDER.iterdir() if path.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_document_is_explained(case, golden):
    """Checking a broken document gives exactly this text, and the code its folder is named after."""
    (document,) = case.glob("*.json")
    assert re.match(r"[A-Z]\d+", case.name)[0] in {each.code for each in check_document(document)}
    golden(case / "expected.txt", render_check(document, case))
