"""Spans of entries: whose children they are, what they say, and what is written with them."""

import asyncio

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from rulechain.observe.tracing import OpenTelemetryTracer
from support.chains import Chains, Gate, echo, fail
from support.eventually import eventually

pytestmark = pytest.mark.redis

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
QUICK = {"backoff": "10ms", "backoffMax": "20ms"}


@pytest.fixture
def exporter():
    """Keeps the spans."""
    return InMemorySpanExporter()


@pytest.fixture
def tracer(exporter):
    """Follows entries into the exporter."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return OpenTelemetryTracer(provider)


def hexadecimal(span):
    """The trace and span id as they stand in a traceparent."""
    context = span.get_span_context()
    return f"{context.trace_id:032x}", f"{context.span_id:016x}"


async def test_a_span_joins_the_producer_with_the_response(streams, exporter, tracer):
    """It is a child of the entry's traceparent, says what was run, and the response names it as the next parent."""
    names = streams.names
    async with streams:
        [id_] = await streams.send({"n": "1", "traceparent": TRACEPARENT})
        endpoint = streams.endpoint(echo)
        endpoint.trace(tracer)
        async with endpoint:
            await eventually(lambda: endpoint.status().counts.answered == 1)
        [answer] = await streams.answers()
    [span] = exporter.get_finished_spans()
    trace_id, span_id = hexadecimal(span)
    assert (trace_id, f"{span.parent.span_id:016x}", span.parent.is_remote) == (TRACE, PARENT, True)
    assert answer == {"n": "1", "traceparent": f"00-{TRACE}-{span_id}-01"}
    assert (span.name, span.kind, span.status.status_code) == (
        f"process {names.requests}",
        SpanKind.CONSUMER,
        StatusCode.UNSET,
    )
    assert dict(span.attributes) == {
        "messaging.system": "redis",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.destination.name": names.requests,
        "messaging.message.id": id_,
        "messaging.consumer.group.name": names.group,
        "rulechain.router": "r",
        "rulechain.delivery_count": 1,
        "rulechain.result": "done",
        "rulechain.responses": 1,
        "rulechain.chain": "work",
    }


@pytest.mark.parametrize("traceparent", [None, "nonsense", "00-0-0-00"])
async def test_a_trace_begins_where_there_is_none(streams, exporter, tracer, traceparent):
    """Without a traceparent, or with one that is none, the entry begins a trace of its own."""
    async with streams:
        await streams.send({"n": "1", **({} if traceparent is None else {"traceparent": traceparent})})
        endpoint = streams.endpoint(echo)
        endpoint.trace(tracer)
        async with endpoint:
            await eventually(lambda: endpoint.status().counts.answered == 1)
        [answer] = await streams.answers()
    [span] = exporter.get_finished_spans()
    assert span.parent is None
    version, *ids, _ = answer["traceparent"].split("-")
    assert (version, *ids) == ("00", *hexadecimal(span))


async def test_the_span_of_a_failure_names_the_node(streams, exporter, tracer):
    """Each try has its span; the status says why it failed, and the dead letter keeps the trace."""
    async with streams:
        await streams.send({"n": "1", "traceparent": TRACEPARENT}, {"n": "2"})
        endpoint = streams.endpoint(fail, maxDeliveries=2, **QUICK)
        endpoint.trace(tracer)
        async with endpoint:
            await eventually(lambda: endpoint.status().counts.dead == 2)
        letters = await streams.dead_letters()
    spans = exporter.get_finished_spans()
    assert [span.attributes["rulechain.delivery_count"] for span in spans] == [1, 1, 2, 2]
    assert {span.attributes["rulechain.node"] for span in spans} == {"node"}
    assert {(span.status.status_code, span.status.description) for span in spans} == {
        (StatusCode.ERROR, 'no luck (node "node")')
    }
    of_producer, of_its_own = sorted(letters, key=lambda letter: letter.fields)
    assert of_producer.trace == TRACE
    assert of_producer.fields == [b"n", b"1", b"traceparent", TRACEPARENT.encode()]
    last = next(span for span in reversed(spans) if span.attributes["messaging.message.id"] == of_its_own.id)
    assert of_its_own.trace == hexadecimal(last)[0]


async def test_the_span_is_current_while_the_chain_runs(streams, exporter, tracer):
    """Also behind a wait; two entries that are worked on at once do not see each other's."""
    seen = {}
    gate = Gate()

    async def chain(message):
        before = trace.get_current_span().get_span_context().span_id
        await gate.chain(message)
        seen[message.value["n"]] = before, trace.get_current_span().get_span_context().span_id
        return message

    async with streams:
        await streams.send_numbers(2)
        endpoint = streams.endpoint(chain)
        endpoint.trace(tracer)
        async with endpoint:
            await eventually(lambda: gate.waiting == 2)
            assert not trace.get_current_span().get_span_context().is_valid
            gate.opened.set()
            await eventually(lambda: endpoint.status().counts.answered == 2)
    spans = {
        span.attributes["messaging.message.id"]: span.get_span_context().span_id
        for span in exporter.get_finished_spans()
    }
    assert [seen[n] for n in "01"] == [(span_id, span_id) for _, span_id in sorted(spans.items())]


async def test_an_entry_that_is_handed_back_has_a_span(streams, exporter, tracer):
    """A stop that ends a run ends its span as abandoned, and no coroutine is left behind."""
    async with streams:
        await streams.send_numbers(1)
        endpoint = streams.endpoint(Gate().chain)
        endpoint.trace(tracer)
        await endpoint.start()
        await eventually(lambda: endpoint.status().in_flight == 1)
        await asyncio.sleep(0)
        await endpoint.stop(drain_s=0)
    assert [span.attributes["rulechain.result"] for span in exporter.get_finished_spans()] == ["abandoned"]


async def test_without_a_tracer_nothing_is_added(streams):
    """A traceparent is a field like any other then."""
    async with streams:
        await streams.send({"n": "1"}, {"n": "2", "traceparent": TRACEPARENT})
        async with streams.endpoint(Chains(work=echo)) as endpoint:
            await eventually(lambda: endpoint.status().counts.answered == 2)
        assert await streams.answers() == [{"n": "1"}, {"n": "2", "traceparent": TRACEPARENT}]
