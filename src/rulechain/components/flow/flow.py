"""`flow`: another chain, as if it were one node."""

from collections.abc import Sequence
from dataclasses import dataclass

from rulechain.api import ComponentSpec, NodeBuild, NodeContext, NodeFunction, Outcome, Run, Steps, setting
from rulechain.components.inner_runs import all_ends, error_of, finished, in_steps
from rulechain.components.wrapped import Wrapped, merged_metadata, wrapped_list
from rulechain.diagnostics.errors import NodeError
from rulechain.model import FAILURE, SUCCESS, DataType, Message


@dataclass(frozen=True, slots=True)
class FlowSettings:
    """Settings of `flow`."""

    target_id: str = setting("", description="The id of the chain to run.", required=True, format="chain")
    extend: bool = setting(
        default=False,
        description=(
            "True lets each end of the chain leave by its own relation; false collects all of them in one message, "
            "which leaves by Success or Failure."
        ),
    )


def _build(settings: FlowSettings, _node: NodeBuild) -> NodeFunction:
    target = settings.target_id
    leave = _each_end if settings.extend else _one_message

    def steps(message: Message, context: NodeContext) -> Steps[Outcome | Sequence[Outcome]]:
        if not target:
            raise NodeError("ruleChain id= not found")
        run = yield from finished(context.run(message, chain=target))
        if not run.begun:
            raise NodeError(run.failures[0].error)
        return leave(message, run, context)

    return in_steps(steps)


def _each_end(_message: Message, run: Run, _context: NodeContext) -> Sequence[Outcome]:
    return [Outcome(end.relation, end.message, end.error) for end in all_ends(run)]


def _one_message(message: Message, run: Run, context: NodeContext) -> Outcome:
    ends = all_ends(run)
    entries = [Wrapped(end.message, end.error, end.node_id) for end in ends]
    merged = message.replace(
        # RuleGo's text for nothing at all: the chain has an `end` node that nothing reached.
        data=wrapped_list(entries, context) if entries else "null",
        data_type=DataType.JSON.value,
        metadata=merged_metadata(message.metadata, entries),
    )
    failures = [end for end in ends if end.relation == FAILURE]
    return Outcome(FAILURE, merged, error_of(reversed(failures))) if failures else Outcome(SUCCESS, merged)


SPEC = ComponentSpec(
    type="flow",
    category="flow",
    summary="Runs another chain and goes on with what it ended with",
    description=(
        "The chain is looked up when a message comes, so it may be loaded later or replaced. By default the payload "
        'becomes a JSON list with an entry {"msg", "err", "nodeId"} for each of its ends, metadata is merged, and the '
        "relation is Failure when one of the ends is a failure, else Success. With extend, every end goes on by itself "
        "under its own relation. Failure when there is no such chain."
    ),
    build=_build,
    settings=FlowSettings,
    relations=None,
    uses_context=True,
    suspends=True,
    example={"targetId": "enrich", "extend": True},
)
