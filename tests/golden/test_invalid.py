"""Mistakes that people make in documents, and the whole text they get to see for each.

A folder with several documents is a mistake that shows only where they are looked at together.
"""

import re
from pathlib import Path

import pytest

from support.checking import check_document, render_check
from support.samples import SAMPLES

FOLDER = Path(__file__).parent / "invalid"
CASES = sorted(path for path in FOLDER.iterdir() if path.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_document_is_explained(case, golden):
    """Checking a broken document gives exactly this text, and the code its folder is named after."""
    documents = sorted(case.glob("*.json"))
    path = documents[0] if len(documents) == 1 else case
    assert re.match(r"[A-Z]\d+", case.name)[0] in {each.code for each in check_document(path)}
    golden(case / "expected.txt", render_check(path, case))


def test_there_are_enough_mistakes():
    """At least eighty, each of its own kind: no two give the same text."""
    texts = {(case / "expected.txt").read_text(encoding="utf-8") for case in CASES}
    assert len(texts) == len(CASES) >= 80


def test_no_sample_has_a_finding():
    """The samples are without fault, also under all the checks that find these mistakes."""
    assert list(check_document(SAMPLES)) == []
