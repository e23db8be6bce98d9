"""A real server for tests, and short ways to work with streams and endpoints on it."""

import contextlib
import os
import re
import subprocess
import uuid

import pytest

from rulechain.api.settings import decode_settings
from rulechain.connections import EmbeddedServer, SharedConnections, connect, parse_address
from rulechain.connections.streams import StreamClient
from rulechain.diagnostics import Location, errors_in
from rulechain.diagnostics import Source as DocumentSource
from rulechain.diagnostics.errors import EndpointConfigurationError, EndpointUnavailableError
from rulechain.endpoints import Router
from rulechain.endpoints.builtin import builtin_endpoints
from rulechain.endpoints.processors import builtin_processors
from rulechain.endpoints.redis_stream.commands import GroupCommands
from rulechain.endpoints.redis_stream.dead_letter import DeadLetter
from rulechain.endpoints.redis_stream.entry import EntryReader
from rulechain.endpoints.redis_stream.held import Source
from rulechain.endpoints.registry import EndpointRegistry
from rulechain.expr import FunctionRegistry
from rulechain.expr.functions import builtin_registry
from rulechain.model import EndpointDefinition
from support.chains import Chains

TYPE = "endpoint/redis/stream"
# The server to test with, as the server matrix sets it; else whichever is found.
BINARY = os.environ.get("RULECHAIN_TEST_SERVER_BINARY") or None


def needs_server(major, minor=0):
    """Return the mark of a test that an older server of the matrix cannot take part in."""
    version = (99, 0)
    if BINARY:
        told = subprocess.run([BINARY, "--version"], capture_output=True, text=True, check=True).stdout
        found = re.search(r"v=(\d+)\.(\d+)", told)
        version = (int(found[1]), int(found[2]))
    return pytest.mark.skipif(version < (major, minor), reason=f"needs a server of version {major}.{minor}")


@contextlib.contextmanager
def start_server(data_dir=None):
    """Start a private server; without one to start, skip on a laptop and fail in CI."""
    server = EmbeddedServer(data_dir, binary=BINARY)
    try:
        server.start()
    except EndpointUnavailableError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    try:
        yield server
    finally:
        server.stop()


class StreamNames:
    """Names that nobody else uses."""

    def __init__(self):
        mark = uuid.uuid4().hex[:12]
        self.requests = f"test:{mark}:requests"
        self.responses = f"test:{mark}:responses"
        self.dead = f"{self.requests}.dead"
        self.group = f"group-{mark}"


class Building:
    """What an endpoint is built with in tests."""

    def __init__(self, executor, shared=None):
        self.executor = executor
        self.processors = builtin_processors()
        self.diagnostics = []
        self._shared = shared or SharedConnections()

    def report(self, diagnostic):
        """Collect a finding."""
        self.diagnostics.append(diagnostic)

    def require(self, kind):
        """Return the shared connections or the functions of expressions, the only services there are."""
        return {SharedConnections: self._shared, FunctionRegistry: builtin_registry()}[kind]


def build_endpoint(chains, configuration, routers=(), *, shared=None, endpoint_id="test"):
    """Build an endpoint as an engine does: its endpoint and the findings; errors are raised."""
    source = DocumentSource("endpoint.json")
    definition = EndpointDefinition(
        endpoint_id, TYPE, configuration=configuration, routers=tuple(routers), source=source
    )
    building = Building(chains, shared)
    spec = EndpointRegistry(builtin_endpoints()).get(TYPE)
    settings = decode_settings(
        spec.settings,
        configuration,
        lambda *path: Location(source, "/configuration" + "".join(f"/{part}" for part in path)),
        building.report,
    )
    endpoint = spec.build(definition, settings, building)
    if errors_in(building.diagnostics):
        raise EndpointConfigurationError(building.diagnostics)
    return endpoint, building.diagnostics


class RedisStreams:
    """One test's streams on a server: `async with` it, send requests, build endpoints, look at what became of them."""

    def __init__(self, url, names):
        self.url = url
        self.names = names
        self.link = None
        self._client = None

    async def __aenter__(self):
        self._client = connect(parse_address(self.url))
        self.link = await self._client.link()
        return self

    async def __aexit__(self, *_):
        with contextlib.suppress(EndpointUnavailableError):
            await self.link.call("DEL", self.names.requests, self.names.responses, self.names.dead)
        await self.link.close()
        await self._client.close()

    async def reconnect(self):
        """Open a new link, after the server was stopped."""
        await self.link.close()
        self.link = await self._client.link()

    def endpoint(self, chains, *routers, **configuration):
        """Build an endpoint; without routers one leads all requests to the chain `work` and answers on `responses`."""
        configuration = {"server": self.url, "groupId": self.names.group, "block": "200ms", **configuration}
        endpoint, _ = build_endpoint(chains if isinstance(chains, Chains) else Chains(work=chains), configuration)
        for router in routers or (self.router(),):
            endpoint.add_router(router)
        return endpoint

    def router(self, router_id="r", target="chain:work", **from_settings):
        """A router from the requests to a chain; what the outcome names no stream for goes to the responses."""
        router = Router(router_id).from_(self.names.requests, **from_settings)
        return router.to(target, response_topic=self.names.responses).end()

    async def send(self, *entries, stream=None):
        """Add entries, given as dicts; return their ids."""
        stream = stream or self.names.requests
        commands = [("XADD", stream, "*", *(part for pair in entry.items() for part in pair)) for entry in entries]
        return [id_.decode() for id_ in await self.link.call_all(commands)]

    async def send_numbers(self, count):
        """Add entries with the field `n` from 0 on."""
        return await self.send(*({"n": str(n)} for n in range(count)))

    async def answers(self, stream=None):
        """Return the fields of the responses, in their order."""
        rows = await self.link.call("XRANGE", stream or self.names.responses, "-", "+")
        return [
            {name.decode(): value.decode() for name, value in zip(fields[::2], fields[1::2], strict=True)}
            for _, fields in rows
        ]

    async def answered(self):
        """Return how many responses there are."""
        return await self.link.call("XLEN", self.names.responses)

    async def left(self):
        """Return how many requests are still on their stream."""
        return await self.link.call("XLEN", self.names.requests)

    async def pending(self):
        """Return the pending entries as `(id, consumer, delivery count)`."""
        rows = await self.link.call("XPENDING", self.names.requests, self.names.group, "-", "+", 10_000)
        return [(id_.decode(), consumer.decode(), count) for id_, consumer, _, count in rows]

    async def consumers(self):
        """Return the names of the group's consumers."""
        rows = await self.link.call("XINFO", "CONSUMERS", self.names.requests, self.names.group)
        return [row[1].decode() for row in rows]

    async def dead_letters(self, stream=None):
        """Return the dead letters, in their order."""
        rows = await self.link.call("XRANGE", stream or self.names.dead, "-", "+")
        return [DeadLetter.from_fields(fields) for _, fields in rows]

    async def commands(self, consumer="me", **settings):
        """Return the commands of a consumer of the group, their scripts loaded."""
        settings = {"deletes": True, "response_max_len": None, "max_deliveries": 5, **settings}
        commands = GroupCommands(self.names.group, consumer, **settings)
        await commands.scripts.load(self.link)
        return commands

    def source(self):
        """Return the stream of the requests as a consumer sees it; its entries go nowhere."""
        return Source(self.names.requests, None, EntryReader("", "", ""), None, self.names.dead)

    async def take_as(self, consumer, count=100):
        """Read entries as another consumer that then does nothing with them; return their ids."""
        group = self.names.group
        with contextlib.suppress(Exception):
            await self.link.call("XGROUP", "CREATE", self.names.requests, group, "0", "MKSTREAM")
        reply = await self.link.call(
            "XREADGROUP", "GROUP", group, consumer, "COUNT", count, "STREAMS", self.names.requests, ">"
        )
        return [id_.decode() for id_, _ in reply[0][1]]

    async def deliver_again(self, id_, count, consumer="dead"):
        """Make an entry look as if it had been delivered so often, and idle for long."""
        command = ("XCLAIM", self.names.requests, self.names.group, consumer, 0, id_)
        await self.link.call(*command, "IDLE", 100_000, "RETRYCOUNT", count, "JUSTID")

    async def cut_own_connection(self):
        """Close the connection that the test itself has; `reconnect` before anything else."""
        async with StreamClient(self.url) as killer:
            await killer.link.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    async def cut_connections(self):
        """Close every connection but the one that asks."""
        await self.link.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
