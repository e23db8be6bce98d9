"""A plan as stable data, for golden tests and bug reports."""

from typing import Any

from rulechain.plan.plan import ChainPlan


def dump_plan(plan: ChainPlan) -> dict[str, Any]:
    """Return what the plan resolved: nodes with their routes by id, and where a run begins."""
    ids = [node.id for node in plan.nodes]
    return {
        "chain": plan.chain_id,
        "first": None if plan.first is None else ids[plan.first],
        "has_end": plan.has_end,
        "nodes": [
            {
                "id": node.id,
                "type": node.type,
                "routes": {relation: [ids[target] for target in targets] for relation, targets in node.routes.items()},
                **({"suspends": True} if node.suspends else {}),
                **({"debug": True} if node.debug else {}),
            }
            for node in plan.nodes
        ],
    }
