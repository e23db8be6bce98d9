"""`fetchNodeOutput`: go on with what another node put out."""

from dataclasses import dataclass

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome, setting
from rulechain.components.inner_runs import check_node_id
from rulechain.model import FAILURE, SUCCESS, Message


@dataclass(frozen=True, slots=True)
class FetchNodeOutputSettings:
    """Settings of `fetchNodeOutput`."""

    node_id: str = setting("", description="The node whose output to take.", required=True, format="node")


def _build(settings: FetchNodeOutputSettings, node: NodeBuild) -> NodeFunction:
    node_id = settings.node_id
    if node_id:
        check_node_id(node_id, node, "nodeId")

    node.reads_outputs([node_id])

    def run(message: Message) -> Outcome:
        output = None if message.outputs is None else message.outputs.message(node_id)
        if output is None:
            return Outcome(FAILURE, message, f"node {node_id} output not found")
        return Outcome(SUCCESS, output)

    return run


SPEC = ComponentSpec(
    type="fetchNodeOutput",
    category="action",
    summary="Goes on with the message that another node put out last",
    description=(
        "The whole message is taken: payload, metadata, type and data type. Failure when the node has not run for this "
        "message, or is no node of this chain."
    ),
    build=_build,
    settings=FetchNodeOutputSettings,
    example={"nodeId": "read"},
)
