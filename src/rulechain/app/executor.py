"""Chains for endpoints: implements `api.ChainExecutor` over a store of plans."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rulechain.api import ComponentCall, Run
from rulechain.diagnostics import Location, did_you_mean
from rulechain.diagnostics.errors import ChainError, UnknownTypeError
from rulechain.model import Message
from rulechain.plan import ChainPlan, Services, compile_component
from rulechain.runtime import ChainStore, RunOptions, execute


class StoreExecutor:
    """Runs whatever chain has the id at the moment: a reload takes effect with the next message."""

    def __init__(self, store: ChainStore, services: Services, make_options: Callable[..., RunOptions]) -> None:
        self._store = store
        self._services = services
        self._make_options = make_options
        self._options = make_options()
        # Of single components: they are in no store.
        self.plans: list[ChainPlan] = []

    def execute(self, chain_id: str, message: Message, start: str | None = None) -> Run | Awaitable[Run]:
        """Run a message through a chain."""
        plan = self._store.find(chain_id)
        if plan is None:
            hint = did_you_mean(chain_id, self._store)
            text = f"chainId={chain_id} not found error"
            raise UnknownTypeError(f"{text}: {hint}" if hint else text, name=chain_id, known=tuple(self._store))
        options = self._options if start is None else self._make_options(start=(start,))
        return execute(plan, message, options)

    def component(self, type_: str, configuration: Mapping[str, Any], location: Location) -> ComponentCall:
        """Compile a single component for a `component:` target."""
        compiled = compile_component(type_, configuration, location, self._services)
        if compiled.plan is None:
            raise ChainError(compiled.diagnostics)
        plan, options = compiled.plan, self._options
        if plan.needs_closing:
            self.plans.append(plan)
        return lambda message: execute(plan, message, options)
