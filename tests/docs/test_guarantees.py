"""What docs/guarantees.md says is shown by tests is shown by tests that exist."""

import re

from support.markdown import ROOT

_TEST = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)


def test_each_guarantee_names_tests_that_exist():
    """Every line of the tables ends with names of tests, and each is defined somewhere among them."""
    defined = {
        name for path in (ROOT / "tests").rglob("test_*.py") for name in _TEST.findall(path.read_text(encoding="utf-8"))
    }
    lines = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8").splitlines()
    rows = [line.rstrip("| ").split(" | ") for line in lines if re.match(r"\| \d+ \|", line)]
    assert len(rows) == 27 + 21
    named = [re.findall(r"`(test_\w+)`", row[-1]) for row in rows]
    assert all(named)
    assert {name for names in named for name in names} - defined == set()
