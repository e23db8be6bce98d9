"""Build endpoints from their definitions: settings decoded, variables filled in, every fault reported."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, cast

from rulechain.api import ChainExecutor, Endpoint, Processor, decode_settings
from rulechain.api.settings import Locate
from rulechain.app.ids import repeated
from rulechain.connections.shared import referred_id
from rulechain.diagnostics import (
    Code,
    Diagnostic,
    Location,
    did_you_mean,
    endpoint_origin_hint,
    errors_in,
    pointer_to,
)
from rulechain.diagnostics.errors import InternalError, UnknownTypeError
from rulechain.endpoints.processors import builtin_processors
from rulechain.endpoints.registry import EndpointRegistry
from rulechain.model import ChainDefinition, EndpointDefinition, RouterDefinition
from rulechain.plan.substitute import substitute
from rulechain.values import EMPTY, StringMap

T = TypeVar("T")


@dataclasses.dataclass(slots=True)
class EndpointBuilding:
    """Implements `api.EndpointBuild`."""

    executor: ChainExecutor
    services: Mapping[type, object]
    processors: Mapping[str, Processor] = dataclasses.field(default_factory=builtin_processors)
    diagnostics: list[Diagnostic] = dataclasses.field(default_factory=list)

    def report(self, diagnostic: Diagnostic) -> None:
        """Add a finding."""
        self.diagnostics.append(diagnostic)

    def require(self, kind: type[T]) -> T:
        """Return a service of the engine."""
        service = self.services.get(kind)
        if service is None:
            raise InternalError(f"an endpoint asked for {kind.__name__}, which this engine does not offer")
        return cast("T", service)


def build_endpoint(
    definition: EndpointDefinition, registry: EndpointRegistry, building: EndpointBuilding
) -> Endpoint | None:
    """Make an endpoint of a definition; the findings are in the building, errors give None."""
    try:
        spec = registry.get(definition.type)
    except UnknownTypeError as error:
        building.report(unknown_endpoint(definition, error))
        return None
    settings = decode_settings(spec.settings, definition.configuration, _locate(definition), building.report)
    # Built even if a setting is wrong, which then has its default: the routers' faults are found as well.
    endpoint = spec.build(definition, settings, building)
    return None if errors_in(building.diagnostics) else endpoint


def check_chain_endpoints(chain: ChainDefinition, registry: EndpointRegistry) -> list[Diagnostic]:
    """Return a finding for each endpoint of a chain whose type does not exist here.

    A type of RuleGo's or its libraries' is a warning, because the chain itself can run; any other is an error, as it is
    in RuleGo.
    """
    found = []
    for endpoint in chain.endpoints:
        try:
            registry.get(endpoint.type)
        except UnknownTypeError as error:
            diagnostic = unknown_endpoint(endpoint, error)
            found.append(diagnostic.as_warning() if endpoint_origin_hint(endpoint.type) else diagnostic)
    return found


def unknown_endpoint(definition: EndpointDefinition, error: UnknownTypeError) -> Diagnostic:
    """Return the finding for an endpoint type that does not exist here."""
    pointer = f"{definition.pointer}/type" if definition.type else definition.pointer
    return Diagnostic(
        Code.UNKNOWN_ENDPOINT,
        f'endpoint "{definition.id}" is of type "{definition.type}", and there is no such endpoint type here',
        Location(definition.source, pointer),
        hint=endpoint_origin_hint(definition.type) or did_you_mean(definition.type, error.known),
    )


def chain_endpoints(
    chain: ChainDefinition, properties: StringMap, vars_: StringMap, secrets: StringMap
) -> list[EndpointDefinition]:
    """Return a chain's own endpoints, their variables filled in and empty targets led to the chain itself."""
    return [
        with_variables(
            dataclasses.replace(endpoint, routers=tuple(_to_chain(router, chain.id) for router in endpoint.routers)),
            properties,
            vars_,
            secrets,
        )
        for endpoint in chain.endpoints
    ]


def with_variables(
    definition: EndpointDefinition, properties: StringMap, vars_: StringMap = EMPTY, secrets: StringMap = EMPTY
) -> EndpointDefinition:
    """Return the endpoint with `${global.x}`, `${vars.x}` and `${secrets.x}` filled in wherever RuleGo does."""
    roots = {"global": properties, "vars": vars_, "secrets": secrets}

    def fill(value: Any) -> Any:
        return substitute(value, roots).value

    return dataclasses.replace(
        definition,
        configuration=fill(definition.configuration),
        processors=tuple(fill(definition.processors)),
        routers=tuple(
            dataclasses.replace(
                router,
                params=tuple(fill(router.params)),
                from_=dataclasses.replace(
                    router.from_,
                    path=fill(router.from_.path),
                    configuration=fill(router.from_.configuration),
                    processors=tuple(fill(router.from_.processors)),
                ),
                to=dataclasses.replace(
                    router.to,
                    path=fill(router.to.path),
                    configuration=fill(router.to.configuration),
                    processors=tuple(fill(router.to.processors)),
                ),
            )
            for router in definition.routers
        ),
    )


def with_shared_servers(
    definitions: Iterable[EndpointDefinition], registry: EndpointRegistry, known: Mapping[str, EndpointDefinition]
) -> list[EndpointDefinition]:
    """Return endpoints, those with `"server": "ref://id"` connected as the endpoint of that id is.

    Args:
        definitions: The endpoints, which may also refer to each other.
        registry: The endpoint types; an endpoint can only share the connection of one of its own type.
        known: Further endpoints by id.
    """
    definitions = list(definitions)
    by_id = {**known, **{definition.id: definition for definition in definitions if definition.id}}
    return [_connected(definition, registry, by_id) for definition in definitions]


def _connected(
    definition: EndpointDefinition, registry: EndpointRegistry, by_id: Mapping[str, EndpointDefinition]
) -> EndpointDefinition:
    other, seen = definition, {definition.id}
    while (id_ := referred_id(setting_of(other, "server"))) is not None and id_ in by_id:
        if id_ in seen:
            return definition
        seen.add(id_)
        other = by_id[id_]
    keys = _connection_keys(definition, registry)
    if other is definition or keys != _connection_keys(other, registry):
        return definition
    theirs = {key: value for key, value in other.configuration.items() if key.casefold() in keys}
    return _reconnected(definition, keys, theirs)


def repeated_endpoints(definitions: Iterable[EndpointDefinition]) -> Iterator[Diagnostic]:
    """Yield a finding for each endpoint whose id another one has already."""
    for definition, other in repeated(definitions):
        message = f'endpoint id "{definition.id}" is taken by {other.source.name}'
        yield Diagnostic(Code.DUPLICATE_ENDPOINT, message, Location(definition.source, f"{definition.pointer}/id"))


def with_server(definition: EndpointDefinition, registry: EndpointRegistry, server: str) -> EndpointDefinition:
    """Return the endpoint on another server, without the credentials and the database of its own."""
    return _reconnected(definition, _connection_keys(definition, registry), {"server": server})


def _reconnected(
    definition: EndpointDefinition, keys: frozenset[str], connection: Mapping[str, Any]
) -> EndpointDefinition:
    others = {key: value for key, value in definition.configuration.items() if key.casefold() not in keys}
    return dataclasses.replace(definition, configuration={**others, **connection} if keys else others)


def _connection_keys(definition: EndpointDefinition, registry: EndpointRegistry) -> frozenset[str]:
    """Return the keys, in lower case, that say where an endpoint's service is; none for an unknown type."""
    if definition.type not in registry:
        return frozenset()
    return frozenset(key.casefold() for key in registry.get(definition.type).connection_keys)


def setting_of(definition: EndpointDefinition, key: str) -> Any:
    """Return what an endpoint's configuration says for a key, in whatever case it is written; None if nothing."""
    found = (value for name, value in definition.configuration.items() if name.casefold() == key.casefold())
    return next(found, None)


def with_setting(definition: EndpointDefinition, key: str, value: Any) -> EndpointDefinition:
    """Return the endpoint with a setting replaced, in whatever case its key is written."""
    others = {name: old for name, old in definition.configuration.items() if name.casefold() != key.casefold()}
    return dataclasses.replace(definition, configuration={**others, key: value})


def _to_chain(router: RouterDefinition, chain_id: str) -> RouterDefinition:
    return router if router.to.path else dataclasses.replace(router, to=dataclasses.replace(router.to, path=chain_id))


def _locate(definition: EndpointDefinition) -> Locate:
    def locate(*path: str | int) -> Location:
        return Location(definition.source, f"{definition.pointer}/configuration{pointer_to(*path)}")

    return locate
