"""Code around nodes and runs, written once for all chains of an engine."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from rulechain.api.context import NodeContext
from rulechain.api.outcome import Outcome
from rulechain.api.run import End, Run
from rulechain.model import ChainDefinition, Message, NodeDefinition

Outcomes = Outcome | Sequence[Outcome]
# Runs the node, and whatever stands between, on a message. It never raises: a node that fails gives a Failure.
Proceed = Callable[[Message], Any]


class Aspect:
    """Sees what happens in runs and may change it; subclass it and override what is wanted.

    An engine's aspects are called in the order they were given, the first one outermost in `around_node`. The methods
    for nodes and runs may be coroutine functions; runs that meet one are no longer synchronous. What one of them
    raises is a Failure of the node or the run, and so never lost. What is not overridden costs nothing.
    """

    def selects(self, node: NodeDefinition, chain: ChainDefinition) -> bool:  # noqa: ARG002 - for subclasses
        """Say, when a chain is loaded, whether this aspect is about a node; without this, it is about all."""
        return True

    def before_node(self, message: Message, context: NodeContext) -> Message | Awaitable[Message | None] | None:
        """Return the message that enters the node instead, or None."""

    def around_node(self, message: Message, context: NodeContext, proceed: Proceed) -> Outcomes | Awaitable[Outcomes]:  # noqa: ARG002
        """Return what the node ends with; `proceed(message)` runs it, and not calling that skips it.

        For a coroutine function, `proceed` is one as well. Any other gets what the node gives, which is an awaitable
        where the node waits.
        """
        result: Outcomes | Awaitable[Outcomes] = proceed(message)
        return result

    def after_node(self, outcome: Outcome, context: NodeContext) -> Outcome | Awaitable[Outcome | None] | None:
        """Return what stands in the place of an outcome, failures included, or None; called for each emission."""

    def on_start(self, message: Message, chain: ChainDefinition) -> Message | Awaitable[Message | None] | None:
        """Return the message that enters the chain instead, or None; what it raises turns the message away."""

    def on_end(self, end: End, chain: ChainDefinition) -> Message | Awaitable[Message | None] | None:
        """Return the message with which a branch ends instead, or None; called when all branches have ended."""

    def on_completed(self, run: Run, chain: ChainDefinition) -> Awaitable[None] | None:
        """Take note of a run that has ended."""

    def on_loading(self, chain: ChainDefinition) -> ChainDefinition | None:
        """Return the definition that is compiled instead, or None; what it raises keeps the chain from loading."""

    def on_loaded(self, chain: ChainDefinition) -> None:
        """Take note of a chain that was loaded under a new id."""

    def on_reloaded(self, chain: ChainDefinition) -> None:
        """Take note of a chain that took the place of another version, or one of whose nodes did."""

    def on_closed(self, chain: ChainDefinition) -> None:
        """Take note of a chain that was removed, or whose engine closes."""
