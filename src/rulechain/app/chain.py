"""A loaded chain, as users hold it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from rulechain.api import Run
from rulechain.app.running import Running, encode_shown
from rulechain.diagnostics import Diagnostic
from rulechain.diagnostics.errors import RunError, UnknownTypeError
from rulechain.loader import DocumentSource, encode_node, render_document
from rulechain.model import ChainDefinition, Message
from rulechain.plan import ChainPlan
from rulechain.runtime import RunOptions, Start

# Where a run begins: node id(s), or nodes with the relations by which it goes on behind them.
StartAt = str | Sequence[str] | Mapping[str, str | Sequence[str]] | None
# The arguments of a run that differs in nothing: start, only_first, timeout_s, debug, trace, values.
_AS_USUAL = (None, False, None, None, False, None)
# (chain id, node id, the node's new definition)
ReloadNode = Callable[[str, str, DocumentSource], "Chain"]


class Chain:
    """One version of a chain. Loading its id again makes another `Chain`; this one goes on as it was."""

    __slots__ = ("_begin", "_default", "_plan", "_reload_node", "_running")

    def __init__(self, plan: ChainPlan, running: Running, reload_node: ReloadNode) -> None:
        self._plan = plan
        self._running = running
        self._reload_node = reload_node
        self._begin = running.begin
        self._default = running.default

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
        start: StartAt = None,
        only_first: bool = False,
        timeout_s: float | None = None,
        debug: bool | None = None,
        trace: bool = False,
        values: Mapping[str, Any] | None = None,
    ) -> Run:
        """Run a message through the chain and wait for every branch.

        What has to wait does so in the engine's own event loop, so connections stay open from one message to the next.

        Args:
            message: What enters.
            start: Node id(s) to start at instead of the first node. A mapping of nodes to relations goes on behind
                those nodes, as if they had ended so; a node without a relation runs.
            only_first: Run the start node alone (RuleGo's skipTellNext).
            timeout_s: End what still runs after that many seconds with a Failure.
            debug: Overrides the debug mode of the chain and its nodes.
            trace: Record each node's execution in `Run.trace`.
            values: What components and aspects find as `context.values`.

        Raises:
            RunError: A node suspends and an event loop is running in this thread: use `arun` there.
        """
        if not isinstance(message, Message):
            raise _no_message(message)
        options = self._default
        if (start, only_first, timeout_s, debug, trace, values) != _AS_USUAL:
            options = self._options(start, only_first, timeout_s, debug, trace, values)
        result = self._begin(self._plan, message, options)
        return result if isinstance(result, Run) else self._wait(result)

    async def arun(
        self,
        message: Message,
        *,
        start: StartAt = None,
        only_first: bool = False,
        timeout_s: float | None = None,
        debug: bool | None = None,
        trace: bool = False,
        values: Mapping[str, Any] | None = None,
    ) -> Run:
        """Run a message through the chain inside a running event loop; arguments as in `run`."""
        if not isinstance(message, Message):
            raise _no_message(message)
        options = self._default
        if (start, only_first, timeout_s, debug, trace, values) != _AS_USUAL:
            options = self._options(start, only_first, timeout_s, debug, trace, values)
        result = self._begin(self._plan, message, options)
        return result if isinstance(result, Run) else await result

    def reload_node(self, node_id: str, definition: DocumentSource) -> "Chain":
        """Replace one node of the chain as it is loaded now, and return that version.

        The other nodes go on as they are, with what they hold; messages under way end on the old version.

        Args:
            node_id: The node.
            definition: A node object of a chain document, in any form that `Engine.load` takes. Its id may be left out.

        Raises:
            ChainError: The definition is wrong, the chain has no such node, or the chain is not loaded any more;
                `.diagnostics` holds every finding. Nothing was replaced.
        """
        return self._reload_node(self.id, node_id, definition)

    def dsl(self, node_id: str | None = None) -> str:
        """Return the chain, or one node of it, as a document in RuleGo's form.

        `${…}` stands in it as written, encrypted secrets too; secrets that are not encrypted are masked.

        Raises:
            UnknownTypeError: The chain has no such node.
        """
        if node_id is None:
            return render_document(encode_shown(self.definition))
        for node in self.definition.nodes:
            if node.id == node_id:
                return render_document(encode_node(node))
        known = [node.id for node in self.definition.nodes]
        raise UnknownTypeError(f'chain "{self.id}" has no node "{node_id}"', name=node_id, known=known)

    def _options(
        self,
        start: StartAt,
        only_first: bool,  # noqa: FBT001 - handed on from keyword arguments
        timeout_s: float | None,
        debug: bool | None,  # noqa: FBT001
        trace: bool,  # noqa: FBT001
        values: Mapping[str, Any] | None,
    ) -> RunOptions:
        return self._running.options(
            start=_starts(start),
            only_first=only_first,
            timeout_s=timeout_s,
            debug=debug,
            trace=trace,
            values=values or {},
        )

    def _wait(self, pending: Awaitable[Run]) -> Run:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self._running.wait(pending)
        pending.close()  # type: ignore[attr-defined]
        raise RunError("a node of this chain suspends: inside a running event loop use `await chain.arun(message)`")

    def __repr__(self) -> str:
        return f"<Chain {self.id!r}: {len(self._plan.nodes)} nodes>"


def _no_message(got: object) -> TypeError:
    return TypeError(f"a chain runs a Message, got {got.__class__.__name__}: make one with Message(data)")


def _starts(start: StartAt) -> tuple[Start, ...]:
    if isinstance(start, Mapping):
        return tuple(Start(node_id, _texts(relations)) for node_id, relations in start.items())
    return () if start is None else tuple(map(Start, _texts(start)))


def _texts(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
