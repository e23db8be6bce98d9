"""The chains an engine holds: plans by id, replaced whole. A run keeps the plan it began with."""

from collections.abc import Iterator

from rulechain.plan import ChainPlan


class ChainStore:
    """Plans by chain id, and by the id their document gives where that is another (an alias, as in RuleGo)."""

    def __init__(self) -> None:
        self._plans: dict[str, ChainPlan] = {}
        self._aliases: dict[str, str] = {}

    def put(self, plan: ChainPlan, *, alias: str = "") -> ChainPlan | None:
        """Store a plan under its chain id, and return the one it replaced in one step."""
        replaced = self._plans.get(plan.chain_id)
        self._plans[plan.chain_id] = plan
        if alias and alias != plan.chain_id:
            self._aliases[alias] = plan.chain_id
        return None if replaced is plan else replaced

    def find(self, chain_id: str) -> ChainPlan | None:
        """Return the plan of an id or alias, or None."""
        plan = self._plans.get(chain_id)
        return plan if plan is not None else self._plans.get(self._aliases.get(chain_id, chain_id))

    def remove(self, chain_id: str) -> ChainPlan | None:
        """Forget a chain and its aliases, and return its plan; an unknown id is no mistake."""
        chain_id = self._aliases.get(chain_id, chain_id)
        self._aliases = {alias: target for alias, target in self._aliases.items() if target != chain_id}
        return self._plans.pop(chain_id, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._plans)

    def __len__(self) -> int:
        return len(self._plans)
