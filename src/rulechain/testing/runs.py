"""One message through one component or one chain, without an engine of one's own."""

from collections.abc import Iterable, Mapping
from typing import Any

from rulechain.api import ComponentSpec, Run
from rulechain.app.engine import Engine
from rulechain.model import Message


def engine_with(*specs: ComponentSpec, **arguments: Any) -> Engine:
    """Make an engine that knows these components, in place of what else has their types.

    That may be the same component, found by the entry point of the distribution that is being tested.

    Args:
        *specs: The components.
        **arguments: Handed to `Engine`: `properties`, `functions` and so on.
    """
    engine = Engine(**arguments)
    for spec in specs:
        engine.components.replace(spec)
    return engine


def run_component(
    spec: ComponentSpec,
    configuration: Mapping[str, Any] | None = None,
    message: Message | None = None,
    **arguments: Any,
) -> Run:
    """Run a message through a chain of one node.

    Args:
        spec: The component of the node.
        configuration: The node's configuration.
        message: What enters; an empty JSON object when there is none.
        **arguments: Handed to `Engine`.

    Raises:
        ChainError: The configuration is wrong; `.diagnostics` says how.
        RunError: This is called where an event loop runs.
    """
    return run_chain(one_node(spec.type, configuration or {}), message, components=[spec], **arguments)


def run_chain(
    document: Mapping[str, Any],
    message: Message | None = None,
    *,
    components: Iterable[ComponentSpec] = (),
    **arguments: Any,
) -> Run:
    """Run a message through a chain.

    Args:
        document: The chain, as its JSON document has it.
        message: What enters; an empty JSON object when there is none.
        components: What the chain needs besides the built-in components.
        **arguments: Handed to `Engine`.

    Raises:
        ChainError: The document is wrong; `.diagnostics` says how.
        RunError: This is called where an event loop runs: load the chain with `engine_with` and `await` its `arun`.
    """
    with engine_with(*components, **arguments) as engine:
        return engine.load(dict(document)).run(Message("{}") if message is None else message)


def ends_of(run: Run) -> list[tuple[str, str, Any]]:
    """Return a run's ends as `(node id, relation, decoded payload)`, for comparing in one assertion."""
    return [(end.node_id, end.relation, end.message.value) for end in run.ends]


def one_node(type_: str, configuration: Mapping[str, Any], *others: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document of a chain that begins, and with its first node ends; others are there to be referred to."""
    node = {"id": NODE, "type": type_, "configuration": dict(configuration)}
    return {"ruleChain": {"id": "contract"}, "metadata": {"nodes": [node, *others]}}


# The id of the node under test.
NODE = "node"
