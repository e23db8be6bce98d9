"""The place of one execution of a node in its run: `api.NodeContext`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExecutionContext:
    """What a node that asks for its context gets."""

    chain_id: str
    node_id: str
    from_id: str
    relation: str
    error: str | None
