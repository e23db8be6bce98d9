"""Hints for names that nothing is known by."""

import pytest

from rulechain.diagnostics import closest, did_you_mean

KNOWN = ["jsFilter", "jsTransform", "jsSwitch", "exprFilter"]


@pytest.mark.parametrize(
    "name, expected",
    [("jsFiltr", "jsFilter"), ("JSFILTER", "jsFilter"), ("exprfilter", "exprFilter"), ("zz", None), ("", None)],
)
def test_the_closest_name_is_found_in_any_case(name, expected):
    """A slip of the hand or of the shift key finds its name; nothing is better than a far-fetched one."""
    assert closest(name, KNOWN) == expected


def test_a_hint_names_the_closest_else_the_few_known():
    """Up to seven names are listed where none is close, more are not."""
    assert did_you_mean("jsFiltr", KNOWN) == 'did you mean "jsFilter"?'
    assert did_you_mean("zz", KNOWN) == "known here: exprFilter, jsFilter, jsSwitch, jsTransform"
    assert did_you_mean("zz", map(str, range(8))) is None
    assert did_you_mean("zz", []) is None


def test_very_many_names_are_not_searched():
    """Thousands of unknown names among thousands of known ones must not take minutes."""
    many = [f"node{number}" for number in range(501)]
    assert closest("node1x", many) is None
    assert did_you_mean("node1x", many) is None
    assert closest("node1x", many[:500]) is not None
