"""The endpoint itself: routers in, then start, status, stop."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Self

from rulechain.api import (
    BuiltRouter,
    ChainExecutor,
    ConnectionState,
    EndpointCounts,
    EndpointMeasures,
    EndpointStatus,
    EntryTracer,
    Processor,
    SettledEntry,
)
from rulechain.connections.shared import Client
from rulechain.connections.slots import key_slot
from rulechain.diagnostics import Code, Diagnostic, Location, Severity, errors_in
from rulechain.diagnostics import Source as DocumentSource
from rulechain.diagnostics.errors import EndpointConfigurationError, EndpointError
from rulechain.endpoints.compile import RouterBuild, compile_router_plan
from rulechain.endpoints.redis_stream.consumers import Consumers
from rulechain.endpoints.redis_stream.entry import EntryReader
from rulechain.endpoints.redis_stream.held import Entry, Source
from rulechain.endpoints.redis_stream.server import Server
from rulechain.endpoints.redis_stream.settings import RedisStreamSettings
from rulechain.endpoints.redis_stream.tally import Tally
from rulechain.endpoints.redis_stream.tried import TriedEntry, try_entry
from rulechain.endpoints.routing import RouterPlan, RouteSwitch
from rulechain.endpoints.traced import traced
from rulechain.expr import FunctionRegistry
from rulechain.model import EndpointDefinition, RouterDefinition

_NO_PROCESSORS: Mapping[str, Processor] = {}


class RedisStreamEndpoint:
    """Feeds chains with the entries of Redis streams, and writes their responses to others.

    Use it as an async context manager, or call `start` and `stop`; both may be called again. One consumer reads all of
    its streams, or in a cluster those of a slot; more processes with the same group share the work.
    """

    def __init__(
        self,
        definition: EndpointDefinition,
        settings: RedisStreamSettings,
        executor: ChainExecutor,
        processors: Mapping[str, Processor],
        functions: FunctionRegistry,
        server: Server,
    ) -> None:
        self.definition = definition
        self.settings = settings
        self._executor = executor
        self._processors = processors
        self._functions = functions
        self._server = server
        self._consumer_name = settings.consumer_name()
        self._routers: dict[str, RouterPlan] = {}
        # Those whose responses or dead letters are known to go to another slot of the cluster.
        self._weaker: set[str] = set()
        self._counts = EndpointCounts()
        self._measures = EndpointMeasures()
        self._tracer: EntryTracer | None = None
        self._watchers: list[Callable[[SettledEntry], None]] = []
        self._client: Client | None = None
        self._sources: list[Source] = []
        self._consumers: Consumers | None = None
        self._is_running = False

    @property
    def id(self) -> str:
        """The endpoint's id."""
        return self.definition.id

    @property
    def routers(self) -> tuple[RouterPlan, ...]:
        """The routers, in the order in which they are asked."""
        return tuple(self._routers.values())

    def add_router(self, router: RouterDefinition | BuiltRouter) -> None:
        """Add a router; several on one stream need a `when` each, and the first whose `when` holds takes the entry.

        Raises:
            EndpointConfigurationError: The router is wrong; `.diagnostics` holds every finding.
            EndpointError: The endpoint is running.
        """
        findings = self.load_router(router)
        if errors_in(findings):
            raise EndpointConfigurationError(findings)

    def load_router(self, router: RouterDefinition | BuiltRouter) -> list[Diagnostic]:
        """Add a router unless it has errors, and return every finding."""
        if self._is_running:
            raise EndpointError(f'endpoint "{self.id}" is running: add routers before the start')
        if isinstance(router, RouterDefinition):
            definition, source, own = router, self.definition.source, _NO_PROCESSORS
        else:
            definition, own = router.definition, router.processors
            source = DocumentSource(f"<router {definition.id}>")
        definition = definition if definition.id else replace(definition, id=definition.from_.path)
        build = RouterBuild(
            source=source,
            executor=self._executor,
            processors=self._processors,
            functions=self._functions,
            own_processors=own,
            interceptors=self.definition.processors,
            interceptors_location=Location(self.definition.source, f"{self.definition.pointer}/processors"),
        )
        plan = compile_router_plan(definition, build)
        if plan is not None:
            build.diagnostics += self._clashes(plan)
            if slot_warnings := self._slot_warnings(plan):
                build.diagnostics += slot_warnings
                self._weaker.add(plan.id)
            if not errors_in(build.diagnostics):
                self._routers[plan.id] = plan
        return build.diagnostics

    async def start(self) -> None:
        """Begin to consume.

        Returns when the first attempt to reach the server has ended, well or not; a server that is away is tried again
        and again in the background, and `status` says so.
        """
        if self._is_running or not self._routers:
            return
        self._client = self._server.open_client()
        self._sources = self._make_sources()
        tally = Tally(self.id, self._counts, self._watchers, self._measures)
        self._consumers = Consumers(self._client, self._sources, self.settings, self._consumer_name, tally)
        self._is_running = True
        await self._consumers.start()

    async def stop(self, drain_s: float = 10.0) -> None:
        """Stop reading, let what was read be worked on and settled for at most `drain_s` seconds, and close.

        What is not settled by then is handed back: it stays pending, and whoever claims next takes it without waiting.
        """
        if not self._is_running or self._consumers is None or self._client is None:
            return
        await self._consumers.stop(drain_s)
        await self._client.close()
        self._is_running = False

    def status(self) -> EndpointStatus:
        """Return how the endpoint is doing now."""
        consumers = self._consumers
        if consumers is None:
            message = "" if self._routers else "it has no router, so there is nothing to read"
            return EndpointStatus(endpoint_id=self.id, state=ConnectionState.NONE, message=message)
        return EndpointStatus(
            endpoint_id=self.id,
            state=consumers.state,
            message=consumers.message,
            in_flight=consumers.in_flight,
            waiting=consumers.waiting,
            server=consumers.server,
            at_least_once=tuple(sorted({*self._weaker, *consumers.at_least_once()})),
            counts=replace(self._counts),
            streams=consumers.streams,
            measures=self._measures.copy(),
            silence_s=consumers.silence_s,
        )

    async def try_entry(self, stream: str, fields: Mapping[str, str]) -> TriedEntry:
        """Take an entry its whole way, without a server: nothing is read, written or settled.

        Args:
            stream: A stream that one of the routers reads.
            fields: What the entry says.
        """
        source = next(source for source in self._make_sources() if source.stream == stream)
        parts = [part.encode("utf-8", "replace") for pair in fields.items() for part in pair]
        return await try_entry(Entry(source, b"0-1", parts), self.settings.policy)

    def watch(self, watcher: Callable[[SettledEntry], None]) -> None:
        """Have a function called with each entry that is settled from now on."""
        self._watchers.append(watcher)

    def trace(self, tracer: EntryTracer) -> None:
        """Have each entry followed on its way through its router, from the next start on."""
        self._tracer = tracer

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    def _make_sources(self) -> list[Source]:
        settings = self.settings
        by_topic: dict[str, list[RouterPlan]] = {}
        for plan in self._routers.values():
            router = plan if self._tracer is None else traced(plan, self._tracer)
            for topic in router.topics:
                by_topic.setdefault(topic, []).append(router)
        return [
            Source(
                topic,
                RouteSwitch(topic, tuple(routers)),
                EntryReader(topic, settings.group, self._consumer_name),
                routers[0].location,
                self._dead_letter_stream(topic),
            )
            for topic, routers in by_topic.items()
        ]

    def _dead_letter_stream(self, topic: str) -> str:
        return self.settings.dead_letter_stream(topic, in_cluster=self._server.is_cluster)

    def _slot_warnings(self, router: RouterPlan) -> list[Diagnostic]:
        """Return what keeps the commits of a router from being one step, as far as its settings tell."""
        if not self._server.is_cluster:
            return []
        found = []
        for key, name in (("responseTopic", router.response_stream), ("deadLetter", self.settings.dead_letter.strip())):
            if apart := [topic for topic in router.topics if name and key_slot(topic) != key_slot(name)]:
                message = (
                    f'"{key}" of router "{router.id}" names stream "{name}", which is in another slot of the cluster '
                    f'than "{apart[0]}": what is written there may be written twice'
                )
                hint = 'give both names the same tag in braces, as "{orders}" and "{orders}.responses" have'
                found.append(Diagnostic(Code.NOT_IN_FORCE, message, router.location, Severity.WARNING, hint=hint))
        return found

    def _clashes(self, router: RouterPlan) -> list[Diagnostic]:
        """Return what keeps a router from standing beside those that are there."""
        if (other := self._routers.get(router.id)) is not None:
            message = f'router id "{router.id}" is taken'
            labels = ((other.location, "by this router"),)
            return [Diagnostic(Code.DUPLICATE_ROUTER, message, router.location, labels=labels)]
        found = []
        for topic in router.topics:
            if self._dead_letter_stream(topic) == topic:
                message = (
                    f'stream "{topic}" is the dead-letter stream of its own entries, which would come back for ever'
                )
                hint = 'name another stream in "deadLetter"'
                found.append(Diagnostic(Code.BAD_SETTING, message, router.location, hint=hint))
        for other in self._routers.values():
            shared = [topic for topic in router.topics if topic in other.topics]
            if shared and (router.when is None or other.when is None):
                message = f'stream "{shared[0]}" is read by router "{other.id}" as well, and not both have a "when"'
                hint = (
                    'give each of them an expression "when" in from.configuration; "true" takes what the others leave'
                )
                labels = ((other.location, "the other router"),)
                found.append(Diagnostic(Code.DUPLICATE_STREAM, message, router.location, hint=hint, labels=labels))
        return found
