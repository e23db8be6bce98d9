"""Hints for the names of other languages lead to what exists here."""

import re

import pytest

from rulechain.expr.foreign import FUNCTIONS, WRITTEN_IN_FRONT, foreign_function, foreign_name, function_for_member
from rulechain.expr.functions import builtin_registry
from rulechain.expr.tokens import PREDICATES

KNOWN = {*builtin_registry().names, *PREDICATES}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_foreign_function_is_none_of_ours(name):
    """What exists is never called foreign, and what a hint calls exists."""
    assert name not in KNOWN
    assert set(re.findall(r"(\w+)\(", foreign_function(name))) <= KNOWN


def test_what_is_written_in_front_exists():
    """A function that is no method here is named as it is."""
    assert WRITTEN_IN_FRONT <= KNOWN
    assert function_for_member("upper") == "write upper(…)"
    assert function_for_member("price") is None


@pytest.mark.parametrize("name", ["to_string", "ToString", "TOSTRING"])
def test_spelling_does_not_matter(name):
    """Languages differ in case and underscores."""
    assert foreign_function(name) == "write string(…)"


@pytest.mark.parametrize(
    "name, hint", [("Null", "write nil"), ("FALSE", "write false"), ("msg", None), ("nulls", None)]
)
def test_only_known_values_are_foreign(name, hint):
    """Any other name may be that of a node or of a key."""
    assert foreign_name(name) == hint
