"""Chains for endpoints: implements `api.ChainExecutor` over a store of plans."""

from collections.abc import Awaitable, Mapping
from typing import Any

from rulechain.api import ComponentCall, Run, TraceEvent
from rulechain.app.running import Running
from rulechain.diagnostics import Location, did_you_mean
from rulechain.diagnostics.errors import ChainError, UnknownTypeError
from rulechain.model import Message
from rulechain.plan import ChainPlan, Services, compile_component
from rulechain.runtime import ChainStore, Start


class StoreExecutor:
    """Runs whatever chain has the id at the moment: a reload takes effect with the next message."""

    def __init__(self, store: ChainStore, services: Services, running: Running) -> None:
        self._store = store
        self._services = services
        self._running = running
        self._begin = running.begin
        # Of single components: they are in no store.
        self.plans: list[ChainPlan] = []

    def execute(self, chain_id: str, message: Message, start: str | None = None) -> Run | Awaitable[Run]:
        """Run a message through a chain."""
        plan = self._store.find(chain_id)
        if plan is None:
            raise self._unknown(chain_id)
        options = self._running.default if start is None else self._running.options(start=(Start(start),))
        return self._begin(plan, message, options)

    def execute_traced(
        self, chain_id: str, message: Message, start: str | None, trace: list[TraceEvent]
    ) -> Run | Awaitable[Run]:
        """Run a message through a chain, and add what each node does to a trace."""
        plan = self._store.find(chain_id)
        if plan is None:
            raise self._unknown(chain_id)
        starts = () if start is None else (Start(start),)
        return self._begin(plan, message, self._running.options(start=starts, trace=True), trace=trace)

    def _unknown(self, chain_id: str) -> UnknownTypeError:
        hint = did_you_mean(chain_id, self._store)
        text = f"chainId={chain_id} not found error"
        return UnknownTypeError(f"{text}: {hint}" if hint else text, name=chain_id, known=tuple(self._store))

    def component(self, type_: str, configuration: Mapping[str, Any], location: Location) -> ComponentCall:
        """Compile a single component for a `component:` target."""
        compiled = compile_component(type_, configuration, location, self._services)
        if compiled.plan is None:
            raise ChainError(compiled.diagnostics)
        plan, begin, options = compiled.plan, self._begin, self._running.default
        if plan.lease is not None:
            self.plans.append(plan)
        return lambda message: begin(plan, message, options)
