"""Stand-ins for nodes, so that a test of a chain reaches nothing outside."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome
from rulechain.authoring.cases import UNSET, MockSettings
from rulechain.model import FAILURE, ChainDefinition, EndpointDefinition, Message, NodeDefinition, RouterDefinition
from rulechain.values import StringMap

_TYPE: Final = "x/mock"
_TARGET_COMPONENT: Final = "component:"


def with_mocks(
    definition: ChainDefinition, mocks: Iterable[MockSettings], reaches_out: Callable[[str], bool]
) -> ChainDefinition:
    """Return a chain with stand-ins in place of nodes.

    Args:
        definition: The chain.
        mocks: The stand-ins; of several for one node the last one counts.
        reaches_out: Whether nodes of a type ask something outside; those without a stand-in fail and say so.
    """
    found = {mock.node: mock for mock in mocks if mock.chain in ("", definition.id)}

    def stand_in(node: NodeDefinition) -> NodeDefinition:
        mock = found.get(node.id)
        if mock is None and reaches_out(node.type):
            mock = MockSettings(
                node.id, relation=FAILURE, error=f'node "{node.id}" reaches out: give the test a mock for it'
            )
        return node if mock is None else replace(node, type=_TYPE, configuration=_configuration(mock))

    return replace(definition, nodes=tuple(map(stand_in, definition.nodes)))


def with_mocked_targets(endpoint: EndpointDefinition, reaches_out: Callable[[str], bool]) -> EndpointDefinition:
    """Return an endpoint whose routers fail, and say so, where they lead to a component that asks something outside."""

    def stand_in(router: RouterDefinition) -> RouterDefinition:
        target = router.to.path.strip()
        type_ = target.removeprefix(_TARGET_COMPONENT).strip()
        if not target.startswith(_TARGET_COMPONENT) or not reaches_out(type_):
            return router
        error = f'router "{router.id}" leads to the component "{type_}", which reaches out'
        mock = MockSettings(router.id, relation=FAILURE, error=error)
        configuration = {**router.to.configuration, **_configuration(mock)}
        return replace(router, to=replace(router.to, path=f"{_TARGET_COMPONENT}{_TYPE}", configuration=configuration))

    return replace(endpoint, routers=tuple(map(stand_in, endpoint.routers)))


def unknown_mocks(definitions: Iterable[ChainDefinition], mocks: Iterable[MockSettings]) -> list[MockSettings]:
    """Return the mocks that stand in for no node of any chain."""
    nodes = {
        (chain, node.id) for definition in definitions for node in definition.nodes for chain in ("", definition.id)
    }
    return [mock for mock in mocks if (mock.chain, mock.node) not in nodes]


def mock_component() -> ComponentSpec:
    """Return the component that stand-ins are."""
    return ComponentSpec(
        type=_TYPE,
        category="custom",
        summary="Stands in for a node in a test",
        build=_build,
        settings=MockSettings,
        relations=None,
    )


def _configuration(mock: MockSettings) -> dict[str, Any]:
    """Return a mock as a node's configuration; a payload that is absent stays absent."""
    values = {"node": mock.node, "relation": mock.relation, "metadata": mock.metadata, "error": mock.error}
    return values if mock.data is UNSET else {**values, "data": mock.data}


def _build(mock: MockSettings, _: NodeBuild) -> NodeFunction:
    data = None if mock.data is UNSET else payload_text(mock.data)

    def answer(message: Message) -> Outcome:
        changed = message.replace(metadata=StringMap({**message.metadata, **mock.metadata}))
        return Outcome(mock.relation, changed if data is None else changed.replace(data=data), mock.error)

    return answer


def payload_text(value: Any) -> str:
    """Return the payload that a test document means by a value: a text is one, anything else is JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
