"""The place of one execution of a node in its run: `api.NodeContext`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from rulechain.api import Run
from rulechain.model import Message

# (message, node id, chain id, whether to run that node alone)
RunInside = Callable[[Message, str, str, bool], Run | Awaitable[Run]]


@dataclass(frozen=True, slots=True)
class ExecutionContext:
    """What a node that asks for its context gets."""

    chain_id: str
    node_id: str
    from_id: str
    relation: str
    error: str | None
    run_inside: RunInside

    def run(self, message: Message, *, node: str = "", chain: str = "", only: bool = False) -> Run | Awaitable[Run]:
        """Run a message through another chain, or from another node on."""
        return self.run_inside(message, node, chain, only)
