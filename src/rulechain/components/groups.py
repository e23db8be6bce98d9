"""Nodes that run others side by side, each alone on the same message: `groupAction` and `groupFilter`."""

from collections.abc import Awaitable, Callable
from typing import Any

from rulechain.api import NodeBuild, NodeContext, Run, Steps, setting
from rulechain.components.inner_runs import check_node_id, finished_together
from rulechain.diagnostics import Code, Diagnostic, Severity
from rulechain.diagnostics.errors import NodeError
from rulechain.model import Message

DEFAULT_TIMEOUT_S = 30


def node_ids_setting() -> Any:
    """Declare the setting `nodeIds`."""
    return setting(
        (),
        description="The nodes to run, as a list of ids or a text with commas between them.",
        required=True,
        format="node",
    )


def timeout_setting() -> Any:
    """Declare the setting `timeout`."""
    return setting(DEFAULT_TIMEOUT_S, description="How many seconds the nodes have together; 30 when not above 0.")


class Group:
    """The nodes of a group, and how long they have."""

    def __init__(self, node_ids: tuple[str, ...], timeout: int, node: NodeBuild) -> None:
        ids = [node_id.strip() for text in node_ids for node_id in text.split(",")]
        self.node_ids = tuple(filter(None, ids))
        self.timeout_s = timeout if timeout > 0 else DEFAULT_TIMEOUT_S
        for node_id in self.node_ids:
            check_node_id(node_id, node, "nodeIds")
        if not self.node_ids:
            message = '"nodeIds" names no node, so every message fails'
            node.report(Diagnostic(Code.MISSING_SETTING, message, node.location(), Severity.WARNING))

    def run(self, message: Message, context: NodeContext, take: Callable[[int, Run], bool]) -> Steps[None]:
        """Run every node: in order where they need no waiting, then together, until the group has enough.

        Args:
            message: What each of them gets.
            context: The group's own.
            take: Gets the position and the run of a node as it ends; true when the group needs no more.

        Raises:
            NodeError: There are no nodes, or time ran out.
        """
        if not self.node_ids:
            raise NodeError("nodeIds is empty")
        pending: dict[int, Awaitable[Run]] = {}
        enough = False
        for position, node_id in enumerate(self.node_ids):
            started = context.run(message, node=node_id, only=True)
            if not isinstance(started, Run):
                pending[position] = started
            elif not enough:
                enough = take(position, started)
        if enough:
            for run in pending.values():
                context.leave(run)
        elif pending and not (yield from finished_together(pending, context, take, self.timeout_s)):
            raise NodeError("context deadline exceeded")
