"""The metrics in Prometheus's format, written by its own client library (the extra `metrics`)."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as MetricFamily
from prometheus_client.registry import Collector

from rulechain.api import Histogram
from rulechain.observe.metrics import METRICS, Kind, Metric, Snapshot


class StatusCollector(Collector):
    """Collects what a snapshot says at the moment of a scrape.

    `registry.register(StatusCollector(take))` adds the metrics to the registry of a program of one's own.
    """

    def __init__(self, take: Callable[[], Snapshot]) -> None:
        self._take = take

    def describe(self) -> Iterable[MetricFamily]:
        """Return the metrics without values: nobody has to be asked for them."""
        return map(_family, METRICS)

    def collect(self) -> Iterator[MetricFamily]:
        """Yield the metrics with their values."""
        snapshot = self._take()
        for metric in METRICS:
            family = _family(metric)
            for labels, value in metric.read(snapshot):
                if isinstance(value, Histogram):
                    family.add_metric(labels, _buckets(value), value.total)  # type: ignore[attr-defined]
                else:
                    family.add_metric(labels, value)  # type: ignore[attr-defined]
            yield family


def exposition(take: Callable[[], Snapshot]) -> Callable[[str], tuple[str, bytes]]:
    """Return what makes the page `/metrics`, of an Accept header: its content type and its bytes."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StatusCollector(take))
    ProcessCollector(registry=registry)

    def page(accept: str) -> tuple[str, bytes]:
        encode, content_type = choose_encoder(accept)
        return content_type, encode(registry)

    return page


def _family(metric: Metric) -> MetricFamily:
    match metric.kind:
        case Kind.COUNTER:
            return CounterMetricFamily(metric.name, metric.meaning, labels=metric.labels)
        case Kind.GAUGE:
            return GaugeMetricFamily(metric.name, metric.meaning, labels=metric.labels)
        case Kind.HISTOGRAM:
            return HistogramMetricFamily(metric.name, metric.meaning, labels=metric.labels)


def _buckets(histogram: Histogram) -> list[tuple[str, float]]:
    """Return the counts as Prometheus has them: each with those of the smaller bounds."""
    buckets: list[tuple[str, float]] = []
    so_far = 0
    for bound, count in zip((*histogram.bounds, None), histogram.counts, strict=True):
        so_far += count
        buckets.append(("+Inf" if bound is None else repr(float(bound)), so_far))
    return buckets
