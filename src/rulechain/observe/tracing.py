"""A span for each entry, in OpenTelemetry (the extra `otel`).

The span is a child of the one that the entry's field `traceparent` names. While the chain runs it is the current span,
so that what instrumented libraries do in it belongs to it.
"""

import os
from collections.abc import Mapping
from contextvars import Token
from types import TracebackType

from opentelemetry import context, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from rulechain.api import EntryEnd, Inbound

_propagator = TraceContextTextMapPropagator()
_GOOD = ("done", "filtered")


class OpenTelemetryTracer:
    """Implements `api.EntryTracer`.

    Args:
        provider: Where spans go; by default the program's own provider.
    """

    def __init__(self, provider: TracerProvider | None = None) -> None:
        self._tracer = trace.get_tracer("rulechain", tracer_provider=provider)

    def begin(self, inbound: Inbound, router_id: str) -> "OpenTelemetrySpan":
        """Return the span of an entry that a router has taken."""
        metadata = inbound.message.metadata
        span = self._tracer.start_span(
            f"process {inbound.topic}",
            context=_propagator.extract(_carrier(inbound), context=context.Context()),
            kind=SpanKind.CONSUMER,
            attributes={
                "messaging.system": "redis",
                "messaging.operation.type": "process",
                "messaging.operation.name": "process",
                "messaging.destination.name": inbound.topic,
                "messaging.message.id": inbound.entry_id,
                "messaging.consumer.group.name": metadata["groupId"],
                "rulechain.router": router_id,
                "rulechain.delivery_count": int(metadata["deliveryCount"] or 1),
            },
        )
        return OpenTelemetrySpan(span)


class OpenTelemetrySpan:
    """Implements `api.EntrySpan`."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._context = trace.set_span_in_context(span)
        self._token: Token[context.Context] | None = None

    @property
    def traceparent(self) -> str:
        """The span, for those that come after it."""
        carrier: dict[str, str] = {}
        _propagator.inject(carrier, self._context)
        return carrier.get("traceparent", "")

    def __enter__(self) -> None:
        self._token = context.attach(self._context)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            context.detach(self._token)

    def end(self, ended: EntryEnd) -> None:
        """Say how it ended, and end it."""
        span = self._span
        span.set_attributes({"rulechain.result": ended.result, "rulechain.responses": ended.responses})
        if ended.chain_id:
            span.set_attribute("rulechain.chain", ended.chain_id)
        if ended.node_id:
            span.set_attribute("rulechain.node", ended.node_id)
        if ended.result not in _GOOD:
            span.set_status(Status(StatusCode.ERROR, ended.reason))
        span.end()


class SpanExport:
    """A tracer whose spans go to the collector that the environment names (OTEL_EXPORTER_OTLP_ENDPOINT and others).

    A program that has set up OpenTelemetry already, as `opentelemetry-instrument` does, keeps its own provider.
    """

    def __init__(self) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - the SDK
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - is not needed by those who bring a provider
        from opentelemetry.sdk.trace import TracerProvider as SdkProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        self._provider: SdkProvider | None = None
        if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
            names = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "rulechain"}
            self._provider = SdkProvider(resource=Resource.create(names))
            self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self.tracer = OpenTelemetryTracer(self._provider)

    def close(self) -> None:
        """Send what is left. It blocks while the collector is silent."""
        if self._provider is not None:
            self._provider.shutdown()


def _carrier(inbound: Inbound) -> Mapping[str, str]:
    """Return the fields of an entry that say what it is part of."""
    fields = inbound.message.value
    if not isinstance(fields, dict):
        return {}
    return {name: text for name in ("traceparent", "tracestate") if isinstance(text := fields.get(name), str)}
