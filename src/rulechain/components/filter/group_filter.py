"""`groupFilter`: several filters decide together."""

from dataclasses import dataclass

from rulechain.api import ComponentSpec, NodeBuild, NodeContext, NodeFunction, Outcome, Run, Steps, setting
from rulechain.components.groups import Group, node_ids_setting, timeout_setting
from rulechain.components.inner_runs import in_steps
from rulechain.model import FAILURE, FALSE, TRUE, Message


@dataclass(frozen=True, slots=True)
class GroupFilterSettings:
    """Settings of `groupFilter`."""

    all_matches: bool = setting(
        default=False, description="True when every node must end by True; false when one is enough."
    )
    node_ids: tuple[str, ...] = node_ids_setting()
    timeout: int = timeout_setting()


def _build(settings: GroupFilterSettings, node: NodeBuild) -> NodeFunction:
    group = Group(settings.node_ids, settings.timeout, node)
    needs_all = settings.all_matches

    def steps(message: Message, context: NodeContext) -> Steps[Outcome]:
        passes = needs_all

        def take(_: int, run: Run) -> bool:
            nonlocal passes
            answers = [end.relation == TRUE for end in run.ends]
            decides = not (answers and all(answers)) if needs_all else any(answers)
            if decides:
                passes = not needs_all
            return decides

        yield from group.run(message, context, take)
        return Outcome(TRUE if passes else FALSE, message)

    return in_steps(steps)


SPEC = ComponentSpec(
    type="groupFilter",
    category="filter",
    summary="Asks several nodes whether a message passes",
    description=(
        "Each node runs alone, without its connections, and counts as passed when it ends by True; any other relation, "
        "Failure too, does not. The message passes unchanged, whatever the nodes did to theirs. The answer is given as "
        "soon as it is certain. Failure when time ran out, or when there are no nodes."
    ),
    build=_build,
    settings=GroupFilterSettings,
    relations=(TRUE, FALSE, FAILURE),
    uses_context=True,
    suspends=True,
    example={"nodeIds": ["isWarm", "isDry"], "allMatches": True},
)
