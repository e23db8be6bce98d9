"""What happens between two scrapes, read off the pages of one worker or several."""

import pytest

from rulechain.observe.rates import Pace, rates, read_metrics

PAGE = """\
# HELP rulechain_connected 1 while the endpoint is connected to its server, else 0.
# TYPE rulechain_connected gauge
rulechain_connected{endpoint="in"} 1.0
rulechain_in_flight{endpoint="in"} 4.0
rulechain_lag_entries{endpoint="in",stream="a"} 5.0
rulechain_lag_entries{endpoint="in",stream="b"} 6.0
rulechain_lag_seconds{endpoint="in",stream="a"} 7.0
rulechain_lag_seconds{endpoint="in",stream="b"} 3.0
rulechain_pending_entries{endpoint="in",stream="a"} 8.0
rulechain_read_total{endpoint="in"} 100.0
rulechain_answered_total{endpoint="in"} 90.0
rulechain_failed_total{endpoint="in"} 10.0
rulechain_dead_lettered_total{endpoint="in"} 2.0
rulechain_node_failures_total{chain="c",endpoint="in",node="n"} 10.0
rulechain_chain_run_seconds_bucket{chain="c",le="0.001"} 50.0
rulechain_chain_run_seconds_bucket{chain="c",le="0.01"} 100.0
rulechain_chain_run_seconds_bucket{chain="c",le="+Inf"} 100.0
rulechain_chain_run_seconds_count{chain="c"} 100.0
rulechain_chain_run_seconds_sum{chain="c"} 1.0
rulechain_node_seconds_count{chain="c",node="n"} 100.0
rulechain_node_seconds_sum{chain="c",node="n"} 0.5
rulechain_node_outcomes_total{chain="c",node="n",relation="Success"} 80.0
rulechain_node_outcomes_total{chain="c",node="n",relation="Failure"} 20.0
rulechain_node_seconds_count{chain="inner",node="m"} 3.0
rulechain_node_seconds_sum{chain="inner",node="m"} 0.3
process_resident_memory_bytes 1.0
"""


def page(**changes):
    """The page with other values, by the beginning of the line."""
    lines = []
    for line in PAGE.splitlines():
        value = next((value for name, value in changes.items() if line.startswith(f"rulechain_{name}{{")), None)
        lines.append(line if value is None else f"{line.rpartition(' ')[0]} {value}")
    return "\n".join(lines)


def between(before, *now, seconds=2.0):
    """What happens between readings of these pages."""
    return rates(read_metrics([before] if isinstance(before, str) else before), read_metrics(now), seconds)


def test_counters_become_rates():
    """A second's worth of what came, by endpoint; what was before is in the total alone."""
    found = between(PAGE, page(read_total=130, answered_total=110, failed_total=11, dead_lettered_total=2))
    (endpoint,) = found.endpoints
    assert endpoint.read == Pace(total=130, per_s=15.0)
    assert endpoint.answered == Pace(total=110, per_s=10.0)
    assert endpoint.failed == Pace(total=11, per_s=0.5)
    assert endpoint.dead == Pace(total=2, per_s=0.0)


def test_gauges_are_those_of_now():
    """Lags of several streams are added up, the furthest behind counts."""
    (endpoint,) = between(PAGE, page(in_flight=9)).endpoints
    assert (endpoint.is_connected, endpoint.in_flight, endpoint.pending) == (True, 9, 8)
    assert (endpoint.lag, endpoint.lag_s) == (11, 7.0)


def test_times_are_those_of_the_runs_between():
    """Half of the later runs took up to 10 ms although most of all runs took less; nodes have a mean."""
    later = page(chain_run_seconds_count=110, node_seconds_count=110, node_seconds_sum=0.7)
    later = later.replace('le="0.01"} 100.0', 'le="0.01"} 109.0').replace('le="+Inf"} 100.0', 'le="+Inf"} 110.0')
    found = between(PAGE, later)
    chain = found.chains[0]
    assert (chain.chain, chain.runs) == ("c", Pace(total=110, per_s=5.0))
    assert (chain.median_s, chain.p99_s) == (0.01, float("inf"))
    node = found.nodes[0]
    assert (node.chain, node.node, node.outcomes.per_s, node.failures.total) == ("c", "n", 5.0, 20)
    assert node.mean_s == pytest.approx(0.02)


def test_nothing_between():
    """Without runs there are no times."""
    found = between(PAGE, PAGE)
    assert (found.chains[0].median_s, found.nodes[0].mean_s, found.chains[0].runs.per_s) == (None, None, 0.0)


def test_chains_inside_others_are_listed():
    """A chain that only other chains run has no runs of its own, and is there with its nodes."""
    found = between(PAGE, PAGE)
    assert [chain.chain for chain in found.chains] == ["c", "inner"]
    assert [(node.chain, node.node) for node in found.nodes] == [("c", "n"), ("inner", "m")]


def test_workers_count_together():
    """What they do is added up; what they tell of the whole group is not; one that is away makes the endpoint so."""
    other = page(connected=0.0, pending_entries=9)
    found = between([PAGE, other], PAGE, other)
    (endpoint,) = found.endpoints
    assert (endpoint.read.total, endpoint.in_flight) == (200, 8)
    assert (endpoint.lag, endpoint.lag_s, endpoint.pending) == (11, 7.0, 9)
    assert not endpoint.is_connected


def test_a_process_that_began_anew_counts_from_nothing():
    """A counter that has fallen is no negative rate."""
    (endpoint,) = between(PAGE, page(read_total=6)).endpoints
    assert endpoint.read == Pace(total=6, per_s=3.0)


def test_names_with_quotes_and_braces():
    """Ids are read as they are, whatever is in them."""
    text = 'rulechain_connected{endpoint="a \\"b\\" \\\\ {c}\\nd, e=\\"f\\""} 1.0\n'
    (endpoint,) = between(text, text).endpoints
    assert endpoint.endpoint == 'a "b" \\ {c}\nd, e="f"'
