"""How a component is declared: one spec yields its settings, its schema, its documentation and its behaviour."""

import builtins
import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from rulechain.api.build import NodeBuild
from rulechain.api.outcome import Outcome
from rulechain.api.settings import NoSettings
from rulechain.model import FAILURE, SUCCESS, Message

# What the runtime calls per message: `(message)`, or `(message, context)` when the spec says `uses_context`.
# It ends the node with one outcome, with several (each is an emission of its own), or raises: a Failure.
NodeFunction = Callable[..., Outcome | Sequence[Outcome] | Awaitable[Outcome | Sequence[Outcome]]]


class Arrival(NamedTuple):
    """One message that reached a joining node, the node it came from, and the error that led it there."""

    message: Message
    from_id: str
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentSpec:
    """A component type.

    `build` gets the node's settings (an instance of `settings`) and the node being compiled, and returns the function
    that is called per message. It is called once per node, when the chain loads: everything that can be prepared is
    prepared there. `relations` None means that any relation may come out.
    """

    type: str
    category: str
    summary: str
    build: Callable[[Any, NodeBuild], NodeFunction]
    settings: builtins.type[Any] = NoSettings
    relations: tuple[str, ...] | None = (SUCCESS, FAILURE)
    description: str = ""
    # Gives the relations that settings name: then nothing but these comes out, although `relations` is None.
    named_relations: Callable[[Any], Iterable[str]] | None = None
    # The function takes the run's context as a second argument.
    uses_context: bool = False
    # The function may answer with an awaitable: the run then leaves its synchronous fast path at this node.
    suspends: bool = False
    # The function takes all messages that reach the node, at once: `(arrivals, timed_out)` with `Arrival`s in order,
    # and the run's context as a third argument when it `uses_context`.
    # `build` sets its attribute `timeout_s`, the longest wait from the first one on.
    joins: bool = False
    # A message that reaches this node ends its branch here, and other dead ends are silent (RuleGo's `end`).
    is_end: bool = False
    # A configuration that shows the component at work, for documentation and contract tests.
    example: dict[str, Any] | None = None


def component(
    type: str,  # noqa: A002 - the document's word
    *,
    category: str = "custom",
    settings: builtins.type[Any] = NoSettings,
    relations: tuple[str, ...] | None = (SUCCESS, FAILURE),
    summary: str | None = None,
) -> Callable[[Callable[..., Any]], ComponentSpec]:
    """Declare a component by its function `(message, settings)`, sync or async.

    The function returns an `Outcome`, a list of them, or a `Message`, which means Success.

        @component("x/celsius")
        def celsius(message, settings):
            return message.replace(data=str((float(message.data) - 32) / 1.8))
    """

    def declare(function: Callable[[Message, Any], Any]) -> ComponentSpec:
        suspends = inspect.iscoroutinefunction(function)

        def build(settings: Any, _: NodeBuild) -> NodeFunction:
            def run(message: Message) -> Outcome | Sequence[Outcome]:
                return _as_outcome(function(message, settings))

            async def run_async(message: Message) -> Outcome | Sequence[Outcome]:
                return _as_outcome(await function(message, settings))

            return run_async if suspends else run

        # Where the component is from, for errors about it.
        build.__module__, build.__qualname__ = function.__module__, function.__qualname__
        first_line = (inspect.getdoc(function) or type).splitlines()[0]
        return ComponentSpec(
            type=type,
            category=category,
            summary=summary or first_line.removesuffix("."),
            build=build,
            settings=settings,
            relations=relations,
            suspends=suspends,
        )

    return declare


def _as_outcome(result: Any) -> Outcome | Sequence[Outcome]:
    if isinstance(result, Message):
        return Outcome(SUCCESS, result)
    for outcome in result if isinstance(result, (list, tuple)) else (result,):
        if not isinstance(outcome, Outcome):
            got = outcome.__class__.__name__ if outcome is result else f"{outcome.__class__.__name__} in a list"
            raise TypeError(f"a component returns an Outcome, a list of them or a Message, got {got}")
        if not isinstance(outcome.message, Message) or not isinstance(outcome.relation, str):
            raise TypeError(f"an outcome has a relation's name and a Message, got {outcome!r}")
    return cast("Outcome | Sequence[Outcome]", result)
