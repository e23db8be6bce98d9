"""Serve the chains and endpoints of a set of documents until told to stop."""

import asyncio
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from rulechain.api import Endpoint, EndpointStatus, EntryTracer
from rulechain.app.endpoints import repeated_endpoints, setting_of, with_server, with_setting
from rulechain.app.engine import Engine
from rulechain.diagnostics import Diagnostic, errors_in
from rulechain.diagnostics.errors import ChainError
from rulechain.loader import load_documents
from rulechain.model import EndpointDefinition
from rulechain.observe.metrics import Snapshot
from rulechain.observe.taps import Taps
from rulechain.plan import ChainPlan


@dataclass(frozen=True, slots=True)
class _Serving:
    """An endpoint and the definition it was built of."""

    definition: EndpointDefinition
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class _Documents:
    """What a set of documents gives; usable only when no finding is an error."""

    plans: list[ChainPlan]
    definitions: list[EndpointDefinition]
    diagnostics: list[Diagnostic]


class Service:
    """The chains and endpoints of some documents.

    Args:
        engine: Holds the chains; the service adds and replaces them.
        server: Overrides the `server` of every endpoint.
        worker: Names this process among several; it is appended to a configured consumer name.
    """

    def __init__(self, engine: Engine, *, server: str | None = None, worker: str = "") -> None:
        self._engine = engine
        self._server = server
        self._worker = worker
        self._serving: dict[str, _Serving] = {}
        self._chain_ids: set[str] = set()
        self._tracer: EntryTracer | None = None

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints, started or not."""
        return tuple(serving.endpoint for serving in self._serving.values())

    def load(self, paths: Iterable[str | os.PathLike[str]]) -> tuple[Diagnostic, ...]:
        """Load documents, folders included, and build their endpoints without connecting.

        Returns:
            What is doubtful.

        Raises:
            ChainError: Some document is wrong; `.diagnostics` holds the findings of all. Nothing was loaded.
        """
        documents = self._read(paths)
        endpoints = self._build(documents, documents.definitions)
        if errors_in(documents.diagnostics):
            raise ChainError(documents.diagnostics)
        self._put(documents.plans)
        self._remove_others(documents.plans)
        self._serving = endpoints
        return tuple(documents.diagnostics)

    async def start(self) -> None:
        """Begin to consume; a server that is away is retried in the background."""
        await asyncio.gather(*(endpoint.start() for endpoint in self.endpoints))

    async def stop(self, drain_s: float = 10.0) -> None:
        """Stop reading everywhere, let work in flight finish for at most `drain_s` seconds, and close."""
        await asyncio.gather(*(endpoint.stop(drain_s) for endpoint in self.endpoints))

    def status(self) -> list[EndpointStatus]:
        """Return how each endpoint is doing."""
        return [endpoint.status() for endpoint in self.endpoints]

    def snapshot(self) -> Snapshot:
        """Return everything that metrics show: how each endpoint is doing, and how long chains run."""
        times = self._engine.run_times
        if times is None:
            return Snapshot(endpoints=self.status())
        return Snapshot(endpoints=self.status(), runs=times.snapshot(), nodes=times.nodes())

    @property
    def taps(self) -> Taps | None:
        """Who looks at messages; None where runs are not timed."""
        times = self._engine.run_times
        return None if times is None else times.taps

    def trace(self, tracer: EntryTracer) -> None:
        """Have each entry followed from the next start of its endpoint on, also where a reload makes a new one."""
        self._tracer = tracer
        for endpoint in self.endpoints:
            endpoint.trace(tracer)

    async def reload(self, paths: Iterable[str | os.PathLike[str]], drain_s: float = 10.0) -> tuple[Diagnostic, ...]:
        """Load the documents again; a set with an error changes nothing.

        Chains are swapped whole. An endpoint whose document did not change goes on untouched; of one that did, the old
        one drains before the new one starts. Consumer groups and their positions stay.

        Returns:
            Every finding.
        """
        documents = self._read(paths)
        changed = [definition for definition in documents.definitions if self._differs(definition)]
        fresh = self._build(documents, changed)
        if errors_in(documents.diagnostics):
            return tuple(documents.diagnostics)
        kept = {definition.id for definition in documents.definitions} - fresh.keys()
        old = [serving.endpoint for id_, serving in self._serving.items() if id_ not in kept]
        self._put(documents.plans)
        await asyncio.gather(*(endpoint.stop(drain_s) for endpoint in old))
        # Not before: until here the old endpoints may have led entries to chains that are gone now.
        self._remove_others(documents.plans)
        self._serving = {id_: serving for id_, serving in self._serving.items() if id_ in kept} | fresh
        await asyncio.gather(*(serving.endpoint.start() for serving in fresh.values()))
        return tuple(documents.diagnostics)

    def _read(self, paths: Iterable[str | os.PathLike[str]]) -> _Documents:
        loaded = load_documents(paths)
        plans, diagnostics = self._engine.compiler.compile_all(loaded)
        definitions = [
            self._engine.fill_in(document.definition)
            for document in loaded
            if isinstance(document.definition, EndpointDefinition) and not document.errors
        ]
        for plan in plans:
            definitions += self._engine.plan_endpoints(plan)
        named = [
            definition if definition.id else replace(definition, id=f"{definition.type}#{index}")
            for index, definition in enumerate(definitions)
        ]
        diagnostics += repeated_endpoints(named)
        connected = self._engine.share_servers(named)
        return _Documents(plans, [self._at_home(definition) for definition in connected], diagnostics)

    def _build(self, documents: _Documents, definitions: Iterable[EndpointDefinition]) -> dict[str, _Serving]:
        built: dict[str, _Serving] = {}
        for definition in definitions:
            endpoint, diagnostics = self._engine.build_endpoint(definition)
            documents.diagnostics.extend(diagnostics)
            if endpoint is not None:
                if self._tracer is not None:
                    endpoint.trace(self._tracer)
                built[definition.id] = _Serving(definition, endpoint)
        return built

    def _put(self, plans: list[ChainPlan]) -> None:
        self._engine.put(plans)
        self._chain_ids |= {plan.chain_id for plan in plans}

    def _remove_others(self, plans: list[ChainPlan]) -> None:
        ids = {plan.chain_id for plan in plans}
        for gone in self._chain_ids - ids:
            self._engine.remove(gone)
        self._chain_ids = ids

    def _at_home(self, definition: EndpointDefinition) -> EndpointDefinition:
        """Return the endpoint with what the command line says about server and worker."""
        if self._server is not None:
            definition = with_server(definition, self._engine.endpoint_types, self._server)
        if self._worker and (consumer := setting_of(definition, "consumer")):
            definition = with_setting(definition, "consumer", f"{consumer}-{self._worker}")
        return definition

    def _differs(self, definition: EndpointDefinition) -> bool:
        serving = self._serving.get(definition.id)
        return serving is None or _facts(serving.definition) != _facts(definition)


def _facts(definition: EndpointDefinition) -> tuple[Any, ...]:
    """Return what makes an endpoint the endpoint it is, without where it is written."""
    routers = tuple((router.id, router.from_, router.to, router.params) for router in definition.routers)
    return definition.type, definition.configuration, definition.processors, routers
