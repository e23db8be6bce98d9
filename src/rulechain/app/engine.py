"""The engine: loads chains, runs them, and builds the endpoints that feed them."""

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rulechain.api import (
    Aspect,
    Cache,
    CacheStore,
    ComponentSpec,
    Endpoint,
    EndpointSpec,
    HostFunction,
    HostFunctions,
    Observer,
    RunObserver,
)
from rulechain.app.aspects import tell
from rulechain.app.chain import Chain
from rulechain.app.closing import Closing
from rulechain.app.compiler import ChainCompiler
from rulechain.app.endpoints import (
    EndpointBuilding,
    build_endpoint,
    chain_endpoints,
    with_shared_servers,
    with_variables,
)
from rulechain.app.executor import StoreExecutor
from rulechain.app.nodes import with_node
from rulechain.app.plugins import installed_types
from rulechain.app.running import Running
from rulechain.app.services import compile_services, language_functions
from rulechain.components.builtin import deferred_components
from rulechain.components.registry import ComponentRegistry
from rulechain.connections import SharedConnections
from rulechain.diagnostics import Diagnostic, errors_in
from rulechain.diagnostics.errors import ChainError, EndpointConfigurationError, RunError
from rulechain.endpoints.builtin import builtin_endpoints
from rulechain.endpoints.registry import EndpointRegistry
from rulechain.loader import DocumentSource, load_chain, load_documents, load_endpoint
from rulechain.model import EndpointDefinition
from rulechain.plan import ChainPlan
from rulechain.plan.compile import chain_vars
from rulechain.runtime import ChainStore, MemoryCache
from rulechain.script import ScriptRuntime
from rulechain.values import string_map

if TYPE_CHECKING:
    from rulechain.observe.runs import RunTimes

# What a stopped chain says, in RuleGo's words.
STOPPED = "engine is shutting down"


class Engine:
    """Holds chains by id and runs messages through them.

    Some components keep connections. They are closed when their chain is replaced or removed, with the event loop they
    were opened in, and by `close` and `aclose`, which `with Engine(…) as engine:` and `async with` call.

    Args:
        properties: RuleGo's global properties, `${global.site}`.
        udfs: JavaScript sources by name, available to every script.
        script_timeout_s: The longest a script may run, in seconds of processor time; 0 means no limit.
        allow_cycles: Load chains whose connections form a cycle; a run is then bounded by its number of steps.
        failure_ends: In chains with `end` nodes, an unhandled failure is an end too (RuleGo's OnEndWithFailure).
        components: Further components; see `rulechain.component`.
        endpoints: Further endpoint types.
        secret_key: Decrypts the `configuration.secrets` of chains, which their nodes use as `${secrets.x}`.
        functions: What the `functions` component finds, by name: `f(message, context)` gives outcomes.
        observer: Is told of each message that enters or leaves a node in debug mode (`node_event`), and of each run
            that has ended (`run_completed`), as far as the run log is on.
        run_log: Which snapshots of runs the observer gets: `off`, `summary`, or `detail`, which has what each node did.
            A chain's `additionalInfo.runLogMode` overrides it.
        aspects: What stands around nodes and runs, in this order.
        cache: What cacheSet and its like keep values in; by default the engine's own memory.
        include_folders: Where expressions may read files, with `include` and `fileExists`; none by default, which
            switches both off.
        run_times: Takes note of how long the chains of its endpoints, and their nodes, take.

    Raises:
        NotADirectoryError: One of the `include_folders` is none.
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
        observer: Observer | RunObserver | None = None,
        run_log: str = "off",
        aspects: Sequence[Aspect] = (),
        cache: CacheStore | None = None,
        include_folders: Iterable[str | os.PathLike[str]] = (),
        run_times: "RunTimes | None" = None,
    ) -> None:
        found, found_endpoints = installed_types()
        self.components = ComponentRegistry([*found, *components], deferred=deferred_components())
        self.endpoint_types = EndpointRegistry([*builtin_endpoints(), *found_endpoints, *endpoints])
        self.connections = SharedConnections()
        self._aspects = tuple(aspects)
        self._store = ChainStore()
        self._running = Running(
            self._store.find, failure_ends=failure_ends, observer=observer, run_log=run_log, aspects=self._aspects
        )
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
            language_functions(include_folders),
        )
        self._services = compile_services(
            self.components, globals_, provided, allow_cycles=allow_cycles, secret_key=secret_key
        )
        self.compiler = ChainCompiler(self._services, self.endpoint_types, self._aspects)
        self._executor = StoreExecutor(self._store, self._services, self._running)
        self.run_times = run_times
        timed = None if run_times is None else run_times.around(self._executor, self._executor.execute_traced)
        self._endpoint_executor = timed or self._executor

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
        compiled = self.compiler.compile(loaded, chain_id)
        if compiled.plan is None or loaded.definition is None:
            raise ChainError(compiled.diagnostics)
        return self._put(compiled.plan, alias=loaded.definition.id)

    def load_folder(self, folder: str | os.PathLike[str]) -> list[Chain]:
        """Load every chain document in a folder and below, in the order of their paths: all of them or none.

        Endpoint documents among them are passed over. Loading a folder again replaces the chains whose documents have
        changed; the others go on as they are.

        Raises:
            ChainError: Some document is wrong; `.diagnostics` holds the findings of all.
        """
        loaded = load_documents([folder])
        chains, diagnostics = self.compiler.compile_all(loaded)
        if errors_in(diagnostics):
            raise ChainError(diagnostics)
        return self.put(chains)

    def put(self, plans: Iterable[ChainPlan]) -> list[Chain]:
        """Store compiled chains; each replaces the one of its id, unless that has the same definition."""
        return [self._put_changed(plan) for plan in plans]

    def get(self, chain_id: str) -> Chain | None:
        """Return the chain of an id or alias, as it is now."""
        plan = self._store.find(chain_id)
        return None if plan is None else self._chain(plan)

    def remove(self, chain_id: str) -> None:
        """Forget a chain, and its own keys in the engine's own cache; messages under way end on it.

        An unknown id is no mistake.
        """
        plan = self._store.remove(chain_id)
        if plan is None:
            return
        self._closing.retire(plan)
        if self._own_cache is not None:
            self._own_cache.delete_prefix(f"{plan.chain_id}:")
        tell(self._aspects, "on_closed", plan.definition)

    def stop(self, chain_id: str) -> None:
        """Turn messages to a chain away from now on, each with a Failure; messages under way end on it.

        It stays known, and loading it starts it again. An unknown id is no mistake.
        """
        plan = self._store.find(chain_id)
        if plan is not None and not plan.is_stopped:
            self._closing.retire(self._store.put(plan.stopped(STOPPED)))
            tell(self._aspects, "on_closed", plan.definition)

    @property
    def chains(self) -> Mapping[str, Chain]:
        """The chains by id, as they are now."""
        found = ((chain_id, self.get(chain_id)) for chain_id in list(self._store))
        return {chain_id: chain for chain_id, chain in found if chain is not None}

    def close(self, drain_s: float = 10.0) -> None:
        """Let runs under way finish, for at most so many seconds; then close what nodes hold, connections above all.

        Stop the endpoints before. The chains stay: an engine that is used again opens what it needs again.

        Raises:
            RunError: An event loop is running in this thread: use `aclose` there.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            asyncio.run(self.aclose(drain_s))
        else:
            raise RunError("inside a running event loop use `await engine.aclose()`")

    async def aclose(self, drain_s: float = 10.0) -> None:
        """Close inside a running event loop; as `close`."""
        plans = list(filter(None, map(self._store.find, self._store)))
        await self._running.drain(drain_s)
        await self._closing.wait([*plans, *self._executor.plans], drain_s)
        await asyncio.to_thread(self._running.loop.stop)
        for plan in plans:
            tell(self._aspects, "on_closed", plan.definition)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

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
        building = EndpointBuilding(self._endpoint_executor, self._services.instances)
        endpoint = build_endpoint(definition, self.endpoint_types, building)
        return endpoint, self.compiler.masked(building.diagnostics)

    def plan_endpoints(self, plan: ChainPlan) -> list[EndpointDefinition]:
        """Return the endpoints that a chain's own document declares, ready to be built."""
        definition = plan.definition
        vars_ = chain_vars(definition.configuration)
        return chain_endpoints(definition, self._services.properties, vars_, plan.secrets.values)

    def _chain(self, plan: ChainPlan) -> Chain:
        return Chain(plan, self._running, self._reload_node)

    def _put(self, plan: ChainPlan, *, alias: str = "") -> Chain:
        old = self._store.put(plan, alias=alias)
        self._closing.retire(old, plan)
        tell(self._aspects, "on_loaded" if old is None else "on_reloaded", plan.definition)
        return self._chain(plan)

    def _put_changed(self, plan: ChainPlan) -> Chain:
        old = self._store.find(plan.chain_id)
        if old is None or old.is_stopped or old.definition != plan.definition:
            return self._put(plan)
        return self._chain(old)

    def _reload_node(self, chain_id: str, node_id: str, definition: DocumentSource) -> Chain:
        old = self._store.find(chain_id)
        loaded = with_node(chain_id, None if old is None else old.definition, node_id, definition)
        compiled = self.compiler.compile(loaded, chain_id)
        if compiled.plan is None or old is None:
            raise ChainError(compiled.diagnostics)
        return self._put(compiled.plan.keeping(old, but=node_id))
