"""The endpoint type `endpoint/redis/stream`, and how an endpoint is made of a definition."""

from collections.abc import Iterator

from rulechain.api import Endpoint, EndpointBuild, EndpointSpec
from rulechain.connections import AddressError, SharedConnections, connect, parse_address
from rulechain.connections.shared import referred_id
from rulechain.diagnostics import Code, Diagnostic, Location, did_you_mean
from rulechain.endpoints.redis_stream.server import Server
from rulechain.endpoints.redis_stream.settings import RedisStreamSettings, is_start
from rulechain.expr import FunctionRegistry
from rulechain.model import EndpointDefinition


def build_redis_stream(definition: EndpointDefinition, settings: RedisStreamSettings, build: EndpointBuild) -> Endpoint:
    """Make the endpoint; faults of its settings and routers are reported, not raised."""
    # Imported here: it takes its time, and engines without an endpoint know the type too.
    from rulechain.endpoints.redis_stream.endpoint import RedisStreamEndpoint  # noqa: PLC0415

    for finding in _findings(definition, settings):
        build.report(finding)
    server = _server(definition, settings, build)
    functions = build.require(FunctionRegistry)
    endpoint = RedisStreamEndpoint(definition, settings, build.executor, build.processors, functions, server)
    for router in definition.routers:
        for finding in endpoint.load_router(router):
            build.report(finding)
    return endpoint


def _server(definition: EndpointDefinition, settings: RedisStreamSettings, build: EndpointBuild) -> Server:
    place = _place(definition, "server")
    if (id_ := referred_id(settings.server)) is not None:
        shared = build.require(SharedConnections)
        if id_ not in shared.ids:
            message = f'there is neither a shared connection nor another endpoint of the id "{id_}"'
            build.report(Diagnostic(Code.UNKNOWN_CONNECTION, message, place, hint=did_you_mean(id_, shared.ids)))
            return Server(lambda: shared.borrow(id_, connect), is_cluster=False)
        return Server(lambda: shared.borrow(id_, connect), shared.address(id_).is_cluster)
    try:
        address = parse_address(
            settings.server,
            username=settings.username,
            password=settings.password,
            db=settings.db,
            tls=None if settings.tls is None else settings.tls.as_tls(),
        )
    except AddressError as error:
        build.report(Diagnostic(Code.BAD_SERVER, str(error), place, hint=error.hint))
        return Server(lambda: connect(parse_address(settings.server)), is_cluster=False)
    return Server(lambda: connect(address), address.is_cluster)


def _findings(definition: EndpointDefinition, settings: RedisStreamSettings) -> Iterator[Diagnostic]:
    if not is_start(settings.start_from):
        message = f'"startFrom" is "{settings.start_from}", expected "oldest", "newest" or an entry ID such as "1700-0"'
        yield Diagnostic(Code.BAD_SETTING, message, _place(definition, "startFrom"))
    if settings.claim_idle <= 0:
        yield Diagnostic(Code.BAD_SETTING, '"claimIdle" must be longer than nothing', _place(definition, "claimIdle"))
    elif not 0 < settings.keep_alive_s < settings.claim_idle:
        message = '"keepAlive" must be shorter than "claimIdle", or entries in work are taken over'
        yield Diagnostic(Code.BAD_SETTING, message, _place(definition, "keepAlive"))
    if settings.backoff > settings.backoff_max:
        message = '"backoff" is longer than "backoffMax", the longest pause'
        yield Diagnostic(Code.BAD_SETTING, message, _place(definition, "backoff"))
    if settings.retention == "trim" and settings.max_len is None:
        hint = 'add "maxLen", how many entries a stream keeps'
        message = '"retention": "trim" does not say to which length'
        yield Diagnostic(Code.BAD_SETTING, message, _place(definition, "retention"), hint=hint)


def _place(definition: EndpointDefinition, key: str) -> Location:
    """Return where a setting stands, whatever the case of its key."""
    written = _written(definition, key)
    tail = "" if written is None else f"/{written}"
    return Location(definition.source, f"{definition.pointer}/configuration{tail}")


def _written(definition: EndpointDefinition, key: str) -> str | None:
    """Return a key as the document writes it, None if it does not."""
    return next((name for name in definition.configuration if name.casefold() == key.casefold()), None)


REDIS_STREAM = EndpointSpec(
    type="endpoint/redis/stream",
    summary="Feeds chains with the entries of Redis streams, and writes their responses to others.",
    description="Reads streams as a consumer group. An entry is acknowledged together with writing its responses, when "
    "every branch of its chain has ended well; one whose chain fails is tried again, and in the end set aside with its "
    "reason in a dead-letter stream.",
    build=build_redis_stream,
    settings=RedisStreamSettings,
    connection_keys=("server", "username", "password", "db", "tls"),
)
