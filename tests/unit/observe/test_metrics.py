"""The metrics: all of them documented, each read off a snapshot, exposed in Prometheus's format."""

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from rulechain.api import ConnectionState, EndpointCounts, EndpointMeasures, EndpointStatus, Histogram, StreamStatus
from rulechain.observe.metrics import METRICS, Kind, Snapshot
from rulechain.observe.prometheus import exposition
from rulechain.observe.runs import NodeTimes

ROOT = Path(__file__).parents[3]
NAMES = [metric.name for metric in METRICS]


def snapshot():
    """An endpoint of which no two figures are alike, and a chain."""
    measures = EndpointMeasures(committed=21, retries=22, refused=23, node_failures={("c", "n"): 24})
    measures.deliveries.add(1, 5)
    measures.deliveries.add(2)
    measures.deliveries.add(99)
    measures.commit_s.add(0.004)
    measures.end_to_end_s.add(7200)
    runs = Histogram((0.1, 1.0))
    runs.add(0.5)
    counts = EndpointCounts(**{name: place for place, name in enumerate(EndpointCounts.__slots__, start=1)})
    status = EndpointStatus(
        endpoint_id='e"1',
        state=ConnectionState.CONNECTED,
        in_flight=31,
        waiting=32,
        counts=counts,
        streams=(
            StreamStatus(stream="s", lag=41, lag_s=42.0, pending=43, oldest_pending_s=44.0),
            StreamStatus(stream="t", lag_s=None, fault="forbidden"),
        ),
        measures=measures,
        silence_s=51.0,
    )
    nodes = {("chain", "node"): NodeTimes(0.75, {"True": 61, "Failure": 62})}
    return Snapshot(endpoints=[status], runs={"chain": runs}, nodes=nodes)


@pytest.fixture(scope="module")
def exposed():
    """What Prometheus reads: the value of each sample by name and labels."""
    content_type, body = exposition(snapshot)("")
    assert content_type.startswith("text/plain; version=")
    families = text_string_to_metric_families(body.decode())
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


@pytest.mark.parametrize("name", NAMES)
def test_every_metric_is_exposed(exposed, name):
    """Each metric of the registry has a value in the exposition of a snapshot that has one for it."""
    assert any(sample.removesuffix("_bucket") == name for sample, *_ in exposed)


def test_no_two_metrics_show_the_same_figure(exposed):
    """Of figures that all differ each is shown once: no metric reads another one's."""
    kinds = {metric.name: metric.kind for metric in METRICS}
    plain = {key: value for key, value in exposed.items() if kinds.get(key[0]) in (Kind.COUNTER, Kind.GAUGE)}
    figures = [value for (name, *labels), value in plain.items() if value > 1]
    assert sorted(figures) == sorted(set(figures))
    assert {*range(2, len(EndpointCounts.__slots__) + 1), 21, 22, 23, 24, 31, 32, 41, 42, 43, 44, 51, 61, 62} <= set(
        figures
    )


def test_labels_and_streams(exposed):
    """A stream's figures are told by endpoint and stream; what is not known is left out, a fault is 1."""
    assert exposed["rulechain_lag_entries", 'e"1', "s"] == 41
    assert ("rulechain_lag_seconds", 'e"1', "t") not in exposed
    assert exposed["rulechain_oldest_pending_seconds", 'e"1', "t"] == 0
    assert [exposed["rulechain_stream_fault", 'e"1', stream] for stream in "st"] == [0, 1]
    assert exposed["rulechain_node_failures_total", "c", 'e"1', "n"] == 24
    assert exposed["rulechain_node_outcomes_total", "chain", "node", "Failure"] == 62
    assert exposed["rulechain_node_seconds_sum", "chain", "node"] == 0.75
    assert exposed["rulechain_node_seconds_count", "chain", "node"] == 123


def test_histograms_are_cumulative(exposed):
    """Each bucket has the smaller ones in it; the last has all, and sum and count are told."""
    buckets = {key[-1]: value for key, value in exposed.items() if key[0] == "rulechain_delivery_count_bucket"}
    assert buckets == {"1.0": 5, "2.0": 6, "3.0": 6, "4.0": 6, "5.0": 6, "10.0": 6, "+Inf": 7}
    assert exposed["rulechain_delivery_count_sum", 'e"1'] == 5 + 2 + 99
    assert exposed["rulechain_delivery_count_count", 'e"1'] == 7
    assert exposed["rulechain_end_to_end_seconds_bucket", 'e"1', "3600.0"] == 0
    assert exposed["rulechain_chain_run_seconds_bucket", "chain", "1.0"] == 1


def test_open_metrics_on_request():
    """A scraper that asks for OpenMetrics gets it."""
    content_type, body = exposition(snapshot)("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")


def test_names_follow_prometheus():
    """Names are unique and have our prefix; counters end in _total, and nothing else does."""
    assert len(set(NAMES)) == len(NAMES)
    for metric in METRICS:
        assert re.fullmatch(r"rulechain_[a-z_]+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)


def test_the_documentation_lists_the_metrics():
    """The table of docs/observability.md is made of the registry: name, type, labels, meaning, alert."""
    rows = [
        f"| `{each.name}` | {each.kind} | {', '.join(each.labels)} | {each.meaning} | {each.alert or '-'} |"
        for each in METRICS
    ]
    text = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
    table = [line for line in text.splitlines() if line.startswith("| `rulechain_")]
    assert table == rows
