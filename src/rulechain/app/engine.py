"""The engine: loads chains, runs them, and builds the endpoints that feed them."""

import asyncio
import dataclasses
import os
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rulechain.api import (
    Cache,
    CacheStore,
    ComponentSpec,
    Endpoint,
    EndpointSpec,
    HostFunction,
    HostFunctions,
    Observer,
)
from rulechain.app.chain import Chain
from rulechain.app.closing import Closing
from rulechain.app.endpoints import (
    EndpointBuilding,
    build_endpoint,
    chain_endpoints,
    check_chain_endpoints,
    with_shared_servers,
    with_variables,
)
from rulechain.app.executor import StoreExecutor
from rulechain.app.plugins import installed_components, installed_endpoints
from rulechain.app.services import compile_services
from rulechain.components.builtin import builtin_components
from rulechain.components.registry import ComponentRegistry
from rulechain.connections import SharedConnections
from rulechain.diagnostics import Code, Diagnostic, Location, Source, errors_in
from rulechain.diagnostics.errors import ChainError, EndpointConfigurationError
from rulechain.endpoints.builtin import builtin_endpoints
from rulechain.endpoints.registry import EndpointRegistry
from rulechain.loader import DocumentSource, Loaded, load_chain, load_documents, load_endpoint
from rulechain.model import ChainDefinition, EndpointDefinition
from rulechain.observe.runs import RunTimes
from rulechain.plan import ChainPlan, Compiled, compile_chain
from rulechain.plan.compile import chain_vars
from rulechain.runtime import ChainStore, MemoryCache, RunOptions
from rulechain.script import ScriptRuntime
from rulechain.values import string_map


class Engine:
    """Holds chains by id and runs messages through them.

    Some components keep connections. They are closed when their chain is replaced or removed, with the event loop they
    were opened in, and by `close`, which `async with Engine(…) as engine:` calls.

    Args:
        properties: RuleGo's global properties, `${global.site}`.
        udfs: JavaScript sources by name, available to every script.
        script_timeout_s: The longest a script may run, in seconds of processor time; 0 means no limit.
        allow_cycles: Load chains whose connections form a cycle; a run is then bounded by its number of steps.
        failure_ends: In chains with `end` nodes, an unhandled failure is an end too (RuleGo's OnEndWithFailure).
        components: Further components; see `rulechain.component`.
        endpoints: Further endpoint types.
        secret_key: For components that decrypt `configuration.secrets` of chains; no built-in one does yet.
        functions: What the `functions` component finds, by name: `f(message, context)` gives outcomes.
        observer: Is told of each message that enters or leaves a node in debug mode.
        cache: What cacheSet and its like keep values in; by default the engine's own memory.
        run_times: Takes note of how long the chains of its endpoints run.
    """

    def __init__(  # noqa: PLR0913 - the façade named in the public contract
        self,
        properties: Mapping[str, str] | None = None,
        *,
        udfs: Mapping[str, str] | None = None,
        script_timeout_s: float = 2.0,
        allow_cycles: bool = False,
        failure_ends: bool = True,
        components: Iterable[ComponentSpec] = (),
        endpoints: Iterable[EndpointSpec] = (),
        secret_key: str | None = None,
        functions: Mapping[str, HostFunction] | None = None,
        observer: Observer | None = None,
        cache: CacheStore | None = None,
        run_times: RunTimes | None = None,
    ) -> None:
        self.components = ComponentRegistry([*builtin_components(), *installed_components(), *components])
        self.endpoint_types = EndpointRegistry([*builtin_endpoints(), *installed_endpoints(), *endpoints])
        self.connections = SharedConnections()
        self.secret_key = secret_key
        self._failure_ends = failure_ends
        self._observer = observer
        self._store = ChainStore()
        # The endpoints built of a single document, whose connections later ones may share.
        self._endpoints: dict[str, EndpointDefinition] = {}
        self._closing = Closing()
        store = MemoryCache() if cache is None else cache
        # A store that was given to the engine is not its own to clear.
        self._own_cache = store if cache is None else None
        globals_ = string_map(properties)
        provided = (
            ScriptRuntime(globals_, udfs or {}, timeout_s=script_timeout_s),
            HostFunctions(functions),
            Cache(store),
            self.connections,
        )
        self._services = compile_services(self.components, globals_, provided, allow_cycles=allow_cycles)
        self._executor = StoreExecutor(self._store, self._services, self._run_options)
        self.run_times = run_times
        self._endpoint_executor = self._executor if run_times is None else run_times.around(self._executor)

    def load(self, document: DocumentSource, chain_id: str | None = None) -> Chain:
        """Load a chain; one that has the id already is replaced, and messages under way end on the old version.

        Args:
            document: A path, JSON text, bytes, or the decoded object. A str is JSON text when it is blank or begins
                (after a byte order mark) with one of `{ [ " -`, a digit, `true`, `false` or `null`; else it is a path.
            chain_id: Overrides the document's id, which then becomes an alias.

        Raises:
            ChainError: The document is wrong; `.diagnostics` holds every finding. Nothing was replaced.
        """
        loaded = load_chain(document)
        compiled = self.compile(loaded, chain_id)
        if compiled.plan is None or loaded.definition is None:
            raise ChainError(compiled.diagnostics)
        self._closing.retire(self._store.put(compiled.plan, alias=loaded.definition.id))
        return Chain(compiled.plan, self._run_options)

    def load_folder(self, folder: str | os.PathLike[str]) -> list[Chain]:
        """Load every chain document in a folder and below, in the order of their paths: all of them or none.

        Endpoint documents among them are passed over.

        Raises:
            ChainError: Some document is wrong; `.diagnostics` holds the findings of all.
        """
        loaded = load_documents([folder])
        chains, diagnostics = self.compile_all(loaded)
        if errors_in(diagnostics):
            raise ChainError(diagnostics)
        return self.put(chains)

    def compile(self, loaded: Loaded[ChainDefinition], chain_id: str | None = None) -> Compiled:
        """Compile a loaded document without storing it: the plan or None, with all findings."""
        definition = loaded.definition
        if definition is None:
            return Compiled(None, loaded.diagnostics)
        named = dataclasses.replace(definition, id=chain_id or definition.id or _name_for(loaded.source))
        compiled = compile_chain(named, self._services)
        endpoints = check_chain_endpoints(named, self.endpoint_types)
        found = (*loaded.diagnostics, *compiled.diagnostics, *endpoints)
        plan = None if errors_in(found) or compiled.plan is None else dataclasses.replace(compiled.plan, warnings=found)
        return Compiled(plan, found)

    def compile_all(self, documents: Iterable[Loaded[Any]]) -> tuple[list[ChainPlan], list[Diagnostic]]:
        """Compile the chains among loaded documents: their plans, and the findings of all documents."""
        plans: list[ChainPlan] = []
        diagnostics: list[Diagnostic] = []
        for loaded in documents:
            if not isinstance(loaded.definition, ChainDefinition):
                diagnostics += loaded.diagnostics
                continue
            compiled = self.compile(loaded)
            diagnostics += compiled.diagnostics
            if compiled.plan is not None:
                plans.append(compiled.plan)
        return plans, diagnostics + repeated_ids([plan.definition for plan in plans])

    def put(self, plans: Iterable[ChainPlan]) -> list[Chain]:
        """Store compiled chains; each replaces the one of its id, if any."""
        chains = [Chain(plan, self._run_options) for plan in plans]
        for chain in chains:
            self._closing.retire(self._store.put(chain.plan))
        return chains

    def get(self, chain_id: str) -> Chain | None:
        """Return the chain of an id or alias, as it is now."""
        plan = self._store.find(chain_id)
        return None if plan is None else Chain(plan, self._run_options)

    def remove(self, chain_id: str) -> None:
        """Forget a chain, and its own keys in the engine's own cache; messages under way end on it.

        An unknown id is no mistake.
        """
        plan = self._store.remove(chain_id)
        self._closing.retire(plan)
        if plan is not None and self._own_cache is not None:
            self._own_cache.delete_prefix(f"{plan.chain_id}:")

    @property
    def chains(self) -> Mapping[str, Chain]:
        """The chains by id, as they are now."""
        found = ((chain_id, self.get(chain_id)) for chain_id in list(self._store))
        return {chain_id: chain for chain_id, chain in found if chain is not None}

    async def close(self) -> None:
        """Close what the nodes of all chains hold, connections above all; stop the endpoints before."""
        plans = [*filter(None, map(self._store.find, self._store)), *self._executor.plans]
        await asyncio.gather(*(plan.close() for plan in plans if plan.needs_closing), self._closing.wait())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def endpoint(self, document: DocumentSource) -> Endpoint:
        """Build an endpoint that feeds this engine's chains; start it with `await endpoint.start()`.

        Args:
            document: An endpoint document: a path, JSON text, bytes, or the decoded object. A `server` of the form
                `ref://id` is that of an endpoint built before, or one named by `engine.connections.define`.

        Raises:
            EndpointConfigurationError: The document is wrong; `.diagnostics` holds every finding.
        """
        loaded = load_endpoint(document)
        if loaded.definition is None or errors_in(loaded.diagnostics):
            raise EndpointConfigurationError(loaded.diagnostics)
        [definition] = self.share_servers([self.fill_in(loaded.definition)])
        endpoint, diagnostics = self.build_endpoint(definition)
        if endpoint is None:
            raise EndpointConfigurationError(diagnostics)
        if definition.id:
            self._endpoints[definition.id] = definition
        return endpoint

    def share_servers(self, definitions: Iterable[EndpointDefinition]) -> list[EndpointDefinition]:
        """Return endpoints, those with `"server": "ref://id"` connected as the endpoint of that id is, if there is one.

        That may be another one of them, or one built earlier by `endpoint`. Other ids are those of `connections`.
        """
        return with_shared_servers(definitions, self.endpoint_types, self._endpoints)

    def fill_in(self, definition: EndpointDefinition) -> EndpointDefinition:
        """Return an endpoint document with the engine's `${global.x}` filled in."""
        return with_variables(definition, self._services.properties)

    def build_endpoint(self, definition: EndpointDefinition) -> tuple[Endpoint | None, list[Diagnostic]]:
        """Build an endpoint of a definition: the endpoint or None, with all findings. Nothing is connected yet."""
        building = EndpointBuilding(self._endpoint_executor, {SharedConnections: self.connections})
        return build_endpoint(definition, self.endpoint_types, building), building.diagnostics

    def plan_endpoints(self, plan: ChainPlan) -> list[EndpointDefinition]:
        """Return the endpoints that a chain's own document declares, ready to be built."""
        definition = plan.definition
        return chain_endpoints(definition, self._services.properties, chain_vars(definition.configuration))

    def _run_options(
        self,
        *,
        start: tuple[str, ...] = (),
        only_first: bool = False,
        timeout_s: float | None = None,
        debug: bool | None = None,
        trace: bool = False,
    ) -> RunOptions:
        return RunOptions(
            start=start,
            only_first=only_first,
            timeout_s=timeout_s,
            debug=debug,
            trace=trace,
            failure_ends=self._failure_ends,
            observer=self._observer,
            find_chain=self._store.find,
        )


def repeated_ids(definitions: Iterable[ChainDefinition]) -> list[Diagnostic]:
    """Return a finding for each chain whose id another document has already."""
    first: dict[str, ChainDefinition] = {}
    diagnostics = []
    for definition in definitions:
        other = first.setdefault(definition.id, definition)
        if other is not definition:
            message = f'chain id "{definition.id}" is taken by {other.source.name}'
            location = Location(definition.source, "/ruleChain/id")
            diagnostics.append(Diagnostic(Code.DUPLICATE_CHAIN_ID, message, location))
    return diagnostics


def _name_for(source: Source) -> str:
    """Return an id for a chain that has none: its file's name, else a new one."""
    path = Path(source.name)
    return path.stem if path.suffix == ".json" else str(uuid.uuid4())
