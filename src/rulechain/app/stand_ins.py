"""Engines that reach nothing outside: for tests, and for trying chains on real messages."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from rulechain.app.endpoints import with_server
from rulechain.app.engine import Engine
from rulechain.authoring.cases import MockSettings
from rulechain.authoring.mocks import mock_component, with_mocked_targets, with_mocks
from rulechain.loader import Loaded
from rulechain.model import ChainDefinition, EndpointDefinition

_EXTERNAL = "external"
# What only waits is not waited for.
_DELAY = "delay"
# Never asked: an endpoint that is not started only has to have one.
_NO_SERVER = "127.0.0.1"


def engine_with_stand_ins(
    chains: Iterable[Loaded[ChainDefinition]],
    mocks: Sequence[MockSettings] = (),
    *,
    reach_out: bool = False,
    start: Callable[..., Engine] = Engine,
) -> Engine:
    """Return an engine with chains, stand-ins in place of nodes that mocks name. No delay is waited for.

    Args:
        chains: The chains, without errors.
        mocks: What stands in for which node.
        reach_out: Let other nodes that ask something outside do so; without it they fail and say what they lack.
        start: Makes the engine, given its `components`.
    """
    engine = start(components=[mock_component()])
    reaches_out = _nobody if reach_out else _reaching(engine)
    plans, _ = engine.compiler.compile_all(
        replace(
            loaded,
            definition=_observed(with_mocks(loaded.definition, [*_passed_by(loaded.definition), *mocks], reaches_out)),
        )
        for loaded in chains
        if loaded.definition is not None
    )
    engine.put(plans)
    return engine


def endpoint_with_stand_ins(
    engine: Engine, definition: EndpointDefinition, *, reach_out: bool = False
) -> EndpointDefinition:
    """Return an endpoint that needs no server, and whose routers reach nothing outside but by the engine's chains."""
    local = with_server(definition, engine.endpoint_types, _NO_SERVER)
    return with_mocked_targets(local, _nobody if reach_out else _reaching(engine))


def _reaching(engine: Engine) -> Callable[[str], bool]:
    """Return what says of a type of component whether it asks something outside."""
    external = {spec.type for spec in engine.components if spec.category == _EXTERNAL}
    return external.__contains__


def _nobody(_: str) -> bool:
    return False


def _passed_by(definition: ChainDefinition) -> list[MockSettings]:
    return [MockSettings(node.id) for node in definition.nodes if node.type == _DELAY]


def _observed(definition: ChainDefinition) -> ChainDefinition:
    """Return a chain of whose nodes an observer is told, if there is one."""
    return replace(definition, nodes=tuple(replace(node, debug=True) for node in definition.nodes))
