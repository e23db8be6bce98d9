"""How an engine's chains are run: what all runs share, and what stands around them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from rulechain.api import Aspect, Observer, Run, RunObserver
from rulechain.app.loop import EngineLoop
from rulechain.loader import encode_chain
from rulechain.model import ChainDefinition
from rulechain.plan import ChainPlan, without_plain_secrets
from rulechain.runtime import MODES, Begin, RunAspects, RunOptions, Snapshots, execute


class Running:
    """What the runs of one engine have in common.

    Args:
        find_chain: Finds other chains for a run.
        failure_ends: Whether an unhandled failure is an end in chains with `end` nodes.
        observer: Is told of nodes in debug mode, of runs that have ended, or of both.
        run_log: Of which runs: `off`, `summary` or `detail`.
        aspects: What stands around nodes and runs.

    Raises:
        ValueError: The run log has no such mode.
    """

    def __init__(
        self,
        find_chain: Callable[[str], ChainPlan | None],
        *,
        failure_ends: bool,
        observer: Observer | RunObserver | None,
        run_log: str,
        aspects: Sequence[Aspect],
    ) -> None:
        if run_log not in MODES:
            raise ValueError(f'run_log is "{run_log}", expected one of {", ".join(MODES)}')
        begin: Begin = execute
        if isinstance(observer, RunObserver):
            begin = Snapshots(observer, run_log, encode_shown, begin).begin
        around = RunAspects(aspects, begin)
        self.begin: Begin = around.begin if around.is_needed else begin
        self.loop = EngineLoop()
        self._common: dict[str, Any] = {
            "failure_ends": failure_ends,
            "observer": observer if hasattr(observer, "node_event") else None,
            "find_chain": find_chain,
            "begin": None if self.begin is execute else self.begin,
        }
        self.default = RunOptions(**self._common)

    def options(self, **differences: Any) -> RunOptions:
        """Return the options of a run that differs from the default one."""
        return RunOptions(**self._common, **differences)

    def wait(self, pending: Awaitable[Run]) -> Run:
        """Finish a run that waits, in the engine's event loop."""
        return self.loop.run(pending)

    async def drain(self, drain_s: float) -> None:
        """Let what callers wait for in the engine's event loop finish, for at most so many seconds."""
        if self.loop.is_running and (waited_for := self.loop.waited_for):
            await asyncio.wait([asyncio.wrap_future(future) for future in waited_for], timeout=drain_s)


def encode_shown(chain: ChainDefinition) -> Mapping[str, Any]:
    """Return a chain as a document that may be shown: secrets that are not encrypted are masked."""
    document = encode_chain(chain)
    if configuration := document["ruleChain"].get("configuration"):
        document["ruleChain"]["configuration"] = without_plain_secrets(configuration)
    return document
