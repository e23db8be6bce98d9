"""Where the nodes of a picture stand."""

from collections import Counter
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from rulechain.authoring.arrange import arrange

GRAPHS = st.integers(1, 25).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=60),
        st.none() | st.integers(0, count - 1),
    )
)


@settings(max_examples=200, deadline=None)
@given(GRAPHS)
def test_any_graph_is_placed_without_overlaps_and_always_the_same(graph):
    """Every node has a place of its own, a row apart from the next one in its column, cycles and loops included."""
    count, edges, first = graph
    arrangement = arrange(count, edges, first)
    assert len(arrangement.places) == count
    assert arrange(count, edges, first) == arrangement
    for (column, row), (other_column, other_row) in combinations(arrangement.places, 2):
        assert column != other_column or abs(row - other_row) > 0.999


def test_layers_follow_the_longest_way():
    """A node stands behind everything that leads to it, and what comes back does not change that."""
    columns = [column for column, _ in arrange(5, [(0, 1), (1, 2), (0, 2), (2, 3), (3, 1), (0, 4)], 0).places]
    assert columns == [0, 1, 2, 3, 1]


def test_a_tree_has_no_crossings():
    """Children stand in the order of their parents."""
    rows = [row for _, row in arrange(7, [(0, 2), (0, 1), (1, 6), (1, 5), (2, 4), (2, 3)], 0).places]
    assert (rows[1] - rows[2]) * (min(rows[5], rows[6]) - max(rows[3], rows[4])) > 0


def test_long_connections_pass_through_every_layer_between():
    """What skips layers has a place in each of them, in the direction in which it runs."""
    arrangement = arrange(4, [(0, 1), (1, 2), (2, 3), (0, 3), (3, 1)], 0)
    assert [column for column, _ in arrangement.bends[0, 3]] == [1, 2]
    assert [column for column, _ in arrangement.bends[3, 1]] == [2]
    taken = Counter(column for way in arrangement.bends.values() for column, _ in way)
    assert taken == {1: 1, 2: 2}


def test_a_node_alone_and_none_at_all():
    """The smallest graphs have pictures too."""
    assert arrange(0, []).places == ()
    assert arrange(1, [(0, 0)]).places == ((0, 0.0),)
