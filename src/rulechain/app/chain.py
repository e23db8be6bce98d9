"""A loaded chain, as users hold it."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from rulechain.api import Run
from rulechain.diagnostics import Diagnostic
from rulechain.diagnostics.errors import RunError
from rulechain.model import ChainDefinition, Message
from rulechain.plan import ChainPlan
from rulechain.runtime import PendingRun, RunOptions, execute


class MakeOptions(Protocol):
    """Completes the options of a run with what the engine was made with."""

    def __call__(
        self, *, start: tuple[str, ...], only_first: bool, timeout_s: float | None, debug: bool | None, trace: bool
    ) -> RunOptions:
        """Return the options."""


class Chain:
    """One version of a chain. Loading its id again makes another `Chain`; this one goes on as it was."""

    __slots__ = ("_default", "_make_options", "_plan")

    def __init__(self, plan: ChainPlan, make_options: MakeOptions) -> None:
        self._plan = plan
        self._make_options = make_options
        self._default = make_options(start=(), only_first=False, timeout_s=None, debug=None, trace=False)

    @property
    def id(self) -> str:
        """The id it is stored under."""
        return self._plan.chain_id

    @property
    def definition(self) -> ChainDefinition:
        """The chain as its document says it."""
        return self._plan.definition

    @property
    def plan(self) -> ChainPlan:
        """The chain as compiled."""
        return self._plan

    @property
    def warnings(self) -> Sequence[Diagnostic]:
        """What is doubtful, though it loads."""
        return self._plan.warnings

    def run(
        self,
        message: Message,
        *,
        start: str | Sequence[str] | None = None,
        only_first: bool = False,
        timeout_s: float | None = None,
        debug: bool | None = None,
        trace: bool = False,
    ) -> Run:
        """Run a message through the chain and wait for every branch.

        Args:
            message: What enters.
            start: Node id(s) to start at instead of the first node.
            only_first: Run the start node alone (RuleGo's skipTellNext).
            timeout_s: End what still runs after that many seconds with a Failure.
            debug: Overrides the debug mode of the chain and its nodes.
            trace: Record each node's execution in `Run.trace`.

        Raises:
            RunError: A node suspends and an event loop is running in this thread: use `arun` there.
        """
        options = self._options(message, start, only_first, timeout_s, debug, trace)
        result = execute(self._plan, message, options)
        return result if isinstance(result, Run) else _wait(result)

    async def arun(
        self,
        message: Message,
        *,
        start: str | Sequence[str] | None = None,
        only_first: bool = False,
        timeout_s: float | None = None,
        debug: bool | None = None,
        trace: bool = False,
    ) -> Run:
        """Run a message through the chain inside a running event loop; arguments as in `run`."""
        options = self._options(message, start, only_first, timeout_s, debug, trace)
        result = execute(self._plan, message, options)
        return result if isinstance(result, Run) else await result

    def _options(
        self,
        message: Message,
        start: str | Sequence[str] | None,
        only_first: bool,  # noqa: FBT001 - handed on from keyword arguments
        timeout_s: float | None,
        debug: bool | None,  # noqa: FBT001
        trace: bool,  # noqa: FBT001
    ) -> RunOptions:
        if not isinstance(message, Message):
            raise TypeError(f"a chain runs a Message, got {message.__class__.__name__}: make one with Message(data)")
        if start is None and timeout_s is None and debug is None and not only_first and not trace:
            return self._default
        starts = () if start is None else (start,) if isinstance(start, str) else tuple(start)
        return self._make_options(start=starts, only_first=only_first, timeout_s=timeout_s, debug=debug, trace=trace)

    def __repr__(self) -> str:
        return f"<Chain {self.id!r}: {len(self._plan.nodes)} nodes>"


def _wait(pending: PendingRun) -> Run:
    async def wait() -> Run:
        return await pending

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(wait())
    pending.close()
    raise RunError("a node of this chain suspends: inside a running event loop use `await chain.arun(message)`")
