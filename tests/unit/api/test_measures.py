"""Distributions: what is counted, and what is read off them."""

from hypothesis import given
from hypothesis import strategies as st

from rulechain.api import EndpointMeasures, Histogram

BOUNDS = (1.0, 2.0, 5.0)


def test_a_value_counts_for_the_least_bound_that_it_is_not_above():
    """A bound includes itself; what is above all bounds has a count of its own."""
    histogram = Histogram(BOUNDS)
    for value in (0.5, 1.0, 1.5, 5.0, 6.0):
        histogram.add(value)
    assert histogram.counts == [2, 1, 1, 1]
    assert (histogram.count, histogram.total) == (5, 14.0)


def test_one_value_may_stand_for_many():
    """Adding a value so many times is adding it again and again."""
    histogram = Histogram(BOUNDS)
    histogram.add(1.5, 100)
    assert (histogram.counts, histogram.total) == ([0, 100, 0, 0], 150.0)


def test_quantiles_are_bounds():
    """A quantile is the bound that so great a share is not above: infinite beyond all bounds, None of nothing."""
    histogram = Histogram(BOUNDS)
    assert histogram.quantile(0.5) is None
    histogram.add(0.5, 98)
    histogram.add(4, 1)
    histogram.add(9, 1)
    assert [histogram.quantile(share) for share in (0, 0.5, 0.98, 0.99, 1)] == [1.0, 1.0, 1.0, 5.0, float("inf")]


@given(st.lists(st.floats(0, 10), min_size=1), st.floats(0, 1))
def test_so_many_values_are_not_above_a_quantile(values, share):
    """At least the share asked for is not above what `quantile` gives."""
    histogram = Histogram(BOUNDS)
    for value in values:
        histogram.add(value)
    bound = histogram.quantile(share)
    assert sum(value <= bound for value in values) >= share * len(values)


def test_a_copy_stays_as_it_is():
    """What is measured after a copy does not show in it."""
    measures = EndpointMeasures()
    measures.node_failures["chain", "node"] = 1
    copy = measures.copy()
    measures.commit_s.add(1)
    measures.deliveries.add(1)
    measures.end_to_end_s.add(1)
    measures.node_failures["chain", "node"] += 1
    assert copy.commit_s.count == copy.deliveries.count == copy.end_to_end_s.count == 0
    assert copy.node_failures == {("chain", "node"): 1}
