"""docs/diagnostics.md explains every code."""

import re
from pathlib import Path

import pytest

from rulechain.diagnostics import Code

TEXT = (Path(__file__).parents[3] / "docs" / "diagnostics.md").read_text(encoding="utf-8")
ENTRIES = dict(re.findall(r"^### ([A-Z]\d{3})\n(.*?)(?=^##|\Z)", TEXT, re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("code", list(Code))
def test_each_code_has_an_entry(code):
    """A code's entry says what it means, shows an example and how to mend it."""
    entry = ENTRIES[code]
    assert re.match(r"\n[A-Z`\"].{20,}", entry), "what it means"
    assert re.search(r"^- Example: .", entry, re.MULTILINE)
    assert re.search(r"^- Fix: .", entry, re.MULTILINE)


def test_no_entry_explains_a_code_that_does_not_exist():
    """The document has no leftovers, and its entries stand in the order of the codes."""
    assert list(ENTRIES) == [str(code) for code in Code]


def test_each_code_is_of_its_phase():
    """A code is a letter for its phase and three digits, and no two are equal."""
    assert [
        code for code in Code if not re.fullmatch(r"L1\d\d|G2\d\d|P3\d\d|S4\d\d|[TJ]5\d\d|R6\d\d|E7\d\d", code)
    ] == []
    assert len(set(Code)) == len(Code.__members__)
