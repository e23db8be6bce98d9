"""The endpoint itself: routers in, then start, status, stop."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Self

from rulechain.api import (
    BuiltRouter,
    ChainExecutor,
    ConnectionState,
    EndpointCounts,
    EndpointStatus,
    Processor,
    SettledEntry,
    Settlement,
)
from rulechain.connections.shared import Client
from rulechain.diagnostics import Code, Diagnostic, Location, errors_in
from rulechain.diagnostics import Source as DocumentSource
from rulechain.diagnostics.errors import EndpointConfigurationError, EndpointError
from rulechain.endpoints.compile import RouterBuild, compile_router_plan
from rulechain.endpoints.redis_stream.commands import GroupCommands
from rulechain.endpoints.redis_stream.consumer import Consumer
from rulechain.endpoints.redis_stream.entry import EntryReader
from rulechain.endpoints.redis_stream.settings import RedisStreamSettings
from rulechain.endpoints.redis_stream.work import Source, Workload
from rulechain.endpoints.routing import RouterPlan, RouteSwitch
from rulechain.endpoints.settle import SettlePolicy
from rulechain.expr import FunctionRegistry
from rulechain.model import EndpointDefinition, RouterDefinition

_NO_PROCESSORS: Mapping[str, Processor] = {}


class RedisStreamEndpoint:
    """Feeds chains with the entries of Redis streams, and writes their responses to others.

    Use it as an async context manager, or call `start` and `stop`; both may be called again. One consumer reads all of
    its streams; more processes with the same group share the work.
    """

    def __init__(
        self,
        definition: EndpointDefinition,
        settings: RedisStreamSettings,
        executor: ChainExecutor,
        processors: Mapping[str, Processor],
        open_client: Callable[[], Client],
        functions: FunctionRegistry,
    ) -> None:
        self.definition = definition
        self.settings = settings
        self._executor = executor
        self._processors = processors
        self._open_client = open_client
        self._functions = functions
        self._consumer_name = settings.consumer_name()
        self._routers: dict[str, RouterPlan] = {}
        self._counts = EndpointCounts()
        self._watchers: list[Callable[[SettledEntry], None]] = []
        self._client: Client | None = None
        self._work: Workload | None = None
        self._sources: list[Source] = []
        self._consumer: Consumer | None = None
        self._running: asyncio.Task[None] | None = None

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
        if self._running is not None:
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
            if not errors_in(build.diagnostics):
                self._routers[plan.id] = plan
        return build.diagnostics

    async def start(self) -> None:
        """Begin to consume.

        Returns when the first attempt to reach the server has ended, well or not; a server that is away is tried again
        and again in the background, and `status` says so.
        """
        if self._running is not None or not self._routers:
            return
        settings = self.settings
        group = GroupCommands(
            settings.group,
            self._consumer_name,
            deletes=settings.retention == "delete",
            response_max_len=settings.response_max_len,
        )
        self._work = Workload(self.id, _policy(settings), settings.concurrency, self._counts, self._watchers)
        self._client = self._open_client()
        self._sources = self._make_sources(group)
        self._consumer = consumer = Consumer(self._client, self._sources, group, self._work, settings)
        self._running = asyncio.create_task(consumer.run())
        # A stop in the meantime lets go of whoever waits here.
        self._running.add_done_callback(lambda _: consumer.has_tried.set())
        await consumer.has_tried.wait()

    async def stop(self, drain_s: float = 10.0) -> None:
        """Stop reading, let what was read be worked on and settled for at most `drain_s` seconds, and close.

        What is not settled by then stays pending, for this consumer's next start or for another one.
        """
        running, consumer, work, client = self._running, self._consumer, self._work, self._client
        if running is None or consumer is None or work is None or client is None:
            return
        is_connected = consumer.state is ConnectionState.CONNECTED
        consumer.stop()
        await asyncio.wait([running], timeout=drain_s if is_connected else 0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await work.give_up()
        await client.close()
        consumer.state = ConnectionState.DISCONNECTED
        self._running = None

    def status(self) -> EndpointStatus:
        """Return how the endpoint is doing now."""
        consumer, work = self._consumer, self._work
        if consumer is None or work is None:
            message = "" if self._routers else "it has no router, so there is nothing to read"
            return EndpointStatus(endpoint_id=self.id, state=ConnectionState.NONE, message=message)
        return EndpointStatus(
            endpoint_id=self.id,
            state=consumer.state,
            message=consumer.message or work.failures.last,
            in_flight=sum(len(source.held) for source in self._sources),
            counts=replace(self._counts),
        )

    def watch(self, watcher: Callable[[SettledEntry], None]) -> None:
        """Have a function called with each entry that is settled from now on."""
        self._watchers.append(watcher)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    def _make_sources(self, group: GroupCommands) -> list[Source]:
        by_topic: dict[str, list[RouterPlan]] = {}
        for router in self._routers.values():
            for topic in router.topics:
                by_topic.setdefault(topic, []).append(router)
        return [
            Source(
                topic,
                RouteSwitch(topic, tuple(routers)),
                EntryReader(topic, group.group, group.consumer),
                routers[0].location,
            )
            for topic, routers in by_topic.items()
        ]

    def _clashes(self, router: RouterPlan) -> list[Diagnostic]:
        """Return what keeps a router from standing beside those that are there."""
        if (other := self._routers.get(router.id)) is not None:
            message = f'router id "{router.id}" is taken'
            labels = ((other.location, "by this router"),)
            return [Diagnostic(Code.DUPLICATE_ROUTER, message, router.location, labels=labels)]
        found = []
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


def _policy(settings: RedisStreamSettings) -> SettlePolicy:
    return SettlePolicy(on_failure=Settlement.ACK if settings.on_failure == "ack" else Settlement.RETRY)
