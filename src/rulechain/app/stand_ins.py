"""Engines that reach nothing outside: for tests, and for trying chains on real messages."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from rulechain.app.engine import Engine
from rulechain.authoring.cases import MockSettings
from rulechain.authoring.mocks import mock_component, with_mocks
from rulechain.loader import Loaded
from rulechain.model import ChainDefinition

_EXTERNAL = "external"
# What only waits is not waited for.
_DELAY = "delay"


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
    external = {spec.type for spec in engine.components if spec.category == _EXTERNAL}

    def reaches_out(type_: str) -> bool:
        return not reach_out and type_ in external

    plans, _ = engine.compiler.compile_all(
        replace(loaded, definition=with_mocks(loaded.definition, [*_passed_by(loaded.definition), *mocks], reaches_out))
        for loaded in chains
        if loaded.definition is not None
    )
    engine.put(plans)
    return engine


def _passed_by(definition: ChainDefinition) -> list[MockSettings]:
    return [MockSettings(node.id) for node in definition.nodes if node.type == _DELAY]
